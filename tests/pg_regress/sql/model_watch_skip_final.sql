-- skip judges only rows that are what will be stored; where they may still change it is refused, or drops nothing.
set client_min_messages = warning;
set timezone = 'UTC'; set datestyle = iso;
create function steps() returns table (k text, s text, at timestamptz) language sql as
$$ select 'k' || i, s, timestamptz '2024-01-01' + i * interval '1 min' + n * interval '1 s' from generate_series(1, 100) i, unnest(array['start', 'work', 'stop']) with ordinality u (s, n) $$;
-- Generated columns: refused for each that is read, and only for those.
create table generated (k text, s text, at timestamptz, key text generated always as ('x' || k) stored, event text generated always as (upper(s)) stored,
    time timestamp generated always as (at at time zone 'UTC') stored, line text generated always as (s || ' done') stored, other int generated always as (length(s)) stored);
insert into generated (k, s, at) select * from steps();
create function refused(variadic options text[]) returns text language plpgsql as $$
declare
    detail text;
begin
    execute format('select logfsm.create_model(''m'', source => ''generated'', %s)', array_to_string(options, ', '));
    perform logfsm.fit('m');
    begin
        perform logfsm.watch('m', action => 'skip');
    exception when others then
        get stacked diagnostics detail = pg_exception_detail;
    end;
    perform logfsm.drop_model('m');
    return coalesce(detail, 'watched');
end $$;
select refused('trace => ''key''', 'event => ''s''', 'at => ''at'''), refused('trace => ''k''', 'event => ''event''', 'at => ''at'''),
       refused('trace => ''k''', 'event => ''s''', 'at => ''time'''), refused('trace => ''k''', 'message => ''line''', 'at => ''at'''),
       refused('trace => ''k''', 'event => ''s''', 'at => ''at''', 'seq => ''other''');
select refused('trace => ''k''', 'event => ''s''', 'at => ''at''');
-- The other actions see them.
select logfsm.create_model('m', source => 'generated', trace => 'key', event => 'event', at => 'time');
select traces from logfsm.fit('m');
select logfsm.watch('m', action => 'skip');
\echo :SQLSTATE
select logfsm.watch('m');
insert into generated (k, s, at) values ('good', 'start', '2024-03-01'), ('good', 'work', '2024-03-01 00:00:01'), ('good', 'stop', '2024-03-01 00:00:02'), ('bad', 'fly', '2024-03-01');
select trace_key, event, kind from m.anomalies;
select trace_key, n_events from m.live_traces order by 1;
select logfsm.drop_model('m');
-- Triggers with later names fill columns before the row is judged; names that cannot be later are refused.
create table log (k text, s text, at timestamptz);
insert into log select * from steps();
create function fill() returns trigger language plpgsql as $$ begin new.at := coalesce(new.at, '2024-03-01'::timestamptz + (select count(*) from log) * interval '1 s'); new.s := lower(new.s); return new; end $$;
create trigger zz_fill before insert on log for each row execute function fill();
select logfsm.create_model('m', source => 'log', trace => 'k', event => 's', at => 'at');
select traces from logfsm.fit('m');
select logfsm.watch('m', action => 'skip');
insert into log (k, s) values ('good', 'START'), ('good', 'Work'), ('good', 'fly'), ('good', 'stop');
select s from log where k = 'good' order by at;
select trace_key, event, kind from m.anomalies;
-- A later one that comes after the watch: nothing is dropped, it is said once per statement, and rows are judged as they are.
create trigger "~~fill" before insert on log for each row execute function fill();
insert into log (k, s) values ('later', 'START'), ('later', 'FLY'), ('later', 'Stop');
select s from log where k = 'later' order by at;
select trace_key, event, kind from m.anomalies where trace_key = 'later';
alter table log disable trigger "~~fill";
insert into log (k, s) values ('disabled', 'START'), ('disabled', 'FLY');
select s from log where k = 'disabled' order by at;
alter table log enable trigger "~~fill";
select logfsm.unwatch('m');
-- DETAIL has the numbers of models.
\set VERBOSITY terse
select logfsm.watch('m', action => 'skip');
\echo :SQLSTATE
drop trigger "~~fill" on log;
-- Two models cannot both drop rows of a table: neither would know what the other drops.
select logfsm.create_model('m2', source => 'log', trace => 'k', event => 's', at => 'at');
select traces from logfsm.fit('m2');
select logfsm.watch('m', action => 'skip');
select logfsm.watch('m2', action => 'skip');
\echo :SQLSTATE
\set VERBOSITY default
select logfsm.watch('m2', action => 'flag');
select logfsm.drop_model('m2');
-- A column that becomes a generated one.
begin;
alter table log drop column s;
alter table log add column s text generated always as ('fly') stored;
insert into log (k, at) values ('regenerated', '2024-03-02');
select k, s from log where k = 'regenerated';
select trace_key, event, kind from m.anomalies where trace_key = 'regenerated';
rollback;
-- ON CONFLICT: a row that is not inserted is not judged, and none is dropped: a row that is new is judged when it is in.
delete from log where k like 'g%' or k in ('later', 'disabled');
truncate m.anomalies, m.live_traces;
alter table log add unique (k, s);
insert into log values ('conflict', 'start', '2024-03-03'), ('conflict', 'work', '2024-03-03 00:00:01');
insert into log values ('conflict', 'start', '2024-03-04'), ('conflict', 'stop', '2024-03-03 00:00:02') on conflict (k, s) do update set at = log.at;
insert into log values ('conflict', 'start', '2024-03-04'), ('new', 'start', '2024-03-04'), ('new', 'start', '2024-03-04'), ('new', 'work', '2024-03-04 00:00:01') on conflict do nothing;
insert into log values ('odd', 'fly', '2024-03-04') on conflict do nothing;
insert into log values ('odd', 'fly again', '2024-03-04');
select k, s from log where k in ('conflict', 'new', 'odd') order by at, k, s;
select trace_key, event, kind from m.anomalies order by anomaly_id;
select trace_key, n_events, dirty from m.live_traces order by 1;
-- A statement within another on the same table: rows that passed are not forgotten.
create function twice() returns trigger language plpgsql as $$ begin if new.k = 'outer' and new.s = 'work' then insert into log values ('inner', 'start', '2024-03-05'); end if; return new; end $$;
create trigger a_twice before insert on log for each row execute function twice();
insert into log values ('outer', 'start', '2024-03-05'), ('outer', 'work', '2024-03-05 00:00:01'), ('outer', 'stop', '2024-03-05 00:00:02');
select k, s from log where k in ('outer', 'inner') order by at, k;
select count(*) from m.anomalies where trace_key in ('outer', 'inner');
-- A rollback within a statement, too.
create or replace function twice() returns trigger language plpgsql as $$ begin
    if new.s = 'work' then begin insert into log values ('inner2', 'start', '2024-03-05'); raise exception 'no'; exception when others then null; end; end if; return new; end $$;
insert into log values ('outer2', 'start', '2024-03-05'), ('outer2', 'work', '2024-03-05 00:00:01'), ('outer2', 'stop', '2024-03-05 00:00:02');
select k, s from log where k in ('outer2', 'inner2') order by at, k;
drop trigger a_twice on log;
-- What another transaction is adding to, and a transaction that sees the state of one moment: nothing is dropped.
create extension dblink;
select dblink_connect('other', 'dbname=' || current_database());
select dblink_exec('other', 'begin');
select dblink_exec('other', 'insert into log values (''shared'', ''start'', ''2024-03-06'')');
insert into log values ('shared', 'work', '2024-03-06 00:00:01');
select dblink_exec('other', 'commit');
begin isolation level repeatable read;
insert into log values ('repeatable', 'work', '2024-03-06 00:00:01');
commit;
select k, s from log where k in ('shared', 'repeatable') order by k, at;
select trace_key, events from m.unjudged order by 1;
select resumed, anomalies, waiting from logfsm.close_traces('m');
select trace_key, event, kind from m.anomalies where trace_key in ('shared', 'repeatable');
select dblink_disconnect('other');
