-- Without materialised events a model still learns, generates, scores, refreshes and watches.
set client_min_messages = warning;
create table app_log (id text, event text, at timestamptz, params jsonb);
insert into app_log select i, e, timestamptz '2026-01-01' + i * interval '1 min' + o * interval '1 s', jsonb_build_object('o', o)
from generate_series(1, 100) i, unnest(array['open', 'read', 'close']) with ordinality u (e, o);
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at', params => 'params', events => 'none');
select traces, events, states, transitions from logfsm.fit('m');
select logfsm.synthesize('m', 10, 1);
select (select count(*) from m.events) as events, (select count(*) from m.parameters) as parameters, (select count(*) from m.traces) as traces, (select count(*) from m.scores) as scores;
select count(*) from logfsm.explain('m', '1');
select e.event, e.parameters from m.real_traces t, logfsm.events(t.trace) e where trace_key = '1' order by e.seq;
insert into app_log values ('new', 'open', '2026-01-01 02:00', null);
select new_traces, changed_traces, missing_rows from logfsm.refresh('m');
select logfsm.watch('m');
insert into app_log values ('new', 'close', '2026-01-01 02:01', null);
select trace_key, seq, kind from m.anomalies;
select logfsm.drop_model('m');
