-- Every trace has a score; anomalous are those beyond the threshold; explain says why.
\set SHOW_CONTEXT never
set client_min_messages = warning;
create table app_log (id text, event text, n int);
insert into app_log select i, e, o from generate_series(1, 2000) i, unnest(array['open', 'read', 'close']) with ordinality u (e, o);
insert into app_log values ('odd', 'open', 1), ('odd', 'close', 2), ('odd', 'open', 3);
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', seq => 'n');
select traces from logfsm.fit('m');
select count(*) = (select count(*) from m.traces) as complete from m.scores;
select trace_key, is_anomalous from m.all_traces where is_anomalous;
select trace_key from m.real_traces order by score desc limit 1;
select bool_and(s.score = logfsm.score(automaton, trace)) from m.scores s join m.traces using (run_id, trace_id), m.model;
select seq, event, kind, expected from logfsm.explain('m', 'odd');
select abs((select sum(contribution) from logfsm.explain('m', 'odd')) - (select score from m.real_traces where trace_key = 'odd')) < 1e-9 as adds_up;
-- The threshold is the user's to set; score_traces applies it, to synthetic traces too.
update m.model set threshold = 1000;
select logfsm.score_traces('m');
select count(*) from m.scores where is_anomalous;
update m.model set threshold = -1000;
select logfsm.synthesize('m', 10, 1);
select logfsm.score_traces('m');
select run_id, count(*) filter (where is_anomalous) from m.scores group by 1 order by 1;
-- What is not there.
select * from logfsm.explain('m', 'nobody');
\echo :SQLSTATE
select * from logfsm.explain('n', 'odd');
\echo :SQLSTATE
select logfsm.score_traces('n');
\echo :SQLSTATE
select count(*) from logfsm.explain('m', null);
\echo :SQLSTATE
select logfsm.drop_model('m');
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', seq => 'n');
select logfsm.score_traces('m');
\echo :SQLSTATE
select * from logfsm.explain('m', 'odd');
\echo :SQLSTATE
select logfsm.drop_model('m');
drop table app_log;
