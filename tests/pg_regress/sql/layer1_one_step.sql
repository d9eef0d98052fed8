-- prefix_tree_agg straight over rows: the same tree as over traces, without GROUP BY, for every overload and key type.
\set VERBOSITY terse
create table log (k text, n bigint, u uuid, event text, at timestamptz, seq bigint, component text, params jsonb);
insert into log
select 't' || t, t - 3, ('00000000-0000-0000-0000-' || lpad(t::text, 12, '0'))::uuid, (array['open','read','read','close'])[i],
       timestamptz '2026-01-01' + (t * 7 + i * i) * interval '1 second', i, case when i % 2 = 0 then 'disk' end,
       case when i = 2 then jsonb_build_object('size', t) end
from generate_series(1, 6) t, generate_series(1, 3 + t % 2) i
order by md5(t::text || i);

select logfsm.prefix_tree_agg(k, event, at) operator(logfsm.=) (select logfsm.prefix_tree_agg(t) from (select logfsm.trace_agg(event, at) t from log group by k) s) as at,
       logfsm.prefix_tree_agg(n, event, at, seq) operator(logfsm.=) (select logfsm.prefix_tree_agg(t) from (select logfsm.trace_agg(event, at, seq) t from log group by k) s) as at_seq,
       logfsm.prefix_tree_agg(u, event, at, seq, component) operator(logfsm.=) (select logfsm.prefix_tree_agg(t) from (select logfsm.trace_agg(event, at, seq, component) t from log group by k) s) as component,
       logfsm.prefix_tree_agg(k::varchar, event, at, null, component, params) operator(logfsm.=) (select logfsm.prefix_tree_agg(t) from (select logfsm.trace_agg(event, at, null, component, params) t from log group by k) s) as params,
       logfsm.prefix_tree_agg(n::int2, event, seq) operator(logfsm.=) (select logfsm.prefix_tree_agg(t) from (select logfsm.trace_agg(event, seq) t from log group by k) s) as seq,
       logfsm.prefix_tree_agg(at::date, event, seq, component) operator(logfsm.=) (select logfsm.prefix_tree_agg(t) from (select logfsm.trace_agg(event, seq, component) t from log group by at::date) s) as seq_component,
       logfsm.prefix_tree_agg(k, event, seq, component, params) operator(logfsm.=) (select logfsm.prefix_tree_agg(t) from (select logfsm.trace_agg(event, seq, component, params) t from log group by k) s) as seq_params
from log;

-- No rows: no tree.
select logfsm.prefix_tree_agg(k, event, at) is null as empty from log where false;

-- Parts combine, as text too: that is how they travel between servers.
create table part as select k < 't4' as half, logfsm.trace_set_agg(k, event, at)::text as rows from log group by k < 't4', seq % 2;
select count(*) from part where rows like 'trace_set:%';
select logfsm.trace_set_tree(logfsm.trace_set_combine(a.rows::logfsm.trace_set, b.rows::logfsm.trace_set))
     operator(logfsm.=) (select logfsm.prefix_tree_agg(k, event, at) from log where k < 't4') as combined
from part a, part b where a.half and b.half and a.rows < b.rows;

-- What cannot be: keys whose equal values differ in bytes, missing keys, events and times.
select logfsm.prefix_tree_agg(n::numeric, event, at) from log;
select logfsm.prefix_tree_agg(nullif(k, 't3'), event, at) from log;
select logfsm.prefix_tree_agg(k, nullif(event, 'close'), at) from log;
select logfsm.prefix_tree_agg(k, event, nullif(at, at)) from log;
select logfsm.prefix_tree_agg(k, event, null::bigint) from log;
select logfsm.prefix_tree_agg(k, event, 'infinity'::timestamptz) from log;
select logfsm.prefix_tree_agg(k, event, at, nullif(seq, 1)) from log;
set logfsm.memory_limit = '1MB';
select logfsm.prefix_tree_agg(i, 'event ' || i % 7, now()) from generate_series(1, 100000) i;
reset logfsm.memory_limit;
select 'trace_set:AQ'::logfsm.trace_set;

-- A model falls back to grouping, with the same result, where keys are such or memory is short.
create table numbers as select n::numeric(9, 2) as k, event, at from log union all select n::numeric(9, 1), 'late', at + interval '1 hour' from log where seq = 1;
select logfsm.create_model('by_number', source => 'numbers', trace => 'k', event => 'event', at => 'at');
select traces, events from logfsm.fit('by_number');
create table many as select (i / 3) as k, 'event ' || i % 3 as event, timestamptz '2026-01-01' + i * interval '1 second' as at from generate_series(0, 59999) i;
select logfsm.create_model('many', source => 'many', trace => 'k', event => 'event', at => 'at');
select traces, events from logfsm.fit('many');
create table before as select trace_id, trace_key, trace::text from many.traces;
set logfsm.memory_limit = '1MB';
select traces, events from logfsm.fit('many');
select count(*) from before join many.traces t using (trace_id, trace_key) where t.trace::text = before.trace;

reset logfsm.memory_limit;

-- Planned in parallel over a plain table.
set max_parallel_workers_per_gather = 2;
set min_parallel_table_scan_size = 0;
set parallel_setup_cost = 0;
set parallel_tuple_cost = 0;
explain (costs off) select logfsm.prefix_tree_agg(k, event, at) from many;
select logfsm.prefix_tree_agg(k, event, at) operator(logfsm.=) (select prefix_tree from many.model) as same from many;
