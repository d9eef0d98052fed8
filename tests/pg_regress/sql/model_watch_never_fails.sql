-- An insert into a watched table succeeds, whatever is in the row and whatever has become of the model.
create table app_log (id text, event text, at timestamptz, n bigint, params jsonb);
insert into app_log select i, e, timestamptz '2026-01-01' + i * interval '1 min' + o * interval '1 s', o, '{"a": 1}'
from generate_series(1, 20) i, unnest(array['open', 'read', 'close']) with ordinality u (e, o);
set client_min_messages = warning;
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at', seq => 'n', params => 'params');
select traces from logfsm.fit('m');
select logfsm.watch('m');
insert into app_log values (null, null, null, null, null), (null, 'open', now(), 1, '{}');
insert into app_log values ('a', null, null, null, null);
insert into app_log values ('b', '', 'infinity', -1, '[]'), ('b', '', '-infinity', -1, '3');
insert into app_log values ('c', repeat('x', 1000000), now(), 1, 'null');
insert into app_log values (repeat('k', 2000), 'open', now(), 1, '{}');
insert into app_log select string_agg(md5(i::text), ''), 'open', now(), 1, '{}' from generate_series(1, 1000) i;
select count(*) from app_log;
select kind, count(*) from m.anomalies group by 1 order by 1;
-- Columns that change under it.
begin;
alter table app_log rename event to kind;
insert into app_log values ('d', 'open', now(), 1, '{}');
rollback;
begin;
alter table app_log alter at type text;
insert into app_log values ('d', 'open', 'no time', 1, '{}');
rollback;
begin;
alter table app_log drop column params;
insert into app_log values ('d', 'open', now(), 1);
rollback;
-- The model's tables damaged.
begin;
drop table m.live_traces cascade;
insert into app_log values ('d', 'open', now(), 1, '{}');
rollback;
begin;
update m.model set automaton = null, threshold = null;
insert into app_log values ('d', 'open', now(), 1, '{}');
rollback;
begin;
delete from m.model;
insert into app_log values ('d', 'open', now(), 1, '{}');
rollback;
-- Each of its tables and its schema renamed, or dropped; also for notify.
begin;
alter schema m rename to m2;
insert into app_log values ('f', 'fly', now(), 1, '{}');
select trace_key, kind from m2.anomalies where trace_key = 'f';
rollback;
create procedure break(how text) language plpgsql as $$ begin execute how; exception when others then raise warning 'refused: %', sqlerrm; end $$;
select logfsm.unwatch('m');
select logfsm.watch('m', 'notify');
begin; call break('alter table m.anomalies rename to gone'); insert into app_log values ('f', 'fly', now(), 1, '{}'); rollback;
begin; call break('alter table m.live_traces rename to gone'); insert into app_log values ('f', 'fly', now(), 1, '{}'); rollback;
begin; call break('alter table m.pending rename to gone'); insert into app_log values ('f', 'fly', now(), 1, '{}'); rollback;
begin; call break('alter table m.watches rename to gone'); insert into app_log values ('f', 'fly', now(), 1, '{}'); rollback;
begin; call break('alter table m.model rename to gone'); insert into app_log values ('f', 'fly', now(), 1, '{}'); rollback;
begin; call break('drop table m.anomalies cascade'); insert into app_log values ('f', 'fly', now(), 1, '{}'); rollback;
begin; call break('drop table m.pending cascade'); insert into app_log values ('f', 'fly', now(), 1, '{}'); rollback;
begin; call break('drop table m.watches cascade'); insert into app_log values ('f', 'fly', now(), 1, '{}'); rollback;
begin; call break('drop table m.model cascade'); insert into app_log values ('f', 'fly', now(), 1, '{}'); rollback;
begin; call break('drop schema m cascade'); insert into app_log values ('f', 'fly', now(), 1, '{}'); rollback;
begin; call break('alter table m.anomalies drop column explanation cascade'); insert into app_log values ('f', 'fly', now(), 1, '{}'); rollback;
begin; call break('alter table m.anomalies add check (kind <> ''unknown_type'') not valid'); insert into app_log values ('f', 'fly', now(), 1, '{}'); rollback;
-- A trigger on anomalies that fails.
create function fail() returns trigger language plpgsql as $$ begin raise exception 'no, %', repeat('x', 20); end $$;
create trigger fail before insert on m.anomalies for each row execute function fail();
insert into app_log values ('d', 'fly', now(), 1, '{}');
drop trigger fail on m.anomalies;
-- It comes back.
insert into app_log values ('e', 'fly', now(), 1, '{}');
select trace_key, kind from m.anomalies where trace_key in ('d', 'e');
select count(*) from app_log;
-- What is written when a transaction commits, too.
begin;
alter table m.live_traces add check (n_events < 0) not valid;
insert into app_log values ('h', 'open', now(), 1, '{}');
commit;
insert into app_log values ('i', 'open', now(), 1, '{}');
select id, event from app_log where id in ('h', 'i') order by 1;
