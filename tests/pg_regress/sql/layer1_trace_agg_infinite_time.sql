-- Infinite times have no distance to others: an error.
select logfsm.trace_agg('a', timestamptz 'infinity');
\echo :SQLSTATE
select logfsm.trace_agg('a', timestamptz '-infinity', 1);
\echo :SQLSTATE
-- The ends of the calendar work.
select logfsm.length(t), logfsm.started_at(t) = '4713-01-01 00:00:00+00 BC', logfsm.ended_at(t) = '294276-12-31 23:59:59.999999+00'
from (select logfsm.trace_agg(e, at) t
      from (values ('a', timestamptz '4713-01-01 00:00:00+00 BC'), ('b', '294276-12-31 23:59:59.999999+00')) v (e, at)) s;
