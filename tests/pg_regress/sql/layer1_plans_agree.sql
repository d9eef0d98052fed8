-- Serial, parallel and shuffled input, hash aggregation that spills: the same bytes.
create table plans_log (id int, event text, at timestamptz, seq bigint, component text, params jsonb);
insert into plans_log
select i / 6, (array['open', 'read', 'write', 'seek', 'close'])[1 + (i * 7 + i / 6 * 3 + i % 5) % 5],
       timestamptz '2026-01-01' + (i % 1000) * interval '1.5 s', i, (array['api', 'disk', null])[1 + i % 3], jsonb_build_object('n', i % 17)
from generate_series(0, 29999) i;
analyze plans_log;
create view plans_tree as
select logfsm.prefix_tree_agg(t) p from (select logfsm.trace_agg(event, at, seq, component, params) t from plans_log group by id) s;
set max_parallel_workers_per_gather = 0;
create table plans_serial as select p from plans_tree;
select value from plans_serial, logfsm.stats(p) where name in ('traces', 'events') order by name;
-- Shuffled.
create table plans_shuffled as select * from plans_log order by md5(seq::text);
select logfsm.prefix_tree_agg(t)::text = (select p::text from plans_serial) as equal
from (select logfsm.trace_agg(event, at, seq, component, params) t from plans_shuffled group by id) s;
-- Sorted groups instead of hashed ones.
set enable_hashagg = off;
select p::text = (select p::text from plans_serial) as equal from plans_tree;
reset enable_hashagg;
-- Hash aggregation in 64 kB.
set enable_sort = off;
set work_mem = '64kB';
explain (costs off) select p from plans_tree;
select p::text = (select p::text from plans_serial) as equal from plans_tree;
reset work_mem;
reset enable_sort;
-- Parallel: partial traces are combined.
set max_parallel_workers_per_gather = 3;
set parallel_setup_cost = 0;
set parallel_tuple_cost = 0;
set min_parallel_table_scan_size = 0;
explain (costs off) select logfsm.trace_agg(event, at, seq, component, params) from plans_log;
set parallel_leader_participation = off;
select logfsm.trace_agg(event, at, seq, component, params)::text
     = (select logfsm.trace_agg(event, at, seq, component, params order by seq)::text from plans_log) as equal
from plans_log;
-- Parallel: partial trees are combined.
create table plans_traces as select id, logfsm.trace_agg(event, at, seq, component, params) t from plans_log group by id;
analyze plans_traces;
explain (costs off) select logfsm.prefix_tree_agg(t) from plans_traces;
select logfsm.prefix_tree_agg(t)::text = (select p::text from plans_serial) as equal from plans_traces;
explain (costs off) select logfsm.template_agg(event) from plans_log;
drop table plans_log, plans_serial, plans_shuffled, plans_traces cascade;
