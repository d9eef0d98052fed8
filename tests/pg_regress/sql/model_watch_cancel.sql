-- A user's cancel is a cancel, inside a watch too: the insert fails, and the session goes on.
set client_min_messages = warning;
\set SHOW_CONTEXT never
create table app_log (id text, event text, at timestamptz);
insert into app_log values ('a', 'open', '2026-01-01'), ('a', 'close', '2026-01-02');
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at');
select traces from logfsm.fit('m');
select logfsm.watch('m');
create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(10); return new; end $$;
create trigger slow before insert on m.anomalies for each row execute function slow();
set statement_timeout = '100ms';
insert into app_log values ('b', 'close', '2026-01-03');
\echo :SQLSTATE
reset statement_timeout;
select count(*) from app_log;
-- In a transaction, to a savepoint.
begin;
insert into app_log values ('c', 'open', '2026-01-03');
savepoint s;
set local statement_timeout = '100ms';
insert into app_log values ('b', 'fly', '2026-01-03');
\echo :SQLSTATE
rollback to s;
drop trigger slow on m.anomalies;
insert into app_log values ('b', 'fly', '2026-01-03');
commit;
select count(*) from app_log;
select trace_key, kind from m.anomalies order by 1, 2;
