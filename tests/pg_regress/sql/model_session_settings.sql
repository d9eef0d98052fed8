-- A session's settings change neither what a model holds nor whether anything works.
set client_min_messages = warning;
create table app_log (id text, event text, at timestamp, n int, line text, params jsonb);
insert into app_log select 'req-' || i, e, timestamp '2026-03-29 01:00' + i * interval '1 min' + o * interval '1 s', o, format('%s blk_%s\x', e, i), '{"x": [1, null, 0.1]}'
from generate_series(1, 12) i, unnest(array['open', 'read', 'close']) with ordinality u (e, o);
create function pg_temp.cycle(out fingerprints text, out contents text, out anomalies text) language plpgsql as $$
begin
    perform logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at', seq => 'n', params => 'params');
    perform logfsm.create_model('p', source => 'app_log', trace_pattern => '(blk_\d+)\\x', message => 'line', at => 'at', seq => 'n');
    perform logfsm.fit('m'), logfsm.fit('p');
    perform logfsm.synthesize('m', 10, 1);
    perform logfsm.watch('m');
    insert into app_log values ('new', 'close', '2026-03-30', 1, '', null);
    perform logfsm.refresh('m');
    perform logfsm.drop_run('m', 1);
    perform logfsm.synthesize('m', 10, 1);
    select string_agg(fingerprint, ' ' order by f, run_id) into fingerprints
    from (select 'm' f, run_id, fingerprint from m.runs union all select 'p', run_id, fingerprint from p.runs) s;
    select md5(string_agg(r, ',' order by r collate "C")) into contents
    from (select row(trace_key, synthetic_key, extract(epoch from at), seq, event, src, dst)::text r from m.all_events
          union all select row(trace_key, extract(epoch from high_water))::text from p.real_traces, p.model
          union all select row(slot, value, kind)::text from m.parameters) s;
    select string_agg(row(trace_key, extract(epoch from at), explanation)::text, ',') into anomalies from m.anomalies;
    perform logfsm.drop_model('m'), logfsm.drop_model('p');
    delete from app_log where id = 'new';
end $$;
create temp table once as select * from pg_temp.cycle();
select length(fingerprints), length(contents), anomalies from once;
create function pg_temp.same() returns boolean language sql as $$ select c = o from pg_temp.cycle() c, once o $$;
select pg_temp.same();
set timezone = 'Europe/Berlin'; set datestyle = 'German, DMY'; set intervalstyle = 'sql_standard'; set bytea_output = escape;
set row_security = off; set array_nulls = off; set transform_null_equals = on; set extra_float_digits = -5;
select pg_temp.same();
reset all;
set client_min_messages = warning;
set quote_all_identifiers = on; set standard_conforming_strings = off; set escape_string_warning = off;
select pg_temp.same();
reset all;
set client_min_messages = warning;
set max_parallel_workers_per_gather = 4; set parallel_setup_cost = 0; set parallel_tuple_cost = 0; set min_parallel_table_scan_size = 0; set force_parallel_mode = on;
set enable_hashagg = off; set enable_nestloop = off; set plan_cache_mode = force_generic_plan; set work_mem = '64kB';
select pg_temp.same();
reset all;
-- A serializable transaction never fails for the watch: its rows wait to be judged by close_traces. All else is the same.
set client_min_messages = warning;
set default_transaction_isolation = 'serializable';
select c.fingerprints = o.fingerprints as fingerprints, c.contents = o.contents as contents, c.anomalies from pg_temp.cycle() c, once o;
reset all;
-- Operators and functions of the same names in the way.
set client_min_messages = warning;
create schema shadow;
create function shadow.never(text, text) returns boolean language sql immutable as 'select false';
create operator shadow.= (leftarg = text, rightarg = text, function = shadow.never);
create function shadow.count(text) returns bigint language sql as 'select -1::bigint';
create function shadow.format(text, text) returns text language sql as 'select ''shadow''';
create table shadow.pg_class (oid oid);
set search_path = shadow, public, pg_catalog;
select pg_temp.same();
