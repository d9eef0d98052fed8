-- refresh takes in what came since: new traces, late rows, traces that grow; the result is what fit would give.
set client_min_messages = warning;
set timezone = 'UTC'; set datestyle = iso;
create table app_log (id text, event text, at timestamptz, n bigint);
insert into app_log select 'r' || i / 3, (array['open', 'read', 'close'])[1 + i % 3], timestamptz '2026-01-01' + i * interval '1 min', i from generate_series(0, 29) i;
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at', seq => 'n', lateness => '10 minutes');
-- Near a tie, refresh stays with the method that was chosen before.
create function pg_temp.same_as_fit(out same_tree boolean, out same_machine boolean, out same_transitions boolean, out same_traces boolean) language sql as $$
    select logfsm.fingerprint(prefix_tree) = (select logfsm.fingerprint(logfsm.prefix_tree_agg(t)) from (select logfsm.trace_agg(event, at, n) t from app_log group by id) s),
           logfsm.fingerprint(automaton) = (select logfsm.fingerprint(logfsm.infer(logfsm.prefix_tree_agg(t), m.method, m.fit_options || jsonb_build_object('stay', (select value from logfsm.stats(m.automaton) where name = 'method')))) from (select logfsm.trace_agg(event, at, n) t from app_log group by id) s),
           (select sum(count) from m.transitions) = (select count(*) from app_log),
           not exists (select trace_key, n_events from m.real_traces except select id, count(*) from app_log group by id)
    from m.model m $$;
-- Before the first fit there is nothing to refresh.
select * from logfsm.refresh('m');
\echo :SQLSTATE
select fit, traces from logfsm.fit('m');
select high_water from m.model;
-- Nothing new.
select * from logfsm.refresh('m');
select fits, (select fit from m.runs where run_id = 0) from m.model;
-- New traces.
insert into app_log values ('new', 'open', '2026-01-01 00:30', 100), ('new', 'fail', '2026-01-01 00:31', 101);
select * from logfsm.refresh('m');
select * from pg_temp.same_as_fit();
-- A trace that grows, and a late row within the lateness.
insert into app_log values ('r9', 'reopen', '2026-01-01 00:33', 102), ('new', 'retry', '2026-01-01 00:32', 103), ('late', 'open', '2026-01-01 00:24', 104);
create temp table ids as select trace_key, trace_id from m.real_traces;
select * from logfsm.refresh('m');
select * from pg_temp.same_as_fit();
-- Known traces keep their ids, ids are unique.
select count(*) from ids join m.real_traces using (trace_key, trace_id);
select count(*), count(distinct trace_id) from m.real_traces;
select trace_key, seq, event from m.real_events where trace_key in ('r9', 'new') order by 1, 2;
-- Too late: reported, until fit.
insert into app_log values ('later', 'open', '2026-01-01 00:00', 105);
set client_min_messages = notice;
select * from logfsm.refresh('m');
set client_min_messages = warning;
select * from logfsm.refresh('m');
select traces from logfsm.fit('m');
select * from logfsm.refresh('m');
select * from pg_temp.same_as_fit();
-- Deleted and changed rows.
delete from app_log where id in ('r1', 'r2');
select * from logfsm.refresh('m');
select traces from logfsm.fit('m');
select * from logfsm.refresh('m');
-- The empty source.
delete from app_log;
select * from logfsm.refresh('m');
select count(*) from m.real_traces;
-- And rows again.
insert into app_log values ('again', 'open', '2026-02-01', 1);
select * from logfsm.refresh('m');
-- Rows with NULLs stop it, and it stays as it was.
insert into app_log values ('again', null, '2026-02-02', 2);
create temp table before as select m::text as model from m.model m;
select * from logfsm.refresh('m');
\echo :SQLSTATE
select model = m::text as same, (select count(*) from pg_class where relnamespace = 'm'::regnamespace and relname like '%refresh%') leftovers from before, m.model m;
select logfsm.drop_model('m');
-- Ordered by seq alone, there is nothing to refresh by.
delete from app_log where event is null;
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', seq => 'n');
select traces from logfsm.fit('m');
select * from logfsm.refresh('m');
\echo :SQLSTATE
select logfsm.drop_model('m');
drop table app_log;
