-- Traces compare by content: GROUP BY, DISTINCT, ORDER BY, hash and merge joins, indexes.
set search_path = public, logfsm;
create temp table traces as
select i id, (select logfsm.trace_agg(e, o) from unnest(case i % 3 when 0 then array['a', 'b'] when 1 then array['a', 'c'] else array['a'] end)
              with ordinality u (e, o)) t
from generate_series(1, 300) i;
select count(*), logfsm.variant(t) from traces group by t order by t;
select count(distinct t) from traces;
set enable_hashagg = off;
select count(*) from (select distinct t from traces) s;
reset enable_hashagg;
set enable_sort = off;
select count(*) from (select distinct t from traces) s;
reset enable_sort;
analyze traces;
set enable_mergejoin = off; set enable_nestloop = off;
explain (costs off) select count(*) from traces x join traces y on x.t = y.t;
select count(*) from traces x join traces y on x.t = y.t;
set enable_mergejoin = on; set enable_hashjoin = off;
explain (costs off) select count(*) from traces x join traces y on x.t = y.t;
select count(*) from traces x join traces y on x.t = y.t;
reset enable_mergejoin; reset enable_nestloop; reset enable_hashjoin;
create index on traces (t);
create index on traces using hash (t);
select count(*) from traces where t <= (select t from traces order by t limit 1);
select x.t < y.t, x.t <= y.t, x.t = y.t, x.t <> y.t, x.t >= y.t, x.t > y.t from traces x, traces y where x.id = 1 and y.id = 3;
select x.t < y.t, x.t <= y.t, x.t = y.t, x.t <> y.t, x.t >= y.t, x.t > y.t from traces x, traces y where x.id = 1 and y.id = 4;
-- Times, components and parameters are content; the tie count of rows that had a seq and those without too.
select logfsm.trace_agg('a', timestamptz '2026-01-01') = logfsm.trace_agg('a', timestamptz '2026-01-02') as same_time,
       logfsm.trace_agg('a', 1::bigint, 'x') = logfsm.trace_agg('a', 1::bigint, 'y') as same_component,
       logfsm.trace_agg('a', 1::bigint, 'x', '{"n": 1}') = logfsm.trace_agg('a', 1::bigint, 'x', '{"n": 2}') as same_parameters,
       logfsm.trace_agg('a', timestamptz '2026-01-01') = logfsm.trace_agg('a', timestamptz '2026-01-01') as same;
-- Equal traces hash alike.
select count(*) from (select t, count(distinct logfsm.trace_hash(t)) n, count(distinct logfsm.trace_hash_extended(t, 7)) m from traces group by t) s
where n <> 1 or m <> 1;
