-- A trigger that somebody makes himself with the watch function writes into no model that did not ask for it.
set client_min_messages = warning;
create role regress_forge_owner;
create role regress_forger;
grant create on database regress to regress_forge_owner, regress_forger;
create table app_log (id text, event text, at timestamptz);
insert into app_log select i, e, timestamptz '2026-01-01' + i * interval '1 min' + o * interval '1 s'
from generate_series(1, 20) i, unnest(array['open', 'read', 'close']) with ordinality u (e, o);
grant select, trigger on app_log to regress_forge_owner;
set role regress_forge_owner;
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at');
select traces from logfsm.fit('m');
select logfsm.watch('m');
set role regress_forger;
create schema forged;
create table forged.log (id text, event text, at timestamptz);
create trigger forged after insert on forged.log referencing new table as logfsm_new_rows for each statement execute function logfsm.watch_insert('m');
insert into forged.log values ('x', 'fly', '2026-02-01');
reset role;
-- The same name as the true one.
create temp table watch as select trigger_name from m.watches;
grant select on watch to public;
set role regress_forger;
do $$ begin execute format('create trigger %I after insert on forged.log referencing new table as logfsm_new_rows for each statement execute function logfsm.watch_insert(''m'')', (select trigger_name from watch)); end $$;
insert into forged.log values ('x', 'fly', '2026-02-01');
-- Other kinds of triggers, other arguments.
drop trigger forged on forged.log;
create trigger forged_row before insert on forged.log for each row execute function logfsm.watch_insert('m');
create trigger forged_none after insert on forged.log for each statement execute function logfsm.watch_insert();
create trigger forged_other after insert on forged.log for each statement execute function logfsm.watch_insert('pg_catalog');
create trigger forged_quoted after insert on forged.log for each statement execute function logfsm.watch_insert('a"; drop table x; --', 'b');
create trigger forged_update after update on forged.log for each statement execute function logfsm.watch_insert('m');
create trigger forged_delete before delete on forged.log for each row execute function logfsm.watch_insert('m');
insert into forged.log values ('x', 'fly', '2026-02-01');
update forged.log set event = 'flown';
delete from forged.log;
select count(*) from forged.log;
reset role;
select count(*) from m.anomalies;
select count(*) from m.live_traces;
-- A schema dressed up as a model gets its owner's rights only.
set role regress_forger;
create schema dressed;
create table dressed.model of logfsm.model_info;
insert into dressed.model (name, source, fits, events) values ('m', 'public.app_log', 1, 'table');
create table dressed.watches (watched_table regclass, trigger_name text, action text);
insert into dressed.watches values ('forged.log', 'dressed', 'flag');
drop table forged.log;
create table forged.log (id text, event text, at timestamptz);
insert into dressed.watches values ('forged.log', 'dressed', 'flag');
create trigger dressed after insert on forged.log referencing new table as logfsm_new_rows for each statement execute function logfsm.watch_insert('dressed');
insert into forged.log values ('x', 'fly', '2026-02-01');
-- The name is of the owner's model for its owner, who cannot read the other.
set role regress_forge_owner;
select name, schema from logfsm.models;
select traces from logfsm.fit('m');
reset role;
