-- Mined invariants: the same from traces, trees, parts and parallel plans; kept by every machine.
set timezone = 'UTC';
create temp table traces as
select id, logfsm.trace_agg(e, timestamptz '2026-01-01' + s * interval '1 s') t
from (values (1, 'open', 0), (1, 'read', 1), (1, 'close', 3),
             (2, 'open', 0), (2, 'read', 3), (2, 'read', 4), (2, 'close', 6),
             (3, 'open', 0), (3, 'close', 10)) v (id, e, s)
group by id;
select i.* from (select logfsm.mine_invariants(t) c from traces) m, logfsm.invariants(c) i;
-- Only some kinds, with support, without a pair, and without what never happens together.
select kind, a, b, support from (select logfsm.mine_invariants(t) c from traces) m,
    logfsm.invariants(c, '{"kinds": ["AFby", "IntrBy"], "min_support": 3, "ignore": [["open", "close"]]}') i;
select kind, a, b from (select logfsm.mine_invariants(t) c from (select logfsm.trace_agg(e, o) t from
    (values (1, 'x', 1), (1, 'y', 2), (2, 'z', 1)) v (id, e, o) group by id) s) m, logfsm.invariants(c, '{"kinds": ["NFby"], "never_together": false}');
-- From the tree, from a machine, from parts rolled up, from the text and binary forms: the same list.
create temp view lists as
select 'counts' as way, i.* from (select logfsm.mine_invariants(t) c from traces) m, logfsm.invariants(c) i
union all select 'tree', i.* from (select logfsm.prefix_tree_agg(t) p from traces) m, logfsm.invariants(p) i
union all select 'tree, options', i.* from (select logfsm.prefix_tree_agg(t) p from traces) m, logfsm.invariants(p, '{}') i
union all select 'machine', i.* from (select logfsm.infer(logfsm.prefix_tree_agg(t), 'mdl') p from traces) m, logfsm.invariants(p) i
union all select 'synoptic', i.* from (select logfsm.infer(logfsm.prefix_tree_agg(t), 'synoptic') p from traces) m, logfsm.invariants(p) i
union all select 'json', i.* from (select logfsm.from_json(logfsm.to_json(logfsm.infer(logfsm.prefix_tree_agg(t), 'mdl'))) p from traces) m, logfsm.invariants(p) i
union all select 'rollup', i.* from (select logfsm.rollup(c) c from (select logfsm.mine_invariants(t) c from traces group by id) s) m, logfsm.invariants(c) i
union all select 'text', i.* from (select logfsm.mine_invariants(t)::text::logfsm.invariant_counts c from traces) m, logfsm.invariants(c) i;
select way, count(*), md5(string_agg(concat_ws(',', invariant_id, kind, a, b, support, delay_min, delay_max, a_id, b_id), ';' order by invariant_id)) =
    first_value(md5(string_agg(concat_ws(',', invariant_id, kind, a, b, support, delay_min, delay_max, a_id, b_id), ';' order by invariant_id))) over (order by way) as same
from lists group by way order by way;
select value from (select logfsm.infer(logfsm.prefix_tree_agg(t), 'k_tails') a from traces) m, logfsm.stats(a) where name = 'invariants';
-- Components show.
select kind, a, b from (select logfsm.mine_invariants(t) c from (select logfsm.trace_agg(e, o, comp) t from
    (values (1, 'start', 1, 'api'), (1, 'start', 2, 'db')) v (id, e, o, comp) group by id) s) m, logfsm.invariants(c, '{"kinds": ["AP"]}');
-- A parallel plan gives the same bytes.
create table many as select i as id, logfsm.trace_agg(chr(97 + (i * k) % 11), k::bigint) t from generate_series(1, 3000) i, generate_series(1, 9) k group by i;
set parallel_setup_cost = 0; set parallel_tuple_cost = 0; set min_parallel_table_scan_size = 0; set max_parallel_workers_per_gather = 2;
explain (costs off) select logfsm.mine_invariants(t) from many;
create temp table parallel as select logfsm.mine_invariants(t)::text c from many;
set max_parallel_workers_per_gather = 0;
select c = (select logfsm.mine_invariants(t)::text from many) as same from parallel;
select count(*) from logfsm.invariants((select logfsm.mine_invariants(t) from many));
-- NULLs and nothing.
select logfsm.mine_invariants(t) is null from traces where false;
select logfsm.mine_invariants(null::logfsm.trace) is null;
select count(*) from logfsm.invariants(null::logfsm.automaton);
select i.kind, i.a, i.b from (select logfsm.mine_invariants(t) c from (select null::logfsm.trace t union all select t from traces where id = 3) s) m, logfsm.invariants(c) i limit 2;
-- Errors say what would do.
select logfsm.invariants((select logfsm.mine_invariants(t) from traces), '{"kinds": ["never"]}');
select logfsm.invariants((select logfsm.mine_invariants(t) from traces), '{"kind": "AFby"}');
select logfsm.invariants((select logfsm.infer(logfsm.prefix_tree_agg(t), 'mdl') from traces), '{}');
select 'invariant_counts:AQ=='::logfsm.invariant_counts;
select 'invariant_counts:/w=='::logfsm.invariant_counts;
select 'abc'::logfsm.invariant_counts;
set logfsm.memory_limit = '1MB';
select logfsm.mine_invariants(t) from (select logfsm.trace_agg(i::text, i::bigint) t from generate_series(1, 400) i) s;
