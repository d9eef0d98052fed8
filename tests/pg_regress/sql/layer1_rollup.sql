-- rollup of the trees of ten parts is the tree of the whole, byte for byte, however the parts are cut.
create temp table traces as
select id, logfsm.trace_agg(event, at, seq) t
from (select i / 4 id, (array['a', 'b', 'c'])[1 + (i * 5 + i / 4) % 3] event, timestamptz '2026-01-01' + i * interval '1 s' as at, i as seq
      from generate_series(0, 3999) i) s
group by id;
create temp table whole as select logfsm.prefix_tree_agg(t) p from traces;
select count(*) parts, logfsm.rollup(p)::text = (select p::text from whole) as equal
from (select logfsm.prefix_tree_agg(t) p from traces group by id % 10) s;
select count(*) parts, logfsm.rollup(p)::text = (select p::text from whole) as equal
from (select logfsm.prefix_tree_agg(t) p from traces group by id / 100) s;
select count(*) parts, logfsm.rollup(p)::text = (select p::text from whole) as equal
from (select logfsm.prefix_tree_agg(t) p from traces group by id) s;
-- Rolled up in two levels.
select logfsm.rollup(p)::text = (select p::text from whole) as equal
from (select logfsm.rollup(p) p
      from (select id % 10 part, logfsm.prefix_tree_agg(t) p from traces group by id % 10, id % 3) s group by part) r;
-- One alone is itself, and it is still a prefix tree to infer from.
select (select logfsm.rollup(p)::text from whole) = p::text as equal from whole;
select logfsm.fingerprint(logfsm.infer(logfsm.rollup(p))) = (select logfsm.fingerprint(logfsm.infer(p)) from whole) as equal
from (select logfsm.prefix_tree_agg(t) p from traces group by id % 10) s;
