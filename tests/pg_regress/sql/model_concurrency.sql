-- Two changes of one model at once: the second fails at once; readers and writers of the source go on.
set client_min_messages = warning;
\set SHOW_CONTEXT never
create extension dblink;
create table app_log (id text, event text, at timestamptz);
insert into app_log select i, e, timestamptz '2026-01-01' + i * interval '1 min' + o * interval '1 s'
from generate_series(1, 50) i, unnest(array['open', 'read', 'close']) with ordinality u (e, o);
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at');
select traces from logfsm.fit('m');
select logfsm.synthesize('m', 10, 1);
select dblink_connect('other', 'dbname=' || current_database());
select dblink_exec('other', 'set client_min_messages = warning');
-- The other holds the model in a transaction.
select dblink_exec('other', 'begin');
select * from dblink('other', 'select logfsm.score_traces(''m'')') t (n bigint);
select traces from logfsm.fit('m');
\echo :SQLSTATE
select * from logfsm.refresh('m');
\echo :SQLSTATE
select logfsm.synthesize('m', 5, 1);
\echo :SQLSTATE
select logfsm.watch('m');
\echo :SQLSTATE
select logfsm.drop_run('m', 1);
\echo :SQLSTATE
-- Reading goes on, and inserting.
select count(*) from m.all_events;
select name, traces from logfsm.models;
select count(*) from logfsm.explain('m', '1');
insert into app_log values ('a', 'open', now());
delete from app_log where id = 'a';
select dblink_exec('other', 'rollback');
select traces from logfsm.fit('m');
-- A fit that the other has not committed: the old rows are read until then, without waiting, as long as the tables are being built.
create function slow(t text) returns text language plpgsql immutable as $$ begin perform pg_sleep(0.02); return t; end $$;
create view slow_log as select slow(id) as id, event, at from app_log;
select logfsm.create_model('slow', source => 'slow_log', trace => 'id', event => 'event', at => 'at');
update slow.model set source = 'public.app_log';
select traces from logfsm.fit('slow');
update slow.model set source = 'public.slow_log';
select dblink_send_query('other', 'select traces from logfsm.fit(''slow'')');
do $$ begin
    for i in 1 .. 500 loop
        exit when exists (select from pg_stat_activity where application_name like 'logfsm fit slow%');
        perform pg_sleep(0.01);
        perform pg_stat_clear_snapshot();
    end loop;
end $$;
select application_name from pg_stat_activity where application_name like 'logfsm%';
set statement_timeout = '1s';
select count(*) from slow.all_events;
select fits from slow.model;
select traces from logfsm.fit('slow');
\echo :SQLSTATE
-- Another model is another matter.
select traces from logfsm.fit('m');
reset statement_timeout;
-- Cancelled by somebody, the last good fit stays.
select bool_and(pg_cancel_backend(pid)) from pg_stat_activity where application_name like 'logfsm fit slow%';
select * from dblink_get_result('other') t (n bigint);
select fits, (select count(*) from slow.real_traces) as traces from slow.model;
select count(*) from pg_class where relnamespace = 'slow'::regnamespace and relname like '%fit_2';
select * from dblink_get_result('other') t (n bigint);
select count(*) from pg_stat_activity where application_name like 'logfsm%';
update slow.model set source = 'public.app_log';
select * from dblink('other', 'select traces from logfsm.fit(''slow'')') t (n bigint);
select dblink_disconnect('other');
