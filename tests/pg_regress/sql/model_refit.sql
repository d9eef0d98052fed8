-- A second fit replaces everything; users' views, GRANTs and the tables' identity stay.
set client_min_messages = warning;
create role regress_reader;
create table app_log (id text, event text, at timestamptz);
insert into app_log select 'r' || i / 3, (array['open', 'read', 'close'])[1 + i % 3], timestamptz '2026-01-01' + i * interval '1 s' from generate_series(0, 29) i;
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at');
select * from logfsm.fit('m');
create view my_view as select event, sum(count) as count from m.transitions group by event;
create materialized view my_matview as select * from m.real_events;
grant usage on schema m to regress_reader;
grant select on m.transitions, m.all_events to regress_reader;
create temp table identity as select relname, oid from pg_class where relnamespace = 'm'::regnamespace and relname in ('transitions', 'traces', 'events', 'all_events', 'model');
select * from my_view order by 1;
insert into app_log select 'w' || i / 2, (array['open', 'write'])[1 + i % 2], timestamptz '2026-01-02' + i * interval '1 s' from generate_series(0, 9) i;
select * from logfsm.fit('m', 'k_tails', '{"k": 1}');
select * from my_view order by 1;
refresh materialized view my_matview;
select count(*) from my_matview;
set role regress_reader;
select count(*) from m.transitions;
select count(*) from m.all_events;
select * from m.runs;
\echo :SQLSTATE
reset role;
select count(*) from identity i join pg_class c on c.oid = i.oid and c.relname = i.relname;
-- One leaf per table remains.
select c.relname from pg_inherits join pg_class c on c.oid = inhrelid where c.relnamespace = 'm'::regnamespace and relkind = 'r' order by 1;
select relname from pg_class where relnamespace = 'm'::regnamespace and relname ~ 'fit_1|refresh';
-- The same data gives the same rows and the same fingerprint.
create temp table once as select fingerprint from m.runs;
select fit from logfsm.fit('m', 'k_tails', '{"k": 1}');
select r.fingerprint = o.fingerprint as same from m.runs r, once o;
-- What was learned follows the data down, too.
delete from app_log where id like 'r%';
select traces, events from logfsm.fit('m');
select * from my_view order by 1;
drop materialized view my_matview;
drop view my_view;
select logfsm.drop_model('m');
drop table app_log;
drop role regress_reader;
