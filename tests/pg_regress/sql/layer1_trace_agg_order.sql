-- Order inside a trace: at, then seq, then event, component and parameters by their bytes, never by a collation.
create temp table ties (event text, at timestamptz, seq bigint, component text);
insert into ties values
    ('b', '2026-01-01', 2, 'x'), ('a', '2026-01-01', 3, 'x'), ('c', '2026-01-01', 1, 'x'), ('z', '2025-12-31', 9, 'x');
-- Ties by seq, and without it by bytes: capitals come before small letters, and those before ä.
select logfsm.variant(logfsm.trace_agg(event, at, seq)) from ties;
select logfsm.variant(logfsm.trace_agg(event, at)) from ties;
select logfsm.variant(logfsm.trace_agg(event, timestamptz '2026-01-01'))
from unnest(array['ä', 'b', 'B', 'a', 'A', '', 'aa', 'Z']) event;
-- A collation of the argument changes nothing.
select logfsm.variant(logfsm.trace_agg(event collate "C.utf8", timestamptz '2026-01-01'))
from unnest(array['ä', 'b', 'B', 'a', 'A', '', 'aa', 'Z']) event;
-- Then component, NULL first; then parameters.
select logfsm.variant(logfsm.trace_agg('e', timestamptz '2026-01-01', null, component))
from unnest(array['y', null, 'x']) component;
select array_agg(e.parameters order by e.seq)
from (select logfsm.trace_agg('e', timestamptz '2026-01-01', null, 'c', params::jsonb) t
      from unnest(array['{"b": 1}', null, '{"a": 2}', '{"a": 1}']) params) s, logfsm.events(t) e;
-- The order of rows never matters, and neither does ORDER BY inside the call.
select count(distinct t::text)
from (select logfsm.trace_agg(event, at, seq, component order by at desc) t from ties
      union all select logfsm.trace_agg(event, at, seq, component order by event) from ties
      union all select logfsm.trace_agg(event, at, seq, component) from ties) s;
-- stats reports the ties that no seq decided.
select s.* from (select logfsm.prefix_tree_agg(t) p from (select logfsm.trace_agg(event, at) t from ties) x) y, logfsm.stats(p) s
where name like '%tie%';
select s.* from (select logfsm.prefix_tree_agg(t) p from (select logfsm.trace_agg(event, at, seq) t from ties) x) y, logfsm.stats(p) s
where name like '%tie%';
