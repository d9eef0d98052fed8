-- A NULL event or time is an error that says how to filter; nothing is guessed.
select logfsm.trace_agg(null::text, timestamptz '2026-01-01');
\echo :SQLSTATE
select logfsm.trace_agg('a', null::timestamptz);
\echo :SQLSTATE
select logfsm.trace_agg('a', null::timestamptz, 1);
\echo :SQLSTATE
select logfsm.trace_agg('a', null::bigint);
\echo :SQLSTATE
select logfsm.trace_agg(null, 1::bigint, 'c');
\echo :SQLSTATE
-- As the hint says:
select logfsm.variant(logfsm.trace_agg(e, now()) filter (where e is not null)) from unnest(array['a', null]) e;
-- seq for some events of a trace only.
select logfsm.variant(logfsm.trace_agg(e, timestamptz '2026-01-01', s)) from (values ('a', 1), ('b', null)) v (e, s);
\echo :SQLSTATE
