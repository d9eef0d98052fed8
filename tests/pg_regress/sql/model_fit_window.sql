-- since and until keep the traces that start in [since, until), whole.
set client_min_messages = warning;
set timezone = 'UTC'; set datestyle = iso;
create table app_log (id int, event text, at timestamptz);
insert into app_log select d, e, timestamptz '2026-01-01' + d * interval '1 day' + o * interval '20 hours'
from generate_series(0, 9) d, unnest(array['open', 'close']) with ordinality u (e, o);
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at');
select traces, events from logfsm.fit('m');
select traces, events from logfsm.fit('m', since => '2026-01-03', until => '2026-01-06');
select trace_key, started_at, n_events from m.real_traces order by 1;
select since, until from m.model;
-- The boundaries: since is in, until is not.
select traces from logfsm.fit('m', since => '2026-01-03 20:00', until => '2026-01-05 20:00');
select traces from logfsm.fit('m', until => '2026-01-02');
-- refresh keeps to the period of the fit.
insert into app_log values (100, 'open', '2026-01-01 12:00'), (101, 'open', '2026-01-02 12:00');
select new_traces, changed_traces from logfsm.refresh('m');
-- A period that makes no sense has no rows.
select * from logfsm.fit('m', since => '2026-01-06', until => '2026-01-03');
\echo :SQLSTATE
select traces from logfsm.fit('m');
select logfsm.drop_model('m');
-- Without times there is no period.
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', seq => 'id');
select traces from logfsm.fit('m', since => '2026-01-03');
\echo :SQLSTATE
select logfsm.drop_model('m');
drop table app_log;
