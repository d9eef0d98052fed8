-- A source may be a table, partitioned table, view, materialised view or foreign table.
create table app_log (id text, event text, at timestamptz) partition by range (at);
create table app_log_1 partition of app_log for values from ('2026-01-01') to ('2026-02-01');
create table app_log_2 partition of app_log for values from ('2026-02-01') to ('2026-03-01');
insert into app_log
select 'r' || i / 3, (array['open', 'read', 'close'])[1 + i % 3], timestamptz '2026-01-15' + i * interval '3 hours' from generate_series(0, 299) i;
create view app_view as select upper(id) as id, event, at from app_log where event <> 'read';
create materialized view app_matview as select * from app_log;
create extension file_fdw;
create server files foreign data wrapper file_fdw;
\getenv directory PG_ABS_BUILDDIR
\set file :directory '/source_kinds.csv'
copy (select * from app_log) to :'file' csv;
create foreign table app_foreign (id text, event text, at timestamptz) server files options (filename :'file', format 'csv');
-- A view that collects traces itself, as fit does when it reads the view.
create function collected() returns text language sql stable set search_path = public, pg_temp as $$ select logfsm.trace_set_agg(id, event, at)::text from app_log $$;
create view app_nested as select a.* from app_log a,
    (select logfsm.trace_set_agg(id, event, at) as traces from app_log) c
where c.traces is not null and length(collected()) > 1000;
create function pg_temp.learn(source regclass, out traces bigint, out events bigint, out fingerprint text) language plpgsql as $$
begin
    perform logfsm.create_model('kinds', source => source, trace => 'id', event => 'event', at => 'at');
    select f.traces, f.events into traces, events from logfsm.fit('kinds') f;
    select m.fingerprint into fingerprint from kinds.runs m;
    perform logfsm.drop_model('kinds');
end $$;
create temp table learned as select source, l.* from unnest('{app_log,app_log_1,app_view,app_matview,app_foreign,app_nested}'::regclass[]) source, pg_temp.learn(source) l;
select source, traces, events, fingerprint = (select fingerprint from learned where source = 'app_log'::regclass) as as_table from learned;
drop extension file_fdw cascade;
drop table app_log cascade;
drop function collected();
