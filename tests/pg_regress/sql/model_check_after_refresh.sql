-- Good data keeps all rules after a refresh, in place or not.
set client_min_messages = error;
create table app_log (id int, event text, at timestamptz, params jsonb);
create function pg_temp.add(first int, last int, word text, step interval) returns void language sql as $$
    insert into app_log select i / 3, (array['open', 'read', 'close'])[1 + i % 3], timestamptz '2026-01-01Z' + i * step, jsonb_build_object('n', i, 'word', word || i % 3) from generate_series(first, last) i $$;
select pg_temp.add(0, 299, 'a', '1 min');
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at', params => 'params');
select traces from logfsm.fit('m', 'k_tails');
select sum(violated) from logfsm.check_run('m', 0);
-- The same behaviour, but longer delays and other parameters.
select pg_temp.add(300, 329, 'b', '2 min');
select new_traces, missing_rows from logfsm.refresh('m');
select rule, violated, examples from logfsm.check_run('m', 0) where violated > 0;
insert into app_log select 1000, 'open', timestamptz '2026-01-02Z' + i * interval '1 min', jsonb_build_object('n', i, 'word', 'd') from generate_series(1, 5) i;
select new_traces, missing_rows from logfsm.refresh('m');
select rule, violated, examples from logfsm.check_run('m', 0) where violated > 0;
-- Runs of the machine of now, and what was refreshed after them.
select logfsm.synthesize('m', 20);
select rule, violated, examples from logfsm.check_run('m', 1) where violated > 0;
select rule, violated, examples from logfsm.check_run('m', 0) where violated > 0;
select logfsm.drop_model('m');
-- Without events.
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at', params => 'params', events => 'none');
select traces from logfsm.fit('m', 'k_tails');
select pg_temp.add(3300, 3329, 'c', '3 min');
select new_traces, missing_rows from logfsm.refresh('m');
select rule, violated, examples from logfsm.check_run('m', 0) where violated > 0;
select logfsm.drop_model('m');
drop table app_log;
