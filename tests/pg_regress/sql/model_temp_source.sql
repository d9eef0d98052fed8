-- A temporary table or view ends with the session; a model of it could never be fitted again.
set client_min_messages = warning;
create temp table app_log (id text, event text, at timestamptz);
insert into app_log values ('a', 'open', '2026-01-01'), ('a', 'close', '2026-01-02');
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at') is null;
\echo :SQLSTATE
select count(*) from pg_namespace where nspname = 'm';
