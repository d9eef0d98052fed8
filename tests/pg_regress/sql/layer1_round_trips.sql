-- Text, binary and JSON forms give the same value back.
set search_path = public, logfsm;
create table round_trips as
with traces as (select logfsm.trace_agg(e, at, s, c, params) t from (values
          ('open "x"', timestamptz '2026-01-01', 1, 'api', '{"n": 1, "ü": null}'::jsonb),
          (E'tab\there', '2026-01-01', 2, null, null),
          ('', '2026-01-02', 3, '', '[]')) v (e, at, s, c, params)),
     trees as (select logfsm.prefix_tree_agg(t) p from traces),
     mined as (select logfsm.template_agg(l) m from unnest(array['user 17 logged in', 'user 18 logged in', 'disk full']) l)
select t, p, logfsm.infer(p) a, m from traces, trees, mined;
\getenv directory PG_ABS_BUILDDIR
\set file :directory '/round_trips.copy'
select t::text::logfsm.trace = t as trace, p::text::logfsm.automaton = p as tree, a::text::logfsm.automaton = a as machine,
       m::text::logfsm.templates::text = m::text as templates
from round_trips;
select split_part(t::text, ':', 1) t, split_part(p::text, ':', 1) p, split_part(a::text, ':', 1) a, split_part(m::text, ':', 1) m from round_trips;
-- JSON.
select logfsm.from_json(p::jsonb) = p as tree, logfsm.from_json(a::jsonb) = a as machine, logfsm.to_json(a) = a::jsonb as cast,
       logfsm.fingerprint(logfsm.from_json(a::jsonb)) = logfsm.fingerprint(a) as fingerprint
from round_trips;
-- COPY BINARY.
copy round_trips to :'file' (format binary);
create table round_trips_2 (like round_trips);
copy round_trips_2 from :'file' (format binary);
select x.t = y.t as trace, x.p = y.p as tree, x.a = y.a as machine, x.m::text = y.m::text as templates from round_trips x, round_trips_2 y;
-- COPY as text and CSV.
copy round_trips to :'file';
copy round_trips_2 from :'file';
copy round_trips to :'file' csv;
copy round_trips_2 from :'file' csv;
select bool_and(x.t = y.t and x.p = y.p and x.a = y.a and x.m::text = y.m::text), count(*) from round_trips x, round_trips_2 y;
-- The send functions' bytes are what the text form encodes.
select encode(logfsm.automaton_send(a), 'base64') is not null and octet_length(logfsm.automaton_send(a)) > 0 from round_trips;
drop table round_trips, round_trips_2;
