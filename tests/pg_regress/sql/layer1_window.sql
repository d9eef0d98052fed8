-- As a window function: the tree grows row by row, and each row's value stays what it was.
set search_path = public, logfsm;
create temp table traces as
select i id, (select logfsm.trace_agg(e, o) from unnest(array['a', (array['b', 'c', 'd'])[i]]) with ordinality u (e, o)) t from generate_series(1, 3) i;
create temp table running as select id, logfsm.prefix_tree_agg(t) over (order by id) p from traces;
select id, (select count(*) from logfsm.states(p)) states, (select value from logfsm.stats(p) where name = 'traces') traces from running order by id;
select id, p = (select logfsm.prefix_tree_agg(t) from traces x where x.id <= r.id) equal from running r order by id;
-- A moving frame, and rollup over trees.
select id, (select value from logfsm.stats(p) where name = 'traces') traces
from (select id, logfsm.prefix_tree_agg(t) over (order by id rows between 1 preceding and current row) p from traces) s order by id;
select id, (select value from logfsm.stats(p) where name = 'traces') traces
from (select id, logfsm.rollup(p) over (order by id) p from running) s order by id;
-- Each row's trace so far.
select s, logfsm.variant(logfsm.trace_agg(e, s) over (order by s)) from (values ('a', 1), ('b', 2), ('c', 3)) v (e, s);
select s, logfsm.length(logfsm.trace_agg(e, s) over (order by s desc)) from (values ('a', 1), ('b', 2), ('c', 3)) v (e, s) order by s;
