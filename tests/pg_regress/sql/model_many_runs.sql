-- Any number of runs: the first 32 have tables of their own, later ones share some; fit, drop_run and drop_model stay cheap.
set client_min_messages = error;
create table app_log (id int, event text, at timestamptz, params jsonb);
insert into app_log select i / 3, (array['open', 'read', 'close'])[1 + i % 3], timestamptz '2026-01-01Z' + i * interval '1 min', jsonb_build_object('n', i % 5) from generate_series(0, 89) i;
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at', params => 'params');
select traces from logfsm.fit('m', 'k_tails');
create view mine as select run_id, count(*) from m.events group by 1;
select count(logfsm.synthesize('m', traces => 3, seed => i)) from generate_series(1, 40) i;
select count(*) filter (where status = 'current') as current, count(*) from m.runs;
select count(*), sum(count) from mine where run_id > 0;
select count(*) from pg_class where relnamespace = 'm'::regnamespace and relkind = 'r' and relname ~ '^traces_run_[0-9]+$';
-- A run that shares tables is what it would be with tables of its own.
select logfsm.synthesize('m', traces => 20, seed => 7), logfsm.synthesize('m', traces => 20, seed => 7, kind => 'anomalous');
select sum(violated) from logfsm.check_run('m', 41);
select sum(violated) from logfsm.check_run('m', 42);
select count(*), count(distinct trace_id), count(*) filter (where label = 'anomalous') from m.all_traces where run_id in (41, 42);
select (select count(*) from m.parameters where run_id = 41) = (select count(*) from m.events where run_id = 41) as parameters, (select count(*) from m.scores where run_id = 41) as scores;
select logfsm.synthesize('m', options => '{"cover": "transitions"}');
-- Foreign keys hold there, too.
insert into m.events select run_id, -1, 1, at, template_id, transition_id, src, dst from m.events where run_id = 41 limit 1;
\echo :SQLSTATE
-- Dropped: with its tables, and from shared ones.
select logfsm.drop_run('m', 5), logfsm.drop_run('m', 41);
select count(*) from mine where run_id in (5, 41);
select count(*) from m.runs where run_id in (5, 41);
select logfsm.drop_run('m', 41);
\echo :SQLSTATE
-- Stale ones keep their machine, and shared tables go with the last of their runs.
insert into app_log values (1000, 'fail', '2026-01-02');
set client_min_messages = notice;
select traces from logfsm.fit('m', 'k_tails');
set client_min_messages = error;
select count(*) from mine where run_id > 0;
select count(*) > 0 as events, count(*) = count(t.transition_id) as complete from m.events_runs_of_fit_1 e left join m.transitions_fit_1 t using (transition_id, src, dst, template_id) where e.run_id < 42;
select logfsm.synthesize('m', traces => 3, seed => 1);
select relname from pg_class where relnamespace = 'm'::regnamespace and relkind = 'r' and relname ~ '_runs_of_' order by 1;
select count(logfsm.drop_run('m', run_id)) from m.runs where status = 'stale';
select relname from pg_class where relnamespace = 'm'::regnamespace and relkind = 'r' and relname ~ '_(runs_of_fit|run|fit)_[0-9]+$' order by 1;
select run_id, status from m.runs order by 1;
drop view mine;
select logfsm.drop_model('m');
drop table app_log;
