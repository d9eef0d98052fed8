-- Test cases: few traces that cover every state, transition or pair of transitions, each saying what it adds.
set client_min_messages = warning;
create table app_log (id int, event text, at timestamptz);
insert into app_log
select i, e, timestamptz '2026-01-01Z' + i * interval '1 h' + n * interval '2 s' + (i % 7) * interval '10 ms'
from generate_series(1, 120) i,
     unnest(array['open', (array['read', 'write', 'list'])[1 + i % 3]] || case when i % 4 < 2 then array['sync'] else '{}' end || (array['close', 'abort'])[1 + i % 5 / 4]) with ordinality u (e, n);
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at');
select traces, events from logfsm.fit('m', 'k_tails');
set client_min_messages = notice;
select logfsm.synthesize('m', options => '{"cover": "states"}'), logfsm.synthesize('m', options => '{"cover": "transitions"}'), logfsm.synthesize('m', options => '{"cover": "pairs"}');
select logfsm.synthesize('m', 2, options => '{"cover": "transitions"}');
set client_min_messages = warning;
select run_id, kind, status, options, traces from m.runs order by 1;
-- Everything is covered, by traces like any other.
select run_id, count(*) from (select distinct run_id, dst from m.events where run_id in (0, 1)) s group by 1 order by 1;
select t.transition_id from m.transitions t where not exists (select from m.events e where e.run_id = 2 and e.transition_id = t.transition_id);
select count(*) from (select transition_id, lead(transition_id) over (partition by trace_id order by seq) from m.events where run_id = 0
               except select transition_id, lead(transition_id) over (partition by trace_id order by seq) from m.events where run_id = 3) s;
select r.run_id, sum(violated) from m.runs r, logfsm.check_run('m', r.run_id) group by 1 order by 1;
select synthetic_key, covers, about from m.traces where run_id = 1 order by trace_id;
select run_id, bool_and(cardinality(covers) > 0) as each, sum(cardinality(covers)) from m.traces where run_id > 0 group by 1 order by 1;
-- What nothing covers is listed; here by a condition that leaves some transitions out.
select count(*) from m.model, logfsm.uncovered(generator, 'transitions');
select u from m.model, logfsm.uncovered(generator, 'transitions', options => '{"condition": {"length": 4}}') u order by 1;
-- On values.
select number, about, covers from m.model, logfsm.generate_traces(generator, 100, options => '{"cover": "states"}');
select count(distinct trace) from m.model, logfsm.generate(generator, 100, 1, 2, '{"cover": "transitions"}');
select logfsm.length(logfsm.generate_trace(generator, 1, 1, '{"cover": "states"}')) from m.model;
select logfsm.generate_trace(generator, 1, 1000, '{"cover": "states"}') from m.model;
\echo :SQLSTATE
select count(distinct trace) > 1 from m.model, logfsm.generate(automaton, 100, options => '{"cover": "transitions"}');
select logfsm.synthesize('m', options => '{"cover": "loops"}');
\echo :SQLSTATE
select logfsm.synthesize('m', options => '{"cover": "pairs"}', kind => 'anomalous');
\echo :SQLSTATE
select logfsm.synthesize('m');
\echo :SQLSTATE
select logfsm.drop_model('m');
drop table app_log;
