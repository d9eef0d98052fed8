-- refresh writes only what is new where the machine keeps its states; every table is then what fit would write, but for
-- the scores of traces that did not change.
set client_min_messages = warning;
set timezone = 'UTC';
create table app_log (id integer, event text, part text, at timestamptz, detail jsonb);
insert into app_log
select id, event, 'part' || id % 2, timestamptz '2026-01-01' + id * interval '1 min' + n * interval '1 s', jsonb_build_object('n', (id + n) % 3)
from generate_series(0, 999) id,
     unnest(case id % 7 when 0 then '{open,read,write,close}' when 1 then '{open,read}' when 2 then '{open,read,close}' else '{open,read,read,close}' end::text[]) with ordinality e (event, n);
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at', component => 'part', params => 'detail', lateness => '10 minutes');
select fit, traces, events from logfsm.fit('m', method => 'k_tails');
create function pg_temp.contents(out templates text, out states text, out transitions text, out invariants text, out guards text, out traces text, out events text, out parameters text, out tree text, out machine text, out sizes text)
language sql as $$
    select (select md5(string_agg(t::text, ',' order by template_id)) from m.templates t), (select md5(string_agg(t::text, ',' order by state_id)) from m.states t),
           (select md5(string_agg(t::text, ',' order by transition_id)) from m.transitions t), (select md5(string_agg(t::text, ',' order by invariant_id)) from m.invariants t),
           (select md5(string_agg(t::text, ',' order by t)) from m.guards t),
           (select md5(string_agg((t.trace_key, started_at, ended_at, n_events, logfsm.variant(trace))::text, ',' order by trace_key)) from m.traces t),
           (select md5(string_agg((t.trace_key, e.seq, e.at, e.template_id, e.transition_id, e.src, e.dst)::text, ',' order by trace_key, seq)) from m.events e join m.traces t using (run_id, trace_id)),
           (select md5(string_agg((t.trace_key, p.seq, p.slot, p.value, p.kind)::text, ',' order by trace_key, seq, slot)) from m.parameters p join m.traces t using (run_id, trace_id)),
           logfsm.fingerprint(prefix_tree), logfsm.fingerprint(automaton), (traces, events_read, states, transitions, threshold)::text from m.model $$;
create function pg_temp.leaf() returns text language sql as $$ select inhrelid::regclass::text from pg_inherits where inhparent = 'm.events'::regclass $$;
-- New traces, a trace that goes on, one that gets a row in the middle; the leaves stay.
create temp table before as select pg_temp.leaf() as leaf;
create temp table ids as select trace_key, trace_id from m.traces;
create temp table places as select trace_id, seq, e.ctid as place from m.events e;
insert into app_log select 2000 + i / 4, (array['open', 'read', 'read', 'close'])[1 + i % 4], 'part1', timestamptz '2026-01-01 16:39' + i * interval '1 s', jsonb_build_object('n', i % 3) from generate_series(0, 79) i;
insert into app_log values (995, 'read', 'part1', '2026-01-01 16:36', '{"n": 1}'), (995, 'close', 'part1', '2026-01-01 16:37', '{"n": 1}');
insert into app_log values (996, 'read', 'part0', '2026-01-01 16:36:02.5', '{"n": 2}');
select new_traces, changed_traces, missing_rows from logfsm.refresh('m');
select leaf = pg_temp.leaf() as in_place from before;
-- Rows of events that did not change are not written again.
select t.trace_key, count(*) as events, count(*) filter (where e.ctid = p.place) as where_they_were
from m.events e join m.traces t using (run_id, trace_id) left join places p using (trace_id, seq) where t.trace_key in (994, 995, 996) group by 1 order by 1;
create temp table r1 as select c.* from pg_temp.contents() c;
select count(*) as keep_their_ids from ids join m.traces using (trace_key, trace_id);
select (select count(*) from m.traces) = (select count(*) from m.scores) as scored, (select count(*) from m.traces) as traces,
       (select sum(n_events) from m.traces) = (select count(*) from m.events) as events_agree, (select count(*) from app_log) = (select count(*) from m.events) as all_rows;
-- What the constraints say of the leaf still holds: they are validated anew.
create function pg_temp.broken() returns bigint language sql as $$
    select (select count(*) from m.events e left join m.transitions t using (transition_id, src, template_id, dst) where t.transition_id is null)
         + (select count(*) from m.events e left join m.traces t using (run_id, trace_id) where t.trace_id is null)
         + (select count(*) from m.parameters e left join m.traces t using (run_id, trace_id) where t.trace_id is null) $$;
select pg_temp.broken();
set enable_seqscan = off;
select count(*) = (select count(*) from app_log where id = 2003) as by_index from m.events where run_id = 0 and trace_id = (select trace_id from m.traces where run_id = 0 and trace_key = 2003);
reset enable_seqscan;
select traces, events from logfsm.fit('m', method => 'k_tails');
create temp table f1 as select c.* from pg_temp.contents() c;
select r1.templates = f1.templates templates, r1.states = f1.states states, r1.transitions = f1.transitions transitions, r1.invariants = f1.invariants invariants, r1.guards = f1.guards guards,
       r1.traces = f1.traces traces, r1.events = f1.events events, r1.parameters = f1.parameters parameters, r1.tree = f1.tree tree, r1.machine = f1.machine machine, r1.sizes = f1.sizes sizes from r1, f1;
-- Scores of all traces by the machine of now.
create temp table scores as select trace_key, score from m.traces join m.scores using (run_id, trace_id);
insert into app_log select 3000 + i / 4, (array['open', 'read', 'read', 'close'])[1 + i % 4], 'part1', timestamptz '2026-01-01 16:42' + i * interval '1 s', '{"n": 1}' from generate_series(0, 39) i;
select new_traces, changed_traces from logfsm.refresh('m');
select count(*) = 0 as old_scores_stay from scores s join m.traces using (trace_key) join m.scores n using (run_id, trace_id) where n.score <> s.score;
select logfsm.score_traces('m') = (select count(*) from m.traces) as all_scored;
create temp table rescored as select trace_key, score, is_anomalous from m.traces join m.scores using (run_id, trace_id);
-- A run made after it comes from the machine and the traces of now, as after a fit.
select logfsm.synthesize('m', 50, seed => 1);
create temp table made as select synthetic_key, logfsm.variant(trace) v, started_at from m.traces where run_id = 1;
select status, fit, fingerprint = (select logfsm.fingerprint(automaton) from m.model) as of_this_machine from m.runs where run_id = 1;
select traces from logfsm.fit('m', method => 'k_tails');
select count(*) as other_scores from (select trace_key, score, is_anomalous from m.traces join m.scores using (run_id, trace_id) where run_id = 0 except table rescored) d;
select logfsm.synthesize('m', 50, seed => 1);
select count(*) as other_traces from (select synthetic_key, logfsm.variant(trace), started_at from m.traces where run_id = 2 except select synthetic_key, v, started_at from made) d;
-- A model with a current run writes its tables anew: the run keeps the machine that it is from.
select run_id, status from m.runs order by 1;
insert into app_log select 4000 + i / 4, (array['open', 'read', 'read', 'close'])[1 + i % 4], 'part1', timestamptz '2026-01-01 16:43' + i * interval '1 s', '{"n": 1}' from generate_series(0, 39) i;
select new_traces from logfsm.refresh('m');
select run_id, status from m.runs order by 1;
select drop_run from logfsm.drop_run('m', 2);
-- So does one whose machine changed.
insert into app_log select 5000 + i / 5, (array['open', 'read', 'fail', 'read', 'close'])[1 + i % 5], 'part1', timestamptz '2026-01-01 16:44' + i * interval '1 s', '{"n": 1}' from generate_series(0, 49) i;
select new_traces from logfsm.refresh('m');
select pg_temp.broken(), (select count(*) from app_log) = (select count(*) from m.events where run_id = 0) as all_rows;
create temp table r3 as select c.* from pg_temp.contents() c;
select traces from logfsm.fit('m', method => 'k_tails');
create temp table f3 as select c.* from pg_temp.contents() c;
select r3.states = f3.states states, r3.transitions = f3.transitions transitions, r3.events = f3.events events, r3.machine = f3.machine machine from r3, f3;
-- A row in time and one too late of the same trace: both are read, because the counts tell.
insert into app_log values (1, 'read', 'part1', '2026-01-01 16:45', '{"n": 1}'), (1, 'read', 'part1', '2026-01-01 00:01:00.5', '{"n": 1}'), (2, 'read', 'part1', '2026-01-01 00:02:00.5', '{"n": 1}');
set client_min_messages = notice;
select new_traces, changed_traces, missing_rows from logfsm.refresh('m');
set client_min_messages = warning;
select n_events from m.traces where trace_key = 1;
select relname from pg_class where relnamespace = 'm'::regnamespace and relname like '%refresh%';
select logfsm.drop_model('m');
drop table app_log;
