-- After a refit, runs of the earlier machine stand alone, with the machine they came from, until drop_run.
create table app_log (id text, event text, at timestamptz);
insert into app_log select 'r' || i / 2, (array['open', 'close'])[1 + i % 2], timestamptz '2026-01-01' + i * interval '17 s' from generate_series(0, 19) i;
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at');
set client_min_messages = warning;
select traces from logfsm.fit('m');
select logfsm.synthesize('m', 20, 1);
insert into app_log values ('odd', 'close', '2026-01-02'), ('odd', 'open', '2026-01-03');
reset client_min_messages;
select traces from logfsm.fit('m');
set client_min_messages = warning;
select run_id, status, fit from m.runs order by 1;
-- The tables show the current machine and what belongs to it only.
select run_id, count(*) from m.events group by 1;
select count(*) from m.synthetic_events;
-- The stale run is complete: each event with its transition of the first machine.
select count(*), count(t.transition_id) from m.events_run_1 e left join m.transitions_fit_1 t using (transition_id, src, dst, template_id);
select relname from pg_class where relnamespace = 'm'::regnamespace and relkind = 'r' and relname ~ '_(fit|run)_[0-9]+$' order by 1;
select logfsm.synthesize('m', 20, 1);
select run_id, status, fit from m.runs order by 1;
select logfsm.drop_run('m', 1);
select relname from pg_class where relnamespace = 'm'::regnamespace and relkind = 'r' and relname ~ '_(fit|run)_[0-9]+$' order by 1;
-- refresh with something new makes runs stale as well; with nothing new it does not.
select new_traces from logfsm.refresh('m');
select run_id, status, fit from m.runs order by 1;
insert into app_log values ('new', 'open', '2026-01-03');
select new_traces from logfsm.refresh('m');
select run_id, status, fit from m.runs order by 1;
select logfsm.drop_run('m', 2);
select relname from pg_class where relnamespace = 'm'::regnamespace and relkind = 'r' and relname ~ '_(fit|run)_[0-9]+$' order by 1;
select logfsm.drop_model('m');
drop table app_log;
