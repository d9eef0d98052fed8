-- Parameters may be nested as deep as jsonb takes; traces whose parameters are no JSON are refused at input.
create function pg_temp.nested(depth int) returns jsonb language sql as $$ select (repeat('{"a":', depth) || '1' || repeat('}', depth))::jsonb $$;
with t as (select d, logfsm.trace_agg('e', timestamptz '2026-01-01', 1::bigint, 'c', pg_temp.nested(d)) as t from unnest(array[1, 127, 128, 129, 500, 2000]) as d group by d)
select d, (select parameters = pg_temp.nested(d) from logfsm.events(t)) as same, t::text::logfsm.trace operator(logfsm.=) t as again from t order by d;
select logfsm.to_json(logfsm.infer(logfsm.prefix_tree_agg(t), 'k_tails')) -> 'version' is not null as written
from (select logfsm.trace_agg('e', timestamptz '2026-01-01', 1::bigint, 'c', pg_temp.nested(300)) as t) s;
-- One byte of the parameters changed: the opening brace of {"a": 1}.
\set VERBOSITY terse
create function pg_temp.broken(old text, new text) returns logfsm.trace language sql as $$
    select ('trace:' || encode(decode(replace(encode(logfsm.trace_send(logfsm.trace_agg('e', timestamptz '2026-01-01', 1::bigint, 'c', '{"a": "xxxxxx"}')), 'hex'),
        encode(old::bytea, 'hex'), encode(new::bytea, 'hex')), 'hex'), 'base64'))::logfsm.trace $$;
select pg_temp.broken('{"a"', '["a"');
\echo :SQLSTATE
select pg_temp.broken('xxxxxx', '\\u0000');
\echo :SQLSTATE
select pg_temp.broken('xxxxxx', '\\ud800');
\echo :SQLSTATE
select parameters from logfsm.events(pg_temp.broken('xxxxxx', 'yyyyyy'));
