-- The trace key may be in the message: by a pattern, every key of a line; or by a template's parameter.
set client_min_messages = warning;
create table app_log (n int, line text);
insert into app_log values
    (1, 'open blk_1'), (2, 'open blk_2'), (3, 'write blk_1 to blk_2'), (4, 'nothing here'), (5, 'close blk_2'), (6, 'close blk_1 blk_1');
select logfsm.create_model('p', source => 'app_log', trace_pattern => '(blk_\d+)', message => 'line', seq => 'n');
select traces, events from logfsm.fit('p');
select trace_key, logfsm.length(trace) from p.real_traces order by 1;
select format_type(atttypid, atttypmod) from pg_attribute where attrelid = 'p.traces'::regclass and attname = 'trace_key';
select logfsm.drop_model('p');
truncate app_log;
insert into app_log select i * 3 + o, format(line, 'u' || i, i) from generate_series(1, 50) i, unnest(array['user %s logged in', 'user %s logged out']) with ordinality u (line, o);
select logfsm.create_model('s', source => 'app_log', trace_slot => 1, message => 'line', seq => 'n');
select traces, events from logfsm.fit('s');
select trace_key, n_events from s.real_traces order by trace_id limit 3;
select logfsm.drop_model('s');
-- No line has it.
select logfsm.create_model('s', source => 'app_log', trace_slot => 7, message => 'line', seq => 'n');
select traces, events from logfsm.fit('s');
\echo :SQLSTATE
select logfsm.drop_model('s');
select logfsm.create_model('p', source => 'app_log', trace_pattern => '(blk_\d+)', message => 'line', seq => 'n');
select traces, events from logfsm.fit('p');
\echo :SQLSTATE
select logfsm.drop_model('p');
