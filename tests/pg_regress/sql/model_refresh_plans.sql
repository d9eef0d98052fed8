-- Refreshing day by day gives what one fit over everything gives, and so does any order of arrival.
set client_min_messages = warning;
create table all_log (id int, event text, at timestamptz, n int, svc text);
insert into all_log
select i % 97, (array['a', 'b', 'c', 'd'])[1 + (i * i) % 4], timestamptz '2026-01-01' + (i * 37 % 5000) * interval '1 min', i, (array['x', 'y'])[1 + i % 2]
from generate_series(1, 3000) i;
create table app_log (like all_log);
insert into app_log select * from all_log where at < '2026-01-02';
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at', seq => 'n', component => 'svc');
select traces > 0 as fitted from logfsm.fit('m');
do $$ begin
    for day in 2 .. 5 loop
        insert into app_log select * from all_log where at >= make_date(2026, 1, day) and at < make_date(2026, 1, day + 1);
        perform logfsm.refresh('m');
    end loop;
end $$;
select fits, (select count(*) from app_log) = (select count(*) from all_log) as complete from m.model;
select missing_rows from logfsm.refresh('m');
select logfsm.fingerprint(prefix_tree) = (select logfsm.fingerprint(logfsm.prefix_tree_agg(t)) from (select logfsm.trace_agg(event, at, n, svc) t from all_log group by id) s) as same_tree from m.model;
select count(*) from m.real_traces t join (select id, logfsm.trace_agg(event, at, n, svc) trace from all_log group by id) s on t.trace_key = s.id and t.trace operator(logfsm.=) s.trace;
create temp table refreshed as select fingerprint from m.runs;
select fit > 1 as refitted from logfsm.fit('m');
select r.fingerprint = f.fingerprint as same from m.runs r, refreshed f;
-- Generated rows depend on the machine only, not on how it came about.
select logfsm.drop_model('m');
select logfsm.create_model('m', source => 'all_log', trace => 'id', event => 'event', at => 'at', seq => 'n', component => 'svc');
select traces > 0 as fitted from logfsm.fit('m');
select r.fingerprint = f.fingerprint as same from m.runs r, refreshed f;
select logfsm.drop_model('m');
