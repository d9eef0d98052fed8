-- A model's traces looked through: what breaks an invariant, what passes through states; for whom it is allowed.
set client_min_messages = warning;
create table log (id text, event text, seq integer);
insert into log select 't' || i, e, o from generate_series(1, 30) i,
    unnest(case when i % 3 = 0 then array['open', 'read', 'close'] when i % 3 = 1 then array['open', 'close'] else array['open', 'read', 'read', 'close'] end) with ordinality u (e, o);
insert into log values ('odd', 'open', 1), ('odd', 'read', 2);
select logfsm.create_model('m', source => 'log', trace => 'id', event => 'event', seq => 'seq');
select logfsm.check_invariants('m');
select traces, states from logfsm.fit('m', 'k_tails', '{"k": 0}');
-- The real data keep their own invariants; a synthetic run of a loose machine does not.
select count(*) from logfsm.check_invariants('m');
select logfsm.synthesize('m', 50, 1);
select count(*) > 0 as some, count(*) filter (where c.seq not between 1 and t.n_events + 1) as out_of_place
from logfsm.check_invariants('m', 1, 100000) c join m.traces t using (trace_id);
select count(*) from logfsm.check_invariants('m', run => 1, max_rows => 3);
-- Each row agrees with the trace itself.
select count(*) from logfsm.check_invariants('m', 1, 100000) c join m.traces t using (trace_id)
where logfsm.violated_at(t.trace, c.kind, c.a, c.b) is distinct from c.seq;
-- Why is read not always followed by close?
select * from logfsm.violations('m', 'AFby', 'read', 'close');
select * from logfsm.violations('m', 'AFby', 'INITIAL', 'read', max_rows => 2);
select * from logfsm.violations('m', 'AFby', 'read', 'dance');
-- Through states.
select traces.trace_key, traces.n_events from logfsm.traces_through('m', array(select dst from m.transitions where event = 'read' and count > 1 limit 1), max_rows => 3) traces;
select count(*) = (select count(distinct trace_id) from m.events where run_id = 0 and dst = 1) as as_in_events from logfsm.traces_through('m', '{1}');
select logfsm.traces_through('m', '{1000}');
select logfsm.traces_through('m', '{}');
-- The event instances of a state.
select count(*) from m.events where run_id = 0 and dst = 1;
-- Runs that are not, or not any more.
select logfsm.check_invariants('m', 7);
select traces from logfsm.fit('m', 'prefix_tree');
select logfsm.check_invariants('m', 1);
-- Others need SELECT on the traces.
create role looker;
grant usage on schema m to looker;
grant select on m.model to looker;
set role looker;
select logfsm.violations('m', 'AFby', 'read', 'close');
select logfsm.check_invariants('m');
select logfsm.traces_through('m', '{1}');
reset role;
grant select on m.traces to looker;
set role looker;
select trace_key from logfsm.violations('m', 'AFby', 'read', 'close');
reset role;
select logfsm.drop_model('m');
drop role looker;
