-- Phases: states that go on alike; every state and template is in one. trace_summary counts them per trace.
set client_min_messages = warning;
create table app_log (id int, event text, at timestamptz);
insert into app_log
select i, e, timestamptz '2026-01-01Z' + i * interval '1 h' + n * interval '2 s'
from generate_series(1, 120) i,
     unnest(array['open', (array['read', 'write', 'list'])[1 + i % 3]] || case when i % 4 < 2 then array['sync', 'sync'] else '{}' end || (array['close', 'abort'])[1 + i % 5 / 4]) with ordinality u (e, n);
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at');
select traces, events from logfsm.fit('m', 'prefix_tree');
select count(*) > 1 as several, sum(visits) = (select sum(visits) from m.states) as whole, min(name) filter (where phase_id = 0) as first from m.phases;
select count(*) from m.states where phase_id is null;
select count(*) from m.templates where phase_id is null;
select count(*) < (select count(*) from m.states) / 2.0 as half from m.phases;
select count(*), sum(cardinality(p.states)) = (select count(*) from m.states) as whole from m.model, logfsm.phases(automaton, '{"most": 2}') p;
select sum(cardinality(p.states)) = (select count(*) from m.states) as whole from m.model, logfsm.phases(automaton, '{"loss": 0}') p;
select * from m.model, logfsm.phases(automaton, '{"loss": "much"}');
\echo :SQLSTATE
\set VERBOSITY terse
update m.states set phase_id = 99;
\echo :SQLSTATE
\set VERBOSITY default
-- Real and synthetic traces in few figures.
select logfsm.synthesize('m', 50, seed => 1), logfsm.synthesize('m', 50, seed => 1, kind => 'anomalous');
select events, states, phases between 2 and states as phases, retries, duration, count(*) from m.trace_summary where run_id = 0 group by 1, 2, 3, 4, 5 order by 1, 4;
select run_id, origin, label, count(*), bool_and(events >= states and states >= phases and retries < events) as plausible from m.trace_summary group by 1, 2, 3 order by 1;
-- A second fit makes them anew.
select traces from logfsm.fit('m', 'k_tails');
select count(*) > 0 as some, bool_and(exists (select from m.states s where s.phase_id = p.phase_id)) as used from m.phases p;
-- Without stored events there is less to tell.
select logfsm.create_model('n', source => 'app_log', trace => 'id', event => 'event', at => 'at', events => 'none');
select traces from logfsm.fit('n', 'k_tails');
select count(*), count(states), min(events), min(duration) from n.trace_summary;
select logfsm.drop_model('m'), logfsm.drop_model('n');
drop table app_log;
