-- Anomalies on purpose: a run of its own kind, whose traces the machine rejects and whose other rules hold.
set client_min_messages = warning;
create table app_log (id int, event text, at timestamptz, params jsonb);
insert into app_log
select i, e, timestamptz '2026-01-01Z' + i * interval '1 h' + n * interval '2 s' + (i % 7) * interval '10 ms',
       case when e in ('open', 'close') then jsonb_build_object('user', 'usr-' || (i * 7919 + 10000000), 'kind', (array['web', 'app'])[1 + i % 2]) end
from generate_series(1, 120) i,
     unnest(case i % 3 when 0 then array['open', 'read', 'close'] when 1 then array['open', 'write', 'read', 'close'] else array['open', 'read', 'read', 'close'] end) with ordinality u (e, n);
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at', params => 'params');
select traces, events from logfsm.fit('m', 'k_tails');
select logfsm.synthesize('m', 70, seed => 3), logfsm.synthesize('m', 70, seed => 3, kind => 'anomalous'), logfsm.synthesize('m', 70, seed => 3, options => '{"kind": "anomalous"}'),
       logfsm.synthesize('m', 20, options => '{"edits": 3, "mutations": ["swap", "drop"]}', kind => 'anomalous');
select run_id, kind, status, options, traces, events = (select count(*) from m.events e where e.run_id = r.run_id) as events from m.runs r order by 1;
-- The same seed and options give the same rows.
select count(*) from (select synthetic_key, started_at, mutation, mutated_seq, trace::text from m.traces where run_id = 2
                      except select synthetic_key, started_at, mutation, mutated_seq, trace::text from m.traces where run_id = 3) s;
-- Each is rejected, says what was done to it, and is in the views of anomalous ones only.
select count(*), bool_and(not logfsm.accepts(automaton, trace)) as rejected, bool_and(mutated_seq between 1 and n_events + 1) as placed from m.model, m.anomalous_traces where run_id = 2;
select mutation, count(*) from m.anomalous_traces where run_id = 2 group by 1 order by 1;
select label, count(*), count(mutation), min(about) from m.traces where run_id > 0 group by 1 order by 1;
select count(distinct run_id), min(run_id) from m.synthetic_traces;
select count(distinct run_id), min(run_id) from m.synthetic_events;
select count(distinct run_id), min(run_id), count(*) = (select sum(events) from m.runs where kind = 'anomalous') as whole from m.anomalous_events;
-- Where the machine does not take an event, the row has no transition and the machine stays in its state.
select count(*) > 0 as some, bool_and(src = dst) as stays from m.events where transition_id is null;
select count(*) from m.events where transition_id is null and run_id not in (2, 3, 4);
select count(*) from m.events e where transition_id is not null and not exists (
    select from m.transitions t where (t.transition_id, t.src, t.dst, t.template_id) = (e.transition_id, e.src, e.dst, e.template_id));
select count(*) from ((select t.synthetic_key, r.seq, r.transition_id, r.src, r.dst from m.model, m.anomalous_traces t, logfsm.replay(automaton, trace, tolerant => true) r where run_id = 2)
    except (select synthetic_key, seq, transition_id, src, dst from m.anomalous_events where run_id = 2)) s;
select count(*) from m.model, m.anomalous_traces t, logfsm.replay(automaton, trace) r;
-- Rules of order are not asked of them, but that the machine rejects them is; all others hold.
select rule, checked > 0 as checked, violated from logfsm.check_run('m', 2);
-- Keys hold them apart from other runs.
\set VERBOSITY terse
update m.traces set label = 'normal' where run_id = 2;
\echo :SQLSTATE
update m.traces set label = 'anomalous', mutation = 'cut', mutated_seq = 1 where run_id = 1;
\echo :SQLSTATE
update m.traces set mutation = null, mutated_seq = null where run_id = 2;
\echo :SQLSTATE
update m.events set transition_id = null where run_id = 1;
\echo :SQLSTATE
update m.events set transition_id = null, dst = -1, src = -1 where run_id = 2;
\echo :SQLSTATE
update m.events set template_id = 77 where run_id = 2 and transition_id is null;
\echo :SQLSTATE
\set VERBOSITY default
-- A normal trace among them is found.
begin;
update m.traces a set trace = n.trace, n_events = n.n_events from m.traces n where a.run_id = 2 and a.synthetic_key = 's3-1' and n.run_id = 1 and n.synthetic_key = 's3-1';
delete from m.parameters p using m.traces a where a.run_id = 2 and a.synthetic_key = 's3-1' and (p.run_id, p.trace_id) = (a.run_id, a.trace_id);
delete from m.events e using m.traces a where a.run_id = 2 and a.synthetic_key = 's3-1' and (e.run_id, e.trace_id) = (a.run_id, a.trace_id);
insert into m.events select 2, a.trace_id, seq, at, template_id, transition_id, src, dst from m.events e join m.traces n using (run_id, trace_id), m.traces a
where n.run_id = 1 and n.synthetic_key = 's3-1' and a.run_id = 2 and a.synthetic_key = 's3-1';
select rule, violated, examples from logfsm.check_run('m', 2) where rule in ('rejected', 'copies') and violated > 0;
rollback;
-- By score instead.
select logfsm.synthesize('m', 50, options => jsonb_build_object('kind', 'anomalous', 'beyond', threshold)) from m.model;
select bool_and(is_anomalous) from m.anomalous_traces where run_id = 5;
-- Without stored events.
select logfsm.create_model('n', source => 'app_log', trace => 'id', event => 'event', at => 'at', events => 'none');
select traces from logfsm.fit('n', 'k_tails');
select logfsm.synthesize('n', 50, kind => 'anomalous');
select rule, violated from logfsm.check_run('n', 1) where violated > 0 or rule = 'rejected';
-- A fit makes such runs stale too.
select traces from logfsm.fit('m', 'k_tails');
select run_id, kind, status from m.runs order by 1;
select count(*) from m.anomalous_traces;
select logfsm.drop_run('m', 2);
-- What cannot be asked.
select logfsm.synthesize('m', 5, kind => 'odd');
\echo :SQLSTATE
select logfsm.synthesize('m', 5, options => '{"kind": "normal"}', kind => 'anomalous');
\echo :SQLSTATE
select logfsm.synthesize('m', 5, options => '{"mutations": ["unseen"]}', kind => 'anomalous');
\echo :SQLSTATE
select logfsm.synthesize('m', 5, options => '{"mutations": ["melt"]}', kind => 'anomalous');
\echo :SQLSTATE
select logfsm.synthesize('m', kind => 'anomalous');
\echo :SQLSTATE
select logfsm.drop_model('m'), logfsm.drop_model('n');
drop table app_log;
