-- A generator from prefix tree, machine and traces: a value like any other.
create temp table traces as
select id, logfsm.trace_agg(e, at) t
from (select i / 5 id, (array['open', 'read', 'write', 'seek', 'close'])[1 + (i * 3 + i / 40) % 5] e, timestamptz '2026-01-01' + i * interval '7 s' as at
      from generate_series(0, 999) i) r group by id;
create temp table learned as
select tree, machine, logfsm.generator(tree, machine, traces) g, logfsm.generator(tree, machine) untaught
from (select logfsm.prefix_tree_agg(t) tree, array_agg(t order by id desc) traces from traces) x, lateral logfsm.infer(tree, 'k_tails') machine;
select name, case when name = 'fingerprint' then length(value)::text when name = 'note' then regexp_replace(value, ':.*', '') else value end
from learned, logfsm.generator_stats(g) s;
-- Text and binary forms give it back; the order of traces does not matter.
select g::text::logfsm.generator::text = g::text as text,
       (select logfsm.generator(tree, machine, array_agg(t order by id)) from traces)::text = g::text as any_order from learned;
select ''::logfsm.generator;
\echo :SQLSTATE
select 'generator:AQID'::logfsm.generator;
\echo :SQLSTATE
-- Any slice of traces alone; one trace as a value.
create temp table run as select r.* from learned, logfsm.generate(g, 100, 42) r;
select count(*) from (select r.* from learned, logfsm.generate(g, 20, 42, 31) r except select * from run) s;
select count(*) from learned, generate_series(1, 100) n
where (select array_agg(event order by seq) from run where trace = n) <> logfsm.variant(logfsm.generate_trace(g, 42, n));
select count(*), sum(weight), min(log_probability) < 0, count(about) from learned, logfsm.generate_traces(g, 100, 42);
-- The machine accepts every trace.
select bool_and(logfsm.accepts(machine, t.trace)) from learned, logfsm.generate_traces(g, 100, 1) t;
-- Amplified traces say what they were made to have; weights average 1.
select count(about), round(avg(weight)::numeric, 1) from learned, logfsm.generate_traces(g, 1000, 5, options => '{"amplification": 0.2, "rare": 0.3}');
-- Conditions.
select min(logfsm.length(t.trace)), max(logfsm.length(t.trace)) from learned, logfsm.generate_traces(g, 50, 5, options => '{"condition": {"length": [3, 5]}}') t;
select min(logfsm.started_at(t.trace)) >= '2030-05-01Z', max(logfsm.started_at(t.trace)) <= '2030-05-02Z'
from learned, logfsm.generate_traces(g, 50, 5, options => '{"condition": {"starts_at": ["2030-05-01T00:00:00Z", "2030-05-02T00:00:00Z"]}}') t;
select count(*) from learned, logfsm.generate_traces(g, 5, options => '{"condition": {"length": 1000}}');
\echo :SQLSTATE
select count(*) from learned, logfsm.generate_traces(g, 5, options => '{"condition": {"ends": 1}}');
\echo :SQLSTATE
select count(*) from learned, logfsm.generate_traces(g, 5, options => '{"condition": {"contains": "no such event"}}');
\echo :SQLSTATE
select count(*) from learned, logfsm.generate_traces(g, 5, options => '{"condition": {"label": "anomalous"}}');
\echo :SQLSTATE
select count(*) from learned, logfsm.generate_traces(g, 5, options => '{"amplification": 2}');
\echo :SQLSTATE
-- Machine and tree must belong together.
select logfsm.generator(tree, tree) is not null, logfsm.generator(machine, machine) from learned;
\echo :SQLSTATE
select logfsm.generator(t, machine) from learned, (select logfsm.prefix_tree_agg(t) t from traces where id < 5) x;
\echo :SQLSTATE
