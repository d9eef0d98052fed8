-- The method that auto chose for a large log is kept without comparing until the log has grown by half.
set client_min_messages = warning;
create table app_log as
select i / 4 as id, (array['open', 'read', 'write', 'close', 'open', 'read', 'read', 'close'])[1 + i % 8] as event, timestamptz '2026-01-01' + i * interval '1 s' as at
from generate_series(0, 48003) i;
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at', lateness => '1 minute');
select traces from logfsm.fit('m');
create temp table fitted as select (select s.value from m.model f, lateral logfsm.stats(f.automaton) s where s.name = 'method') as kind, traces, compared_traces from m.model;
select traces, compared_traces from fitted;
create view how as
select (select s.value from m.model f, lateral logfsm.stats(f.automaton) s where s.name = 'method') = fitted.kind as same_method,
       exists (select from m.model f, lateral logfsm.stats(f.automaton) s where s.name = 'note' and s.value ~ 'without comparing') as kept, m.compared_traces
from fitted, m.model m;
-- Few new traces.
insert into app_log select 20000 + i / 4, (array['open', 'read', 'write', 'close'])[1 + i % 4], timestamptz '2026-01-02' + i * interval '1 s' from generate_series(0, 399) i;
select new_traces from logfsm.refresh('m');
table how;
create temp table refreshed as select md5(string_agg(t::text, ',' order by t)) as transitions from m.transitions t;
select traces from logfsm.fit('m');
select r.transitions = (select md5(string_agg(t::text, ',' order by t)) from m.transitions t) as same_transitions from refreshed r;
-- Many.
insert into app_log select 40000 + i / 4, (array['open', 'read', 'write', 'close'])[1 + i % 4], timestamptz '2026-01-03' + i * interval '1 s' from generate_series(0, 27999) i;
select new_traces from logfsm.refresh('m');
table how;
-- Another method is as it was given.
select traces from logfsm.fit('m', method => 'alergia');
insert into app_log select 70000, 'open', timestamptz '2026-01-04';
select new_traces from logfsm.refresh('m');
select s.value as method from m.model f, lateral logfsm.stats(f.automaton) s where s.name = 'method';
drop view how;
select logfsm.drop_model('m');
drop table app_log;
