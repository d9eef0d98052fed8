-- A run is judged while it is written, as check_run judges its rows: as many checks by as many rules, the same ones broken.
set client_min_messages = warning;
create table app_log (id int, event text, at timestamptz, params jsonb);
insert into app_log
select i, e, timestamptz '2026-01-01Z' + i * interval '1 h' + n * interval '2 s' + (i % 7) * interval '10 ms',
       case when e in ('open', 'close') then jsonb_build_object('user', 'usr-' || (i * 7919 + 10000000), 'kind', (array['web', 'app'])[1 + i % 2], 'size', i % 50)
            when e = 'read' then '["x", 1.5, null]' end
from generate_series(1, 120) i,
     unnest(case when i = 60 then '{}'::text[] when i % 3 = 0 then array['open', 'read', 'close'] when i % 3 = 1 then array['open', 'write', 'read', 'close'] else array['open', 'read', 'read', 'close'] end) with ordinality u (e, n);
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at', params => 'params');
select logfsm.create_model('n', source => 'app_log', trace => 'id', event => 'event', at => 'at', params => 'params', events => 'none');
select traces, events from logfsm.fit('m', 'k_tails');
select traces, events from logfsm.fit('n', 'k_tails');
set client_min_messages = notice;
select logfsm.synthesize('m', 300, seed => 3);
select logfsm.synthesize('m', 300, seed => 3, kind => 'anomalous');
select logfsm.synthesize('m', options => '{"cover": "pairs"}');
select logfsm.synthesize('m', 300, options => '{"amplification": 0.3, "rare": 0.5}');
select logfsm.synthesize('n', 300, seed => 3);
select logfsm.synthesize('n', 300, seed => 3, kind => 'anomalous');
select sum(checked), count(*) filter (where checked > 0) as rules, sum(violated) as violated from logfsm.check_run('m', 1);
select sum(checked), count(*) filter (where checked > 0) as rules, sum(violated) as violated from logfsm.check_run('m', 2);
select sum(checked), count(*) filter (where checked > 0) as rules, sum(violated) as violated from logfsm.check_run('m', 3);
select sum(checked), count(*) filter (where checked > 0) as rules, sum(violated) as violated from logfsm.check_run('m', 4);
select sum(checked), count(*) filter (where checked > 0) as rules, sum(violated) as violated from logfsm.check_run('n', 1);
select sum(checked), count(*) filter (where checked > 0) as rules, sum(violated) as violated from logfsm.check_run('n', 2);
-- Where the tables of the machine do not fit the traces, a run is rejected by the same counts.
begin;
update m.states set stops = 0 where state_id = (select max(dst) from m.transitions where event = 'close');
select logfsm.synthesize('m', 50, seed => 4);
select rule, violated, checked, examples from logfsm.check_run('m', 5) where violated > 0;
select run_id, status from m.runs where run_id = 5;
select logfsm.synthesize('m', options => '{"cover": "transitions"}');
select rule, violated, checked, examples from logfsm.check_run('m', 6) where violated > 0;
rollback;
begin;
update n.transitions set count = count + 1, event = 'other' where transition_id = 0;
delete from n.transitions where transition_id = (select max(transition_id) from n.transitions);
select logfsm.synthesize('n', 50, seed => 4);
select rule, violated, checked, examples from logfsm.check_run('n', 3) where violated > 0;
select run_id, status from n.runs where run_id = 3;
rollback;
-- The same seed writes the same rows whether events are stored or not.
select count(*) from (select synthetic_key, started_at, ended_at, n_events, weight, label, score, is_anomalous, trace::text from m.all_traces where run_id = 1
                      except select synthetic_key, started_at, ended_at, n_events, weight, label, score, is_anomalous, trace::text from n.all_traces where run_id = 1) s;
-- Scores are those of the machine.
select count(*) from m.model, m.all_traces t where run_id > 0 and score is distinct from logfsm.score(automaton, t.trace);
set client_min_messages = warning;
select logfsm.drop_model('m'), logfsm.drop_model('n');
drop table app_log;
