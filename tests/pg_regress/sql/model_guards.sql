-- A model whose machine has guards: tables, words, replay and SQL agree; the same without parameters.
set client_min_messages = warning;
create table log (id int, n int, event text, params jsonb);
insert into log select i, 1, 'open', jsonb_build_object('size', (i * 37) % 100 + 1, 'mode', (array['get', 'put'])[i % 2 + 1]) from generate_series(1, 600) i;
insert into log select i, 2, case when (i * 37) % 100 + 1 <= 50 then 'small' else 'large' end, null from generate_series(1, 600) i;
insert into log select i, 3, 'close', null from generate_series(1, 600) i;
select logfsm.create_model('m', source => 'log', trace => 'id', event => 'event', seq => 'n', params => 'params');
select traces, states, transitions from logfsm.fit('m', method => 'k_tails', options => '{"guards": true}');
select src, event, dst, guard from m.transitions where guard is not null order by transition_id;
select transition_id, alternative, slot, operator, value from m.guards order by 1, 2, 3, 4;
select s.name, s.value from m.model, logfsm.stats(automaton) s where s.name ~ 'guard|deterministic|option';
-- Every event took the transition that its guard's SQL asks for, and the branch behind it is the true one.
create function says(expression text, params jsonb) returns boolean language plpgsql as $$
declare answer boolean; begin execute format('select %s from (select $1 as params) e', expression) into answer using params; return answer; end $$;
select count(*), bool_and(says(logfsm.guard_sql(automaton, e.transition_id), l.params)) as all_true, bool_and((t.guard ~ '<=') = ((l.params ->> 'size')::int <= 50)) as right_branch
from m.model, m.events e join m.traces r using (run_id, trace_id) join m.transitions t using (transition_id) join log l on l.id = r.trace_key and l.n = e.seq where e.seq = 1;
select count(*) filter (where not logfsm.accepts(automaton, trace)) as lost from m.model, m.traces;
-- Every value was sampled, so a guard rules out what never came; an unknown value is on the defined side.
create function trial(p jsonb, next text) returns logfsm.trace language sql as $$ select logfsm.trace_agg(e, '2020-01-01'::timestamptz, n::bigint, null::text, q) from (values ('open', 1, p), (next, 2, null), ('close', 3, null)) v (e, n, q) $$;
select p, next, logfsm.accepts(automaton, trial(p::jsonb, next)) from m.model, (values ('{"size": 10}', 'small'), ('{"size": 10}', 'large'), ('{"size": "?"}', 'large'), ('{}', 'large')) v (p, next);
select logfsm.drop_model('m');
select logfsm.infer(t, 'mdl') operator(logfsm.=) logfsm.infer(t, 'mdl', '{"guards": true}') as unchanged
from (select logfsm.prefix_tree_agg(t) as t from (select logfsm.trace_agg(event, n) as t from log group by id) s) u;
