-- The same automaton, seed and options give the same rows; any slice gives the same traces.
create temp table machine as
select logfsm.infer(logfsm.prefix_tree_agg(t)) a
from (select logfsm.trace_agg(e, at) t
      from (select i / 4 id, (array['open', 'read', 'write', 'close'])[1 + (i * 3 + i / 8) % 4] e, timestamptz '2026-01-01' + i * interval '7 s' as at
            from generate_series(0, 799) i) r group by id) s;
create temp table run as select g.* from machine, logfsm.generate(a, 100, 42) g;
select count(distinct trace), min(trace), max(trace), min(seq) from run;
select count(*) from (select * from run except select g.* from machine, logfsm.generate(a, 100, 42) g) s;
select count(*) > 0 as differs from (select * from run except select g.* from machine, logfsm.generate(a, 100, 43) g) s;
-- Traces 31 to 50 alone.
select count(distinct trace), min(trace), max(trace) from machine, logfsm.generate(a, 20, 42, 31);
select count(*) from (select g.* from machine, logfsm.generate(a, 20, 42, 31) g except select * from run) s;
-- One trace as a value is the same trace.
select count(*) from machine, generate_series(1, 100) n
where (select array_agg(event order by seq) from run where trace = n) <> logfsm.variant(logfsm.generate_trace(a, 42, n))
   or (select array_agg(at order by seq) from run where trace = n) <> (select array_agg(at order by seq) from logfsm.events(logfsm.generate_trace(a, 42, n)));
-- Every trace is one that the machine accepts; every transition is one of its own.
select bool_and(logfsm.accepts(a, logfsm.generate_trace(a, 42, n))) from machine, generate_series(1, 100) n;
select count(*) from run r where not exists (select from machine, logfsm.transitions(a) t
    where t.transition_id = r.transition_id and t.src = r.src and t.dst = r.dst and t.event = r.event);
-- Times go forward.
select count(*) from (select at < lag(at) over (partition by trace order by seq) as back from run) s where back;
-- Seeds may be any number, max_length caps.
select count(distinct trace) from machine, logfsm.generate(a, 5, -9223372036854775808);
select max(seq) <= 4 as capped from machine, logfsm.generate(a, 100, 1, options => '{"max_length": 4}');
