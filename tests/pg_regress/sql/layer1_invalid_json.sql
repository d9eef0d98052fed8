-- from_json checks everything it is given.
select logfsm.from_json('{}');
\echo :SQLSTATE
select logfsm.from_json('[]');
\echo :SQLSTATE
select logfsm.from_json('null');
\echo :SQLSTATE
select logfsm.from_json('{"version": 1}');
\echo :SQLSTATE
select logfsm.from_json('{"version": 0}');
\echo :SQLSTATE
select logfsm.from_json('{"version": "one"}');
\echo :SQLSTATE
create temp table tree as
select logfsm.prefix_tree_agg(t) p from (select logfsm.trace_agg(e, at) t from (values ('a', timestamptz '2026-01-01'), ('b', '2026-01-02')) v (e, at)) x;
select logfsm.from_json(jsonb_set(p::jsonb, '{version}', '99')) from tree;
\echo :SQLSTATE
-- Every field left out, and every field of another type.
create function pg_temp.try(json jsonb) returns text language plpgsql as $$
begin
    perform logfsm.from_json(json);
    return 'ok';
exception when others then
    return sqlstate;
end $$;
select key, pg_temp.try(p::jsonb - key) as left_out, pg_temp.try(jsonb_set(p::jsonb, array[key], 'true')) as boolean,
       pg_temp.try(jsonb_set(p::jsonb, array[key], '-1')) as negative, pg_temp.try(jsonb_set(p::jsonb, array[key], '{"x": 1}')) as object
from tree, jsonb_object_keys(p::jsonb) key order by key;
