-- trace_key has the type of the source's column, and everything works with it.
set client_min_messages = warning;
create domain account as text check (value <> '');
create extension citext;
reset client_min_messages;
create type pair as (a int, b text);
create function pg_temp.try(type text, keys text[], out key_type text, out traces bigint, out explained bigint, out new_traces bigint, out changed bigint, out live bigint)
language plpgsql as $$
begin
    execute format('create table app_log (id %s, event text, at timestamptz)', type);
    execute format('insert into app_log select unnest($1)::%s, event, at from (values (''open'', timestamptz ''2026-01-01''), (''close'', ''2026-01-02'')) v (event, at)', type) using keys[1:2];
    perform logfsm.create_model('keys', source => 'app_log', trace => 'id', event => 'event', at => 'at');
    select f.traces into traces from logfsm.fit('keys') f;
    select format_type(atttypid, atttypmod) into key_type from pg_attribute where attrelid = 'keys.traces'::regclass and attname = 'trace_key';
    select count(*) into explained from logfsm.explain('keys', (select t.trace_key::text from keys.real_traces t order by t.trace_id limit 1));
    perform logfsm.watch('keys');
    execute format('insert into app_log values ($1::%s, ''open'', ''2026-01-03''), ($2::%1$s, ''open'', ''2026-01-03'')', type) using keys[1], keys[3];
    perform logfsm.close_traces('keys');
    select count(*) into live from keys.live_traces;
    perform logfsm.synthesize('keys', 3, 1);
    select r.new_traces, r.changed_traces into new_traces, changed from logfsm.refresh('keys') r;
    perform logfsm.drop_model('keys');
    drop table app_log;
end $$;
set client_min_messages = warning;
select t.* from (values
    ('uuid', array['00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-000000000003']),
    ('integer', array['1', '-2', '3']),
    ('bigint', array['1', '9223372036854775807', '-9223372036854775808']),
    ('numeric(6,2)', array['1.50', '2', '-3.14']),
    ('varchar(5)', array['it''s', 'a"b', '$1']),
    ('char(4)', array['a', 'b ', 'c']),
    ('account', array['x', 'y', 'z']),
    ('citext', array['X', 'y', 'Z']),
    ('text', array['it''s "quoted"', 'back\slash', E'tab\t;--']),
    ('text collate "C"', array['a', 'b', 'c']),
    ('timestamptz', array['2026-01-01', '2026-01-02', '2026-01-03']),
    ('inet', array['10.0.0.1', '10.0.0.2/8', '::1']),
    ('bytea', array['\x00', '\x01', '\x02ff']),
    ('date', array['2026-01-01', '2026-01-02', 'infinity']),
    ('boolean', array['t', 'f', 't']),
    ('jsonb', array['{"a": 1}', '[1]', '3']),
    ('text[]', array['{a}', '{a,b}', '{}']),
    ('"char"', array['a', 'b', 'c'])) v (type, keys), pg_temp.try(type, keys) t;
-- Types without equality or order cannot be keys.
create table app_log (id json, p point, x xml, event text, at timestamptz);
select logfsm.create_model('keys', source => 'app_log', trace => 'id', event => 'event', at => 'at');
\echo :SQLSTATE
select logfsm.create_model('keys', source => 'app_log', trace => 'p', event => 'event', at => 'at');
\echo :SQLSTATE
select count(*) from pg_namespace where nspname = 'keys';
drop table app_log;
drop domain account;
drop extension citext;
