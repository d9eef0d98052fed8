-- The same machine, seed and options give the same rows beside the real ones; keys hold.
set client_min_messages = warning;
create table app_log (id text, event text, at timestamptz, svc text);
insert into app_log
select 'r' || i / 5, (array['open', 'read', 'write', 'seek', 'close'])[1 + (i * 3 + i / 5) % 5], timestamptz '2026-01-01' + i * interval '17 s', (array['api', 'disk'])[1 + i % 2]
from generate_series(0, 499) i;
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at', component => 'svc');
-- Not before a fit.
select logfsm.synthesize('m', 10, 42);
\echo :SQLSTATE
select traces from logfsm.fit('m');
select logfsm.synthesize('m', 200, seed => 42), logfsm.synthesize('m', 200, seed => 42), logfsm.synthesize('m', 200, seed => 43);
select run_id, kind, status, fit, seed, options, traces, events = (select count(*) from m.events e where e.run_id = r.run_id) as events from m.runs r order by 1;
-- Runs 1 and 2 are equal but for run_id and trace_id; 3 is another.
create function pg_temp.difference(a int, b int) returns table (traces bigint, events bigint, parameters bigint, scores bigint) language sql as $$
    select (select count(*) from (select synthetic_key, started_at, ended_at, n_events, trace::text from m.traces where run_id = a
                                  except all select synthetic_key, started_at, ended_at, n_events, trace::text from m.traces where run_id = b) s),
           (select count(*) from (select synthetic_key, seq, at, component, event, src, dst, transition_id from m.synthetic_events where run_id = a
                                  except all select synthetic_key, seq, at, component, event, src, dst, transition_id from m.synthetic_events where run_id = b) s),
           (select count(*) from (select synthetic_key, seq, slot, value, kind from m.parameters join m.traces using (run_id, trace_id) where run_id = a
                                  except all select synthetic_key, seq, slot, value, kind from m.parameters join m.traces using (run_id, trace_id) where run_id = b) s),
           (select count(*) from (select synthetic_key, score, is_anomalous from m.synthetic_traces where run_id = a
                                  except all select synthetic_key, score, is_anomalous from m.synthetic_traces where run_id = b) s) $$;
select * from pg_temp.difference(1, 2);
select traces > 0 as traces, events > 0 as events from pg_temp.difference(1, 3);
-- 0 transitions outside the machine, and the machine accepts every trace.
select count(*) from m.events e where not exists (
    select from m.transitions t where (t.transition_id, t.src, t.dst, t.template_id) = (e.transition_id, e.src, e.dst, e.template_id));
select bool_and(logfsm.accepts(automaton, trace)) from m.model, m.synthetic_traces;
-- What generate gives.
select count(*) from (select synthetic_key, seq, at, component, event from m.synthetic_events where run_id = 1
                      except select 's42-' || g.trace, g.seq, g.at, g.component, g.event from m.model, logfsm.generate(generator, 200, 42) g) s;
-- Foreign keys are there, and validated.
select conrelid::regclass::text, count(*), bool_and(convalidated) from pg_constraint
where connamespace = 'm'::regnamespace and contype = 'f' and conrelid::regclass::text ~ '(run_1|fit_1)$' group by 1 order by 1;
select count(*) from pg_constraint where connamespace = 'm'::regnamespace and not convalidated;
\set VERBOSITY terse
insert into m.events select run_id, trace_id, seq + 1000, at, template_id, transition_id + 100000, src, dst from m.events where run_id = 1 order by trace_id, seq limit 1;
\set VERBOSITY default
\echo :SQLSTATE
insert into m.events select run_id, -1, seq, at, template_id, transition_id, src, dst from m.events where run_id = 1 order by trace_id, seq limit 1;
\echo :SQLSTATE
\set VERBOSITY terse
insert into m.traces (run_id, trace_id, origin, trace_key, n_events, trace) select run_id, -1, 'real', 'x', n_events, trace from m.traces where run_id = 1 limit 1;
\echo :SQLSTATE
insert into m.traces (run_id, trace_id, origin, synthetic_key, n_events, trace) select 0, -1, 'synthetic', 'x', n_events, trace from m.traces where run_id = 1 limit 1;
\echo :SQLSTATE
-- Real and synthetic side by side.
select origin, run_id, count(*) from m.all_traces group by 1, 2 order by 2;
select count(*) from m.real_traces;
select count(*), count(distinct synthetic_key), count(distinct trace_id) from m.synthetic_traces;
select count(*) from logfsm.explain('m', 's42-1');
select count(distinct (run_id, trace_id)), count(distinct trace_id) from m.traces;
-- What it cannot do.
select logfsm.synthesize('m', 0, 1);
\echo :SQLSTATE
select logfsm.synthesize('m', -1, 1);
\echo :SQLSTATE
select logfsm.synthesize('m', 1::bigint << 41, 1);
\echo :SQLSTATE
select logfsm.synthesize('m', 1, 1, '{"max": 1}');
\echo :SQLSTATE
select logfsm.synthesize('m', 1, 1, '{"max_length": 0}');
\echo :SQLSTATE
select logfsm.synthesize('m', null, 1);
\echo :SQLSTATE
select count(*) from m.runs;
select logfsm.drop_model('m');
drop table app_log;
