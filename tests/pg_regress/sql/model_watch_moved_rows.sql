-- An UPDATE that moves rows between partitions is not seen, whatever the watch does and however the statement comes.
set client_min_messages = warning;
set timezone = 'UTC'; set datestyle = iso;
create table log (k text, e text, at timestamptz, archived boolean not null default false, day int not null default 0) partition by list (archived);
create table hot partition of log for values in (false);
create table cold partition of log for values in (true) partition by range (day);
create table cold_0 partition of cold for values from (0) to (10);
create table cold_1 partition of cold for values from (10) to (20);
insert into log select 'k' || i, s, timestamptz '2024-01-01' + i * interval '1 min' + n * interval '1 s' from generate_series(1, 50) i, unnest(array['start', 'work', 'stop']) with ordinality u (s, n);
insert into log values ('odd', 'fly', '2024-01-01');
select logfsm.create_model('m', source => 'log', trace => 'k', event => 'e', at => 'at');
delete from log where k = 'odd';
select traces from logfsm.fit('m');
insert into log values ('odd', 'fly', '2024-01-01'), ('odd', 'jump', '2024-01-02');
create function archive(key text) returns void language plpgsql as $$ begin update log set archived = true where k = key; end $$;
create function restore(key text) returns void language sql as $$ update log set archived = false where k = key $$;
create procedure moves() language plpgsql as $$
declare
    n int;
begin
    update log set archived = true;
    update log set day = 15 where k in ('k1', 'odd');
    update cold set day = 5 where k in ('k2', 'odd');
    update cold set day = 15 where k in ('k2', 'odd');
    perform restore('odd');
    perform archive('odd');
    with moved as (update log set archived = false where k in ('odd', 'k3') returning k) select count(*) into n from moved;
    merge into log l using (values ('odd')) v (k) on l.k = v.k when matched then update set archived = true;
    update log set archived = false;
end $$;
create view seen as select (select count(*) from log) as rows, (select count(*) from m.anomalies) as anomalies, (select count(*) from m.live_traces) as live, (select count(*) from m.pending where event is not null) as pending;
select logfsm.watch('m', action => 'skip');
-- The first statement of a session, within a function and not.
\c
set client_min_messages = warning;
select archive('odd');
select * from seen;
\c
set client_min_messages = warning;
update log set archived = false;
select * from seen;
call moves();
select * from seen;
select logfsm.unwatch('m'), logfsm.watch('m', action => 'raise');
call moves();
select * from seen;
select logfsm.unwatch('m'), logfsm.watch('m', action => 'notify');
call moves();
select * from seen;
select logfsm.unwatch('m'), logfsm.watch('m', action => 'flag');
call moves();
select * from seen;
-- What a foreign key's action moves.
create table parent (archived boolean primary key, n int);
insert into parent values (false, 0);
alter table log add foreign key (archived) references parent on update cascade;
update parent set archived = true;
select * from seen;
update parent set archived = false;
alter table log drop constraint log_archived_fkey;
-- One partition that rows move into.
select logfsm.unwatch('m'), logfsm.watch('m', action => 'raise', on_table => 'cold_1');
call moves();
select * from seen;
insert into cold_1 values ('into', 'fly', '2024-02-01', true, 12);
\echo :SQLSTATE
select logfsm.unwatch('m'), logfsm.watch('m', action => 'skip');
-- A statement that inserts and moves: what it moves is not judged by what it inserts.
with moved as (update log set archived = true where k = 'k4' returning k), added as (insert into log select 'new' || k, 'start', '2024-02-01' from (values ('a')) v (k) returning k) select count(*) from moved, added;
select count(*), count(*) filter (where archived) from log where k in ('k4', 'newa');
select rows, anomalies from seen;
select ended > 0 as ended, anomalies from logfsm.close_traces('m', '0');
select trace_key, n_events from m.live_traces where trace_key in ('k4', 'newa');
-- Rows of an INSERT beside an UPDATE or DELETE of other tables are judged.
create table staging as select 'staged' as k, 'fly' as e, timestamptz '2024-02-01' as at;
with taken as (delete from staging returning *) insert into log select * from taken;
with changed as (update parent set n = 1 returning 1) insert into log select 'beside', 'fly', '2024-02-01' from changed;
merge into log l using (values ('merged', 'fly', timestamptz '2024-02-01')) v (k, e, at) on l.k = v.k when not matched then insert (k, e, at) values (v.k, v.e, v.at);
insert into hot values ('direct', 'fly', '2024-02-01');
copy log (k, e, at) from stdin;
copied	fly	2024-02-01
copied	start	2024-02-01
\.
select k, e from log where e = 'fly' and k <> 'odd';
select trace_key, event, kind from m.anomalies where trace_key in ('staged', 'beside', 'merged', 'direct', 'copied') order by 1;
select trace_key, n_events from m.live_traces where trace_key = 'copied';
-- A partition's own trigger that runs last: nothing is dropped there.
create function upper_event() returns trigger language plpgsql as $$ begin new.e := lower(new.e); return new; end $$;
create trigger "~~lower" before insert on hot for each row execute function upper_event();
insert into log values ('own', 'START', '2024-02-01'), ('own', 'WORK', '2024-02-01 00:00:01');
select k, e from log where k = 'own' order by at;
select count(*) from m.anomalies where trace_key = 'own';
\set VERBOSITY terse
select logfsm.unwatch('m'), logfsm.watch('m', action => 'skip');
\echo :SQLSTATE
