-- Each overload of trace_agg; rows arrive in any order, NULL seq, component and parameters are kept as such.
set timezone = 'UTC';
set datestyle = iso;
create temp table log (event text, at timestamptz, seq bigint, component text, params jsonb);
insert into log values
    ('close', '2026-01-01 00:00:03', 3, null, null),
    ('open', '2026-01-01 00:00:01', 1, 'api', '{"user": "ann"}'),
    ('read', '2026-01-01 00:00:02.5', 2, 'disk', '[1, "x"]');
select e.* from (select logfsm.trace_agg(event, at) t from log) s, logfsm.events(t) e;
select e.* from (select logfsm.trace_agg(event, at, seq) t from log) s, logfsm.events(t) e;
select e.* from (select logfsm.trace_agg(event, at, seq, component) t from log) s, logfsm.events(t) e;
select e.* from (select logfsm.trace_agg(event, at, seq, component, params) t from log) s, logfsm.events(t) e;
select e.* from (select logfsm.trace_agg(event, seq) t from log) s, logfsm.events(t) e;
select e.* from (select logfsm.trace_agg(event, seq, component) t from log) s, logfsm.events(t) e;
select e.* from (select logfsm.trace_agg(event, seq, component, params) t from log) s, logfsm.events(t) e;
select e.* from (select logfsm.trace_agg(event, at, null::bigint) t from log) s, logfsm.events(t) e;
-- What a trace tells about itself.
select logfsm.length(t), logfsm.variant(t), logfsm.started_at(t), logfsm.ended_at(t), logfsm.duration(t), logfsm.has_parameters(t)
from (select logfsm.trace_agg(event, at, seq, component, params) t from log) s;
select logfsm.length(t), logfsm.variant(t), logfsm.started_at(t), logfsm.ended_at(t), logfsm.duration(t), logfsm.has_parameters(t)
from (select logfsm.trace_agg(event, seq) t from log) s;
