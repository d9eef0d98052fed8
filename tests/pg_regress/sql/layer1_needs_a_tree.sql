-- What is said of a log needs its prefix tree: a machine with a loop is refused at once, and so is every other.
\set VERBOSITY terse
create temp table made as
select logfsm.prefix_tree_agg(t) as tree from (select logfsm.trace_agg(case when i = 9 then 'end' else 'step' end, i::bigint) as t from generate_series(1, 9) i) s;
select logfsm.log_confidence(tree) is not null as confidence, logfsm.log_component_diversity(tree) as diversity from made;
select logfsm.log_confidence(logfsm.infer(tree, 'k_tails', '{"k": 0}')) from made;
\echo :SQLSTATE
select logfsm.log_component_diversity(logfsm.infer(tree, 'k_tails', '{"k": 0}')) from made;
\echo :SQLSTATE
select logfsm.log_confidence(logfsm.infer(tree, 'prefix_tree')) from made;
select * from logfsm.violations((select logfsm.infer(tree, 'k_tails', '{"k": 0}') from made), 'AFby', 'step', 'end');
-- Traces of a tree may have the square of its events: beyond the limit they are not listed.
create temp table long as
select logfsm.prefix_tree_agg(t) as tree from (select logfsm.trace_agg('e' || i % 3, i::bigint) as t from generate_series(1, 2000) n, generate_series(1, n) i where n % 5 = 0 group by n) s;
select logfsm.log_confidence(tree) between 0 and 1 as fits from long;
set logfsm.memory_limit = '1MB';
select logfsm.log_confidence(tree) from long;
\echo :SQLSTATE
