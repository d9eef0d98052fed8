-- Unknown methods and options name those that exist; values are checked.
create temp table tree as
select logfsm.prefix_tree_agg(t) p from (select logfsm.trace_agg(e, s) t from (values ('a', 1), ('b', 2)) v (e, s)) x;
select logfsm.infer(p, 'k_heads') from tree;
\echo :SQLSTATE
select logfsm.infer(p, '') from tree;
\echo :SQLSTATE
select logfsm.infer(p, 'k_tails', '{"kk": 2}') from tree;
\echo :SQLSTATE
select logfsm.infer(p, 'prefix_tree', '{"k": 2}') from tree;
\echo :SQLSTATE
select logfsm.infer(p, 'k_tails', '{"k": "two"}') from tree;
\echo :SQLSTATE
select logfsm.infer(p, 'k_tails', '{"k": -1}') from tree;
\echo :SQLSTATE
select logfsm.infer(p, 'k_tails', '{"k": 1.5}') from tree;
\echo :SQLSTATE
select logfsm.infer(p, 'k_tails', '[1]') from tree;
\echo :SQLSTATE
select logfsm.infer(p, 'k_tails', '3') from tree;
\echo :SQLSTATE
-- The view lists methods with their options.
select method, option, default_value, takes from logfsm.methods order by 1, 2;
-- auto names what it chose.
select name, value from tree, logfsm.stats(logfsm.infer(p)) where name in ('method', 'option k') order by 1;
