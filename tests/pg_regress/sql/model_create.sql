-- create_model makes a schema with empty tables; fit fills them; the models view tells about it.
set timezone = 'UTC'; set datestyle = iso;
create table app_log (id text, event text, at timestamptz, n bigint, svc text);
insert into app_log
select 'r' || i / 4, (array['open', 'read', 'write', 'close'])[1 + i % 4], timestamptz '2026-01-01' + i * interval '1 s', i, (array['api', 'disk'])[1 + i % 2]
from generate_series(0, 39) i;
select logfsm.create_model('shop', source => 'app_log', trace => 'id', event => 'event', at => 'at', seq => 'n', component => 'svc');
select name, schema, source, fits, fitted_at, method, traces, events, states, transitions from logfsm.models;
select table_name, table_type from information_schema.tables where table_schema = 'shop' order by 1;
select * from logfsm.fit('shop');
select name, schema, source, fits, fitted_at is not null as fitted, method, traces, events, states, transitions from logfsm.models;
select * from shop.templates order by template_id;
select * from shop.states order by state_id;
select transition_id, src, component, event, dst, count, prob, delay_min, delay_max from shop.transitions order by 1;
select run_id, trace_id, origin, trace_key, synthetic_key, started_at, n_events, logfsm.length(trace) from shop.traces order by trace_key limit 3;
select * from shop.events order by trace_id, seq limit 5;
select trace_key, seq, component, event from shop.real_events where trace_key = 'r3' order by seq;
select count(*), count(distinct transition_id) from shop.events;
select run_id, kind, status, fit, seed, traces, events, fingerprint = (select logfsm.fingerprint(automaton) from shop.model) as fingerprint from shop.runs;
-- The mapping is kept.
select name, source, trace_column, event_column, at_column, seq_column, component_column, refresh_by, lateness, events, method, fit_options from shop.model;
-- Another name for a schema of one's own, and events => 'none'.
create schema lean;
select logfsm.create_model('Lean model', source => 'app_log', trace => 'id', event => 'event', at => 'at', events => 'none', schema => 'lean');
select traces, events from logfsm.fit('Lean model');
select count(*) from lean.events;
select count(*) from lean.traces;
select name, schema from logfsm.models order by 1;
select traces from logfsm.fit('lean');
select logfsm.drop_model('Lean model');
select logfsm.drop_model('shop');
select count(*) from logfsm.models;
drop table app_log;
