-- logfsm.memory_limit holds wherever data decide how much is needed; reaching it is an error, and the session goes on.
\set VERBOSITY terse
set logfsm.memory_limit = '8MB';
-- A trace with large parameters, and one with as many labels as rows.
select logfsm.length(logfsm.trace_agg('e', timestamptz '2026-01-01', i::bigint, 'c', to_jsonb(repeat('x', 100000)))) from generate_series(1, 10) i;
select logfsm.length(logfsm.trace_agg('e', timestamptz '2026-01-01', i::bigint, 'c', to_jsonb(repeat('x', 1000000)))) from generate_series(1, 11) i;
\echo :SQLSTATE
select logfsm.length(logfsm.trace_agg('e' || i || repeat('x', 1000), i::bigint)) from generate_series(1, 20000) i;
\echo :SQLSTATE
-- Many event types: machines are read, scored by and drawn, their invariants checked; as JSON they are too large.
reset logfsm.memory_limit;
create temp table wide as
select logfsm.from_json(jsonb_set(logfsm.to_json(logfsm.prefix_tree_agg(t)), '{kind}', '{"inferred": {"method": "k_tails", "options": {}, "notes": []}}')) as machine
from (select logfsm.trace_agg('e' || n, n::bigint) as t from generate_series(1, 20000) n group by n) s;
set logfsm.memory_limit = '32MB';
select logfsm.score(machine, t) is not null as scored from wide, (select logfsm.trace_agg('e1', 1::bigint) as t) s;
select count(*) from wide, logfsm.broken_invariants(machine, (select logfsm.trace_agg('e1', 1::bigint)));
select length(logfsm.to_svg(machine)) > 0 as drawn from wide;
set logfsm.memory_limit = '8MB';
select logfsm.to_json(machine) -> 'version' from wide;
\echo :SQLSTATE
select jsonb_typeof(logfsm.to_json(machine)) from (select logfsm.infer(logfsm.prefix_tree_agg(t), 'k_tails') as machine from (select logfsm.trace_agg('e' || n % 7, n::bigint) as t from generate_series(1, 100) n) s) s;
-- A chain whose every prefix is a trace: what is listed of it grows with its square.
reset logfsm.memory_limit;
create temp table chain as
select logfsm.prefix_tree_agg(t) as tree from (select logfsm.trace_agg('e', i::bigint) as t from generate_series(1, 2000, 5) n, generate_series(1, n) i group by n) s;
set logfsm.memory_limit = '4MB';
select count(*) > 0 as compared from chain, logfsm.compare(tree, tree, '{"unchanged": true}');
\echo :SQLSTATE
select count(*) from chain, logfsm.states(tree);
