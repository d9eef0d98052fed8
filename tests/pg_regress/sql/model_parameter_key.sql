-- A parameter belongs to an event: by a foreign key, and check_run counts those that do not.
set client_min_messages = error;
create table app_log (id int, event text, at timestamptz, params jsonb);
insert into app_log select i / 3, (array['open', 'read', 'close'])[1 + i % 3], timestamptz '2026-01-01Z' + i * interval '1 min', jsonb_build_object('n', i % 5) from generate_series(0, 89) i;
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at', params => 'params');
select traces from logfsm.fit('m', 'k_tails');
select logfsm.synthesize('m', 10);
\set VERBOSITY terse
insert into m.parameters values (0, 1, 4, 'n', '1', 'number');
\echo :SQLSTATE
insert into m.parameters values (1, 1099511627777, 99, 'n', '1', 'number');
\echo :SQLSTATE
delete from m.events where run_id = 0 and trace_id = 1 and seq = 3;
\echo :SQLSTATE
select conrelid::regclass, pg_get_constraintdef(oid), convalidated from pg_constraint where connamespace = 'm'::regnamespace and contype = 'f' and conrelid::regclass::text ~ 'parameters_' order by 1;
select run, rule, checked, violated from unnest(array[0, 1]) run, logfsm.check_run('m', run) where rule = 'parameter_of_event' and run = 0;
-- Rows that a superuser put there past the keys.
set session_replication_role = replica;
insert into m.parameters values (0, 1, 4, 'n', '1', 'number'), (0, 2, 99, 'n', '1', 'number'), (0, 2, 99, 'o', '1', 'number');
reset session_replication_role;
select rule, checked, violated, examples from logfsm.check_run('m', 0) where rule = 'parameter_of_event';
select logfsm.drop_model('m');
-- Without events they would belong to traces.
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at', params => 'params', events => 'none');
select traces from logfsm.fit('m', 'k_tails');
select sum(violated) from logfsm.check_run('m', 0);
select logfsm.drop_model('m');
drop table app_log;
