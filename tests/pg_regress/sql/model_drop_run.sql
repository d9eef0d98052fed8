-- drop_run removes a run's tables; run 0 is the real data and stays.
set client_min_messages = warning;
create table app_log (id text, event text, at timestamptz);
insert into app_log select 'r' || i / 2, (array['open', 'close'])[1 + i % 2], timestamptz '2026-01-01' + i * interval '17 s' from generate_series(0, 19) i;
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at');
select traces from logfsm.fit('m');
select logfsm.synthesize('m', 20, 1), logfsm.synthesize('m', 20, 2);
select logfsm.drop_run('m', 1);
select run_id, count(*) from m.traces group by 1 order by 1;
select run_id from m.runs order by 1;
select relname from pg_class where relnamespace = 'm'::regnamespace and relname ~ 'run_1' order by 1;
select logfsm.drop_run('m', 1);
\echo :SQLSTATE
select logfsm.drop_run('m', 0);
\echo :SQLSTATE
select logfsm.drop_run('m', null);
\echo :SQLSTATE
-- Somebody's view on the run's own table is in the way.
create view on_run as select * from m.events_run_2;
select logfsm.drop_run('m', 2);
\echo :SQLSTATE
select run_id from m.runs order by 1;
drop view on_run;
-- A number is not given twice while its run is there.
select logfsm.synthesize('m', 1, 1);
select run_id from m.runs order by 1;
select logfsm.drop_model('m');
drop table app_log;
