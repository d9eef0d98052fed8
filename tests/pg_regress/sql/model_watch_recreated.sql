-- A watch is a trigger on a table, both by number: what is made anew under their names does not get in.
set client_min_messages = warning;
create role regress_recreate_owner;
create role regress_recreate_tables;
grant create on database regress to regress_recreate_owner;
create schema app authorization regress_recreate_tables;
grant usage on schema app to regress_recreate_owner;
set role regress_recreate_tables;
create table app.log (id text, event text, at timestamptz);
insert into app.log select i, e, timestamptz '2026-01-01' + i * interval '1 min' + o * interval '1 s'
from generate_series(1, 20) i, unnest(array['open', 'read', 'close']) with ordinality u (e, o);
create view app.source as select * from app.log;
grant select, trigger on app.log, app.source to regress_recreate_owner;
set role regress_recreate_owner;
select logfsm.create_model('m', source => 'app.source', trace => 'id', event => 'event', at => 'at');
select traces from logfsm.fit('m');
select logfsm.watch('m', on_table => 'app.log');
select trigger_oid = (select oid from pg_trigger where tgrelid = 'app.log'::regclass) as recorded, before_oid from m.watches;
grant usage on schema m to regress_recreate_tables;
reset role;
create table names as select trigger_name, view_name from m.watches;
grant select on names to public;
set role regress_recreate_tables;
-- The trigger alone, with the same name and condition.
do $$ declare n record; begin
    select * into n from public.names;
    execute format('drop trigger %I on app.log', n.trigger_name);
    execute format('create trigger %I after insert on app.log referencing new table as logfsm_new_rows for each statement when (%L::regclass is not null) execute function logfsm.watch_insert()', n.trigger_name, 'm.' || n.view_name);
end $$;
insert into app.log values ('trigger', 'fly', '2026-02-01');
-- The table, too.
drop table app.log cascade;
create table app.log (id text, event text, at timestamptz);
do $$ declare n record; begin
    select * into n from public.names;
    execute format('create trigger %I after insert on app.log referencing new table as logfsm_new_rows for each statement when (%L::regclass is not null) execute function logfsm.watch_insert()', n.trigger_name, 'm.' || n.view_name);
end $$;
insert into app.log values ('table', 'fly', '2026-02-01');
create view app.source as select * from app.log;
grant select, trigger on app.log, app.source to regress_recreate_owner;
set role regress_recreate_owner;
select count(*) from m.anomalies;
select count(*) from m.live_traces;
-- A new watch takes the place of what is recorded and not in force any more, and clears its triggers away.
select logfsm.watch('m', on_table => 'app.log');
select count(*) from pg_trigger where tgrelid = 'app.log'::regclass;
reset role;
insert into app.log values ('new', 'fly', '2026-02-01');
set role regress_recreate_owner;
select trace_key from m.anomalies;
select logfsm.watch('m', on_table => 'app.log');
\echo :SQLSTATE
-- Renamed, both stay in force.
reset role;
alter table app.log rename to log_2;
do $$ begin execute format('alter trigger %I on app.log_2 rename to t', (select trigger_name from m.watches)); end $$;
insert into app.log_2 values ('renamed', 'fly', '2026-02-01');
select watched_table, trace_key from m.anomalies where trace_key = 'renamed';
-- A number that is another relation's, as after a restore, stops nobody.
set role regress_recreate_owner;
update m.watches set watched_oid = 'm.live_traces'::regclass;
reset role;
insert into app.log_2 values ('elsewhere', 'fly', '2026-02-01');
set role regress_recreate_owner;
select resumed, reread from logfsm.close_traces('m', recheck => true);
update m.watches set watched_oid = (select indexrelid from pg_index where indrelid = 'm.live_traces'::regclass);
select resumed, reread from logfsm.close_traces('m', recheck => true);
update m.watches set watched_oid = 'pg_class'::regclass, trigger_oid = 1;
select resumed, reread from logfsm.close_traces('m', recheck => true);
select logfsm.unwatch('m');
-- A watched table that lost a column: the others are still read.
select logfsm.watch('m', on_table => 'app.log_2');
reset role;
alter table app.log_2 rename column at to later;
alter table app.log_2 add column moment timestamptz;
insert into app.log_2 (id, event) values ('column', 'open');
set role regress_recreate_owner;
select resumed from logfsm.close_traces('m', recheck => true);
