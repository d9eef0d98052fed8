-- close_traces takes in what was pending, reads late traces again and ends idle ones; then scores equal those of whole traces.
set client_min_messages = warning;
set timezone = 'UTC'; set datestyle = iso;
create extension dblink;
create table app_log (id text, event text, at timestamptz, n int);
insert into app_log select i, e, timestamptz '2025-01-01' + i * interval '1 min' + o * interval '40 days', o
from generate_series(1, 100) i, unnest(array['open', 'read', 'close']) with ordinality u (e, o);
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at', seq => 'n');
-- Not before a fit.
select * from logfsm.close_traces('m');
\echo :SQLSTATE
select traces from logfsm.fit('m');
-- What came between the fit and the watch is taken in first.
insert into app_log values ('between', 'open', '2026-02-01', 1), ('7', 'read', '2026-02-01', 4);
select logfsm.watch('m');
insert into app_log values ('between', 'read', '2026-02-01 00:01', 2), ('7', 'close', '2026-02-01 00:01', 5);
select checked from m.watches;
select * from logfsm.close_traces('m');
select checked from m.watches;
select trace_key, n_events, dirty, ended_at is null as open from m.live_traces order by 1;
create view equal as
select l.trace_key, l.n_events, l.ended_at is not null as ended, l.score = logfsm.score(m.automaton, t.trace) as equal
from m.live_traces l cross join m.model m cross join lateral (select logfsm.trace_agg(a.event, a.at, a.n) as trace from app_log a where a.id = l.trace_key) t;
-- Late, by time and by number; in one statement and in later ones.
insert into app_log values ('late1', 'close', '2026-02-01 00:03', 3), ('late1', 'open', '2026-02-01 00:01', 1);
insert into app_log values ('late1', 'read', '2026-02-01 00:02', 2);
insert into app_log values ('late2', 'read', '2026-02-01', 2);
insert into app_log values ('late2', 'open', '2026-02-01', 1);
insert into app_log values ('late2', 'fly', '2026-02-01', 0);
select trace_key, n_events, dirty from m.live_traces where trace_key like 'late%' order by 1;
-- Truncated traces, whole ones, one that goes on after it was ended.
insert into app_log values ('short', 'open', '2026-02-01', 1), ('whole', 'open', '2026-02-01', 1), ('whole', 'read', '2026-02-01', 2), ('whole', 'close', '2026-02-01', 3);
-- Not idle for an hour.
select resumed, reread, ended from logfsm.close_traces('m');
select resumed, reread, ended from logfsm.close_traces('m', '0');
select * from equal order by 1;
select trace_key, seq, event, kind, explanation from m.anomalies order by trace_key, seq, kind;
-- Nothing is done twice.
select * from logfsm.close_traces('m', '0');
insert into app_log values ('short', 'read', '2026-02-01 00:01', 2), ('short', 'close', '2026-02-01 00:02', 3);
select trace_key, n_events, ended_at is null as open from m.live_traces where trace_key = 'short';
select resumed, reread, ended from logfsm.close_traces('m', '0');
select * from equal where trace_key = 'short';
-- Rolled back inserts, to savepoints, leave nothing.
begin;
insert into app_log values ('saved', 'open', '2026-02-01', 1);
savepoint a;
insert into app_log values ('saved', 'fly', '2026-02-01', 2), ('gone', 'open', '2026-02-01', 1);
savepoint b;
insert into app_log values ('saved', 'fly', '2026-02-01', 3);
release b;
rollback to a;
insert into app_log values ('saved', 'read', '2026-02-01', 4);
savepoint c;
insert into app_log values ('saved', 'close', '2026-02-01', 5);
release c;
commit;
do $$ begin
    insert into app_log values ('gone', 'open', '2026-02-01', 1);
    for i in 1 .. 10 loop
        begin
            insert into app_log values ('loop', 'read', '2026-02-01', i);
            if i % 2 = 0 then raise exception 'no'; end if;
        exception when raise_exception then null;
        end;
    end loop;
    raise exception 'all';
exception when raise_exception then null;
end $$;
do $$ begin
    for i in 1 .. 10 loop
        begin
            insert into app_log values ('loop', 'read', '2026-02-01', i);
            if i % 2 = 0 then raise exception 'no'; end if;
        exception when raise_exception then null;
        end;
    end loop;
end $$;
select trace_key, n_events, dirty from m.live_traces where trace_key in ('saved', 'gone', 'loop') order by 1;
-- REPEATABLE READ and rows that another transaction holds: pending, and taken in by the next event or by close_traces.
begin isolation level repeatable read;
insert into app_log values ('rr', 'open', '2026-02-01', 1);
insert into app_log values ('rr', 'read', '2026-02-01', 2);
commit;
begin isolation level serializable;
insert into app_log values ('rr2', 'open', '2026-02-01', 1);
commit;
select trace_key, event, seq from m.pending order by 1, 3;
insert into app_log values ('rr', 'close', '2026-02-01', 3);
select trace_key, n_events, dirty from m.live_traces where trace_key like 'rr%';
select dblink_connect('other', 'dbname=' || current_database());
select dblink_exec('other', 'begin');
select dblink_exec('other', 'insert into app_log values (''held'', ''open'', ''2026-02-01'', 1)');
insert into app_log values ('held', 'read', '2026-02-01', 2);
select resumed, reread, ended from logfsm.close_traces('m', '0');
select dblink_exec('other', 'commit');
select trace_key, event from m.pending;
select resumed, reread, ended from logfsm.close_traces('m', '0');
select * from equal where not equal or not ended;
select count(*) from equal;
-- In the transaction that inserted.
begin;
insert into app_log values ('same', 'open', '2026-02-01', 1), ('same', 'read', '2026-02-01', 2);
select resumed, reread, ended from logfsm.close_traces('m', '0');
insert into app_log values ('same', 'close', '2026-02-01', 3);
commit;
select trace_key, n_events, ended_at is null as open from m.live_traces where trace_key = 'same';
begin;
savepoint s;
insert into app_log values ('same', 'read', '2026-02-02', 4);
release s;
insert into app_log values ('same', 'read', '2026-02-02', 5);
savepoint s;
insert into app_log values ('same', 'read', '2026-02-02', 6);
select resumed, reread, ended from logfsm.close_traces('m', '0');
\echo :SQLSTATE
rollback;
begin isolation level repeatable read;
select * from logfsm.close_traces('m');
\echo :SQLSTATE
rollback;
-- Rows that the watch did not see: found by a recheck, as are rows that are gone.
set session_replication_role = replica;
insert into app_log values ('unseen', 'open', '2026-02-01', 1), ('same', 'read', '2026-02-03', 7);
reset session_replication_role;
delete from app_log where id = 'rr2';
select resumed, reread, ended from logfsm.close_traces('m', '0');
select resumed, reread, ended from logfsm.close_traces('m', '0', recheck => true);
select * from equal where not equal or not ended;
-- A refit: what it has read whole is forgotten, the rest is read again with the new machine.
insert into app_log values ('refit', 'open', '2026-02-05', 1);
begin isolation level repeatable read;
insert into app_log values ('refit', 'read', '2026-02-05', 2);
commit;
select fit from logfsm.fit('m');
insert into app_log values ('refit', 'close', '2026-02-05', 3), ('between', 'fly', '2026-02-05', 3);
select trace_key, n_events, dirty from m.live_traces order by 1;
select resumed, reread, ended from logfsm.close_traces('m', '0');
select * from equal order by 1;
-- Drift, by day.
select day, traces, events, unseen, unseen_share > 0 as some, surprise > training_surprise as more from m.drift order by 1;
select dblink_disconnect('other');
-- The model's owner only.
create role regress_close;
grant usage on schema m to regress_close;
grant select on m.model to regress_close;
set role regress_close;
select * from logfsm.close_traces('m');
\echo :SQLSTATE
reset role;
