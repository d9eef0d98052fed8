-- evaluate compares scores and threshold with labels; recalibrate sets the threshold for a share of false alarms.
\set SHOW_CONTEXT never
set client_min_messages = warning;
create table app_log (id int, event text, n int);
insert into app_log select i, e, o from generate_series(1, 3000) i, unnest(array['open', 'read', 'close']) with ordinality u (e, o);
insert into app_log select i, 'read', 2 from generate_series(1, 3000, 7) i;
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', seq => 'n');
select traces from logfsm.fit('m', 'k_tails');
-- Without anomalies nothing is said of finding them.
create table labels as select i as trace_key, false as is_anomalous from generate_series(1, 3000) i;
select * from logfsm.evaluate('m', 'labels');
select logfsm.recalibrate('m') = threshold as stored, threshold = logfsm.threshold(automaton, 0.001) as same from m.model;
select logfsm.recalibrate('m', 0.2) <= logfsm.recalibrate('m', 0.001) as ordered;
-- Labels of any key type that reads the same, some missing, and columns of other names.
create view odd as select i::text as k, i % 1000 = 0 as bad from generate_series(1, 3000) i union all select 'nobody', true union all select '5', null;
select subset, traces, anomalies, flagged, auroc between 0 and 1 as auroc, auprc between 0 and 1 as auprc, recall from logfsm.evaluate('m', 'odd', 'k', 'bad');
\set VERBOSITY verbose
select * from logfsm.evaluate('m', 'odd');
select * from logfsm.evaluate('m', 'odd', 'k', 'k');
create table nobody (trace_key int, is_anomalous boolean);
select * from logfsm.evaluate('m', 'nobody');
select logfsm.recalibrate('m', 1.5);
select logfsm.recalibrate('m', null);
\set VERBOSITY default
-- Both the labels and the model's tables are read as the caller.
create role evaluator;
grant usage on schema m to evaluator;
grant select on m.model to evaluator;
grant select on odd to evaluator;
set role evaluator;
select * from logfsm.evaluate('m', 'odd', 'k', 'bad');
select logfsm.recalibrate('m');
reset role;
grant select on m.traces, m.scores to evaluator;
set role evaluator;
select count(*) from logfsm.evaluate('m', 'odd', 'k', 'bad');
select count(*) from logfsm.evaluate('m', 'labels');
reset role;
select logfsm.drop_model('m');
drop view odd;
drop table app_log, labels, nobody;
drop role evaluator;
