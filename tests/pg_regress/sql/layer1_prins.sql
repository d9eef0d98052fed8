-- prins: machines of components, stitched; the same with any number of workers.
set client_min_messages = warning;
create table log (id int, n int, component text, event text);
insert into log select 1, n, split_part(e, ' ', 1), split_part(e, ' ', 2) from unnest(array['Master start', 'Job init', 'Master working', 'Job try', 'Job pass', 'Job try', 'Job pass', 'Master end_ok']) with ordinality u (e, n);
insert into log select 2, n, split_part(e, ' ', 1), split_part(e, ' ', 2) from unnest(array['Master start', 'Job init', 'Master working', 'Job try', 'Job wait', 'Job wait', 'Job fail', 'Master end_err']) with ordinality u (e, n);
create table tree as select logfsm.prefix_tree_agg(t) as tree from (select logfsm.trace_agg(event, '2020-01-01'::timestamptz, n, component) as t from log group by id) s;
create view machine as select logfsm.infer(tree, 'prins', '{"base": "edsm", "base_options": {"k": 1}, "minimize": false}') as m from tree;
select src, component, event, dst, count from machine, logfsm.transitions(m) order by transition_id;
select c.component, t.src, t.event, t.dst, t.count from machine, logfsm.component_automata(m) c, logfsm.transitions(c.machine) t;
select value from machine, logfsm.stats(m) where name = 'note';
select logfsm.infer(tree, 'prins', '{"workers": 1}')::jsonb - 'kind' = logfsm.infer(tree, 'prins', '{"workers": 4}')::jsonb - 'kind' as same from tree;
select name, value from tree, logfsm.stats(logfsm.infer(tree, 'prins', '{"determinize": "none"}')) where name in ('states', 'transitions', 'deterministic');
select count(*) from tree, logfsm.component_automata(logfsm.infer(tree, 'mdl'));
-- Threads see the time-out of the statement, and the backend goes on.
set statement_timeout = '300ms';
create function big() returns logfsm.automaton language sql as $$
    select logfsm.prefix_tree_agg(t) from (select logfsm.trace_agg((hashint8(i * 7919 + n) % 50)::text, '2020-01-01'::timestamptz, n::bigint, 'c' || n % 4) as t
    from generate_series(1, 200) i, generate_series(1, 60) n group by i) s $$;
\set VERBOSITY terse
select logfsm.infer(big(), 'prins', '{"base": "edsm", "workers": 4}') is null;
set statement_timeout = 0;
select 1 as alive;
-- Bounds and wrong options.
set logfsm.memory_limit = '1MB';
\set VERBOSITY default
select logfsm.infer(tree, 'prins', '{"u": "much"}') from tree;
select logfsm.infer(tree, 'prins', '{"base": "rpni"}') from tree;
select logfsm.infer(tree, 'prins', '{"base": "magic"}') from tree;
