-- Raw lines that hold their times are refreshed by the column that numbers them, or by the times.
set client_min_messages = error;
create function pg_temp.line(block int, step text, at int) returns text language sql as $$
    select format('081109 2036%s 148 INFO dfs.DataNode: %s block blk_%s', lpad(at::text, 2, '0'), step, block) $$;
create table log (n bigint generated always as identity, line text);
insert into log (line) select pg_temp.line(i, s, i % 50) from generate_series(1, 100) i, unnest(array['Receiving', 'Received', 'Deleting']) s;
-- By the identity column, without being told.
select logfsm.create_model('by_seq', source => 'log', message => 'line', seq => 'n', format => 'hdfs', trace_pattern => 'blk_-?\d+');
-- By the same, told.
select logfsm.create_model('told', source => 'log', message => 'line', seq => 'n', format => 'hdfs', trace_pattern => 'blk_-?\d+', refresh_by => 'n');
-- By the times in the lines: there is no number.
select logfsm.create_model('by_time', source => 'log', message => 'line', format => 'hdfs', trace_pattern => 'blk_-?\d+', lateness => '5 s');
-- Numbers that are no key of the table: by the times, too.
create table numbered as select 1 + n % 3 as step, line from log;
select logfsm.create_model('by_step', source => 'numbered', message => 'line', seq => 'step', format => 'hdfs', trace_pattern => 'blk_-?\d+', lateness => '5 s');
select m, (select traces from logfsm.fit(m)) from unnest(array['by_seq', 'told', 'by_time', 'by_step']) m;
select name, refresh_by, high_water from (select * from by_seq.model union all select * from told.model union all select * from by_time.model union all select * from by_step.model) m;
select m, r.* from unnest(array['by_seq', 'told', 'by_time', 'by_step']) m, logfsm.refresh(m) r;
insert into log (line) select pg_temp.line(i, s, 51) from generate_series(99, 103) i, unnest(array['Receiving', 'Received']) s;
insert into numbered select 1 + n % 3, line from log where n > 300;
select m, r.new_traces, r.changed_traces, r.missing_rows from unnest(array['by_seq', 'told', 'by_time', 'by_step']) m, logfsm.refresh(m) r;
-- The same as fit.
create temp table refreshed as select 'by_seq' as m, string_agg(trace_key || trace::text, ',' order by trace_key) as traces from by_seq.real_traces
    union all select 'told', string_agg(trace_key || trace::text, ',' order by trace_key) from told.real_traces
    union all select 'by_time', string_agg(trace_key || trace::text, ',' order by trace_key) from by_time.real_traces
    union all select 'by_step', string_agg(trace_key || trace::text, ',' order by trace_key) from by_step.real_traces;
select m, (select traces from logfsm.fit(m)) from unnest(array['by_seq', 'told', 'by_time', 'by_step']) m;
select bool_and(traces = case m when 'by_seq' then (select string_agg(trace_key || trace::text, ',' order by trace_key) from by_seq.real_traces)
    when 'told' then (select string_agg(trace_key || trace::text, ',' order by trace_key) from told.real_traces)
    when 'by_time' then (select string_agg(trace_key || trace::text, ',' order by trace_key) from by_time.real_traces)
    else (select string_agg(trace_key || trace::text, ',' order by trace_key) from by_step.real_traces) end) as same from refreshed;
-- Too late, changed, gone.
insert into log (line) values (pg_temp.line(1, 'Late', 1));
insert into numbered values (1, pg_temp.line(1, 'Late', 1));
select m, r.new_traces, r.changed_traces, r.missing_rows from unnest(array['by_seq', 'told', 'by_time', 'by_step']) m, logfsm.refresh(m) r;
update log set line = replace(line, 'Deleting', 'Removing') where line ~ 'Deleting block blk_7$';
select m, r.new_traces, r.changed_traces, r.missing_rows from unnest(array['by_seq', 'by_time']) m, logfsm.refresh(m) r;
select logfsm.drop_model(m) from unnest(array['by_seq', 'told', 'by_time', 'by_step']) m;
-- Lines without a time of their own belong to the one before.
select logfsm.create_model('kept', source => 'log', message => 'line', seq => 'n', format => 'hdfs', trace_pattern => 'blk_-?\d+', on_unmatched => 'keep');
select traces from logfsm.fit('kept');
insert into log (line) values ('Exception in blk_1'), (pg_temp.line(1, 'Retrying', 59));
select new_traces, changed_traces, missing_rows from logfsm.refresh('kept');
select new_traces, changed_traces, missing_rows from logfsm.refresh('kept');
select seq, event from kept.real_events where trace_key = 'blk_1' order by seq desc limit 2;
select logfsm.drop_model('kept');
-- A number may be given for ordinary columns; a text may not.
create table app_log (n int, id int, event text);
insert into app_log select i, i / 3, 'e' || i % 3 from generate_series(0, 29) i;
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', seq => 'n', refresh_by => 'n');
select traces from logfsm.fit('m');
insert into app_log values (30, 10, 'e0'), (31, 9, 'e3');
select new_traces, changed_traces, missing_rows from logfsm.refresh('m');
select logfsm.drop_model('m');
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', seq => 'n', refresh_by => 'event');
\echo :SQLSTATE
drop table app_log, log, numbered;
