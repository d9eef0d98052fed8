-- refresh tells every change of rows that it does not take in, whatever their number says.
set client_min_messages = error;
create table app_log (id text, event text, at timestamptz, part text, params jsonb);
insert into app_log select 'r' || i / 4, (array['open', 'read', 'write', 'close'])[1 + i % 4], timestamptz '2026-01-01Z' + i * interval '1 min', 'p' || i % 2, jsonb_build_object('n', i)
from generate_series(0, 79) i;
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at', component => 'part', params => 'params', lateness => '10 minutes');
create procedure pg_temp.try(change text) language plpgsql as $$
declare missing bigint; again bigint;
begin
    perform logfsm.fit('m', 'k_tails');
    if (select missing_rows from logfsm.refresh('m')) <> 0 then raise exception 'missing before'; end if;
    execute change;
    select missing_rows into missing from logfsm.refresh('m');
    select missing_rows into again from logfsm.refresh('m');
    raise info '% % %', missing, again, change;
end $$;
call pg_temp.try($$update app_log set event = 'scan' where id = 'r1' and event = 'read'$$);
call pg_temp.try($$update app_log set event = 'scan' where event = 'read' and at < '2026-01-01 00:40Z'$$);
call pg_temp.try($$update app_log set at = at + interval '1 s' where id = 'r12' and event = 'write'$$);
call pg_temp.try($$update app_log set at = at - interval '1 day' where id = 'r2' and event = 'open'$$);
call pg_temp.try($$update app_log set id = 'r4' where id = 'r3' and event = 'close'$$);
call pg_temp.try($$update app_log set id = 'new' where id = 'r3'$$);
call pg_temp.try($$update app_log set part = 'other' where id = 'r5'$$);
call pg_temp.try($$update app_log set params = '{"n": -1}' where id = 'r5'$$);
call pg_temp.try($$update app_log set params = null where id = 'r5' and event = 'open'$$);
-- Two equal rows that change alike.
call pg_temp.try($$insert into app_log select 'twins', 'ping', '2026-01-01 00:02Z', null, null from generate_series(1, 2)$$);
call pg_temp.try($$update app_log set event = 'pong' where id = 'twins'$$);
call pg_temp.try($$delete from app_log where id = 'r6' and event = 'read'; insert into app_log values ('r7', 'late', '2026-01-01 00:03Z')$$);
call pg_temp.try($$delete from app_log where id = 'r7' and event = 'late'; insert into app_log values ('late', 'open', '2026-01-01 00:03Z')$$);
call pg_temp.try($$delete from app_log where id = 'late'$$);
call pg_temp.try($$delete from app_log where ctid in (select ctid from app_log where id = 'r8' limit 1)$$);
call pg_temp.try($$insert into app_log values ('late', 'open', '2026-01-01 00:03Z'), ('late', 'close', '2026-01-01 00:04Z')$$);
-- Nothing that matters: equal values, columns that the model does not use, the table written anew, what came and went.
call pg_temp.try($$update app_log set event = event || '' where id = 'r9'$$);
call pg_temp.try($$alter table app_log add note text default 'x'; update app_log set note = 'y'$$);
call pg_temp.try($$alter table app_log alter event type varchar(100)$$);
call pg_temp.try($$insert into app_log values ('gone', 'open', '2026-01-01 00:03Z'); delete from app_log where id = 'gone'$$);
-- Traces with a row in the window are read again whole.
call pg_temp.try($$update app_log set event = 'seen' where id = 'r19'$$);
call pg_temp.try($$delete from app_log where id = 'r19' and event = 'close'$$);
select trace_key, seq, event from m.real_events where trace_key = 'r19' order by 1, 2;
-- All rows of a trace in the window.
call pg_temp.try($$delete from app_log where id = 'r19'$$);
-- Longer lateness, given later.
insert into app_log values ('late', 'fail', '2026-01-01 00:05Z');
update m.model set lateness = '2 hours';
select new_traces, changed_traces, missing_rows from logfsm.refresh('m');
update m.model set lateness = '10 minutes';
select logfsm.drop_model('m');

-- Of a period: only what belongs to it.
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at', lateness => '0');
create or replace procedure pg_temp.try(change text) language plpgsql as $$
declare missing bigint;
begin
    perform logfsm.fit('m', 'k_tails', since => '2026-01-01 00:20Z', until => '2026-01-01 01:00Z');
    if (select missing_rows from logfsm.refresh('m')) <> 0 then raise exception 'missing before'; end if;
    execute change;
    select missing_rows into missing from logfsm.refresh('m');
    raise info '% %', missing, change;
end $$;
call pg_temp.try($$delete from app_log where id = 'r6'$$);
call pg_temp.try($$delete from app_log where id = 'r1'$$);
call pg_temp.try($$update app_log set event = 'stop' where id = 'r12' and event = 'close'$$);
call pg_temp.try($$insert into app_log values ('r12', 'late', '2026-01-01 00:50Z')$$);
call pg_temp.try($$insert into app_log values ('before', 'late', '2026-01-01 00:01Z')$$);
-- It begins before the period now.
call pg_temp.try($$insert into app_log values ('r8', 'early', '2026-01-01 00:01Z')$$);
-- And within it again.
call pg_temp.try($$delete from app_log where id = 'r8' and event = 'early'$$);
select logfsm.drop_model('m');

-- By another column than the time of events, by a number, of lines, and of a view.
alter table app_log add n bigint generated always as identity, add line text;
update app_log set line = format('%s request %s took %s ms', event, id, extract(minute from at));
create view recent_log as select * from app_log where id <> 'r2';
create or replace procedure pg_temp.try(change text) language plpgsql as $$
declare missing bigint; model text;
begin
    foreach model in array array['by_number', 'of_lines', 'of_view'] loop
        perform logfsm.fit(model, 'k_tails');
        if (select missing_rows from logfsm.refresh(model)) <> 0 then raise exception 'missing before'; end if;
    end loop;
    execute change;
    foreach model in array array['by_number', 'of_lines', 'of_view'] loop
        select missing_rows into missing from logfsm.refresh(model);
        raise info '% % %', model, missing, change;
    end loop;
end $$;
select logfsm.create_model('by_number', source => 'app_log', trace => 'id', event => 'event', at => 'at', refresh_by => 'n');
select logfsm.create_model('of_lines', source => 'app_log', message => 'line', trace => 'id', at => 'at', lateness => '10 minutes');
select logfsm.create_model('of_view', source => 'recent_log', trace => 'id', event => 'event', at => 'at', lateness => '10 minutes');
call pg_temp.try($$update app_log set event = 'scan', line = format('scan request %s took 5 ms', id) where id = 'r3' and event = 'close'$$);
call pg_temp.try($$delete from app_log where id = 'r3' and event = 'open'; insert into app_log (id, event, at, line) values ('r4', 'open', '2026-01-01 00:05Z', 'open request r4 took 5 ms')$$);
call pg_temp.try($$delete from app_log where id in ('r9', 'r2')$$);
-- All numbers are among the last 10,000: what came late is taken in.
insert into app_log (id, event, at, line) values ('late', 'open', '2026-01-01 00:01Z', 'open request late took 1 ms');
select new_traces, changed_traces, missing_rows from logfsm.refresh('by_number');
select logfsm.drop_model('by_number'), logfsm.drop_model('of_lines'), logfsm.drop_model('of_view');
drop view recent_log;
drop table app_log;
