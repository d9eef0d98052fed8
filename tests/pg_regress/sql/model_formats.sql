-- A model of raw lines: keys, times, components, types and messages come from the lines' format.
set timezone = 'UTC'; set datestyle = iso; set client_min_messages = notice;
create table raw_log (n bigint generated always as identity, line text);
insert into raw_log (line)
select format('%s r%s %s %s', to_char(timestamp '2024-01-01' + i * interval '1 s', 'YYYY-MM-DD HH24:MI:SS'), i / 3,
    (array['api', 'db'])[1 + i % 2], format((array['open file %s', 'read %s bytes', 'close'])[1 + i % 3], i)) from generate_series(0, 59) i;
\set format '(?<DATETIME>\\d+-\\d+-\\d+ \\d+:\\d+:\\d+) (?<TRACE>\\w+) (?<COMPONENT>\\w+) (?<MESSAGE>.*)'
select logfsm.create_model('m', source => 'raw_log', message => 'line', seq => 'n', format => :'format');
select traces, events from logfsm.fit('m');
select component, template, slots, kinds, count from m.templates order by 1, 2;
select trace_key, seq, at, component, event from m.real_events where trace_key in ('r0', 'r1') order by 1, 2;
select trace_key, p.seq, slot, value, kind from m.parameters p join m.traces using (run_id, trace_id) where trace_key = 'r1' order by 2, 3;
select parse_settings, line_fields, lines, unmatched_lines, hidden_lines, keyless_lines from m.model;
select logfsm.drop_model('m');
-- Lines that no format matches: an error, left out and counted, or kept as they are, behind the line before them.
insert into raw_log (line) values ('  at org.example.App.main(App.java:7)'), ('# comment');
select logfsm.create_model('m', source => 'raw_log', message => 'line', seq => 'n', formats => array[:'format', '#.*(?<HIDE=>true)']);
select traces, events from logfsm.fit('m');
select logfsm.drop_model('m');
select logfsm.create_model('m', source => 'raw_log', message => 'line', seq => 'n', formats => array[:'format', '#.*(?<HIDE=>true)'], on_unmatched => 'skip');
select traces, events from logfsm.fit('m');
select lines, unmatched_lines, hidden_lines, keyless_lines from m.model;
select logfsm.drop_model('m');
select logfsm.create_model('m', source => 'raw_log', message => 'line', seq => 'n', trace_pattern => 'r\d+|org', formats => array['(?<DATETIME>\d+-\d+-\d+ \d+:\d+:\d+) (?<MESSAGE>.*)', '#.*(?<HIDE=>true)'], on_unmatched => 'keep');
select traces, events from logfsm.fit('m');
select trace_key, seq, at, event from m.real_events where trace_key in ('org', 'r19') order by 1, 2;
select lines, unmatched_lines, hidden_lines, keyless_lines from m.model;
select logfsm.drop_model('m');
-- Types, several groups as the key, separators, relative times: what users of Synoptic know.
create table steps (n int, line text);
insert into steps values (1, '5 a x'), (2, '4 b x'), (3, '1 a y'), (4, '--'), (5, '2 c x'), (6, '3 a x');
select logfsm.create_model('s', source => 'steps', message => 'line', seq => 'n', format => '(?<TIME>)(?<TYPE>)(?<who>)', parse_options => '{"separator": "^--$", "relative_time": true, "trace": "\\k<who>"}');
select traces, events from logfsm.fit('s');
select trace_key, seq, at, event from s.real_events order by 1, 2;
select slot, value, kind from s.parameters order by trace_id, seq limit 1;
select logfsm.watch('s');
select logfsm.drop_model('s');
-- Masks in a model.
create table orders (id int, n int, line text);
insert into orders select i / 2, i, format('Order <%s %s> %s', chr(97 + i % 7), i, (array['new', 'paid'])[1 + i % 2]) from generate_series(0, 39) i;
select logfsm.create_model('o', source => 'orders', trace => 'id', message => 'line', seq => 'n', parse_options => '{"masks": ["<[^>]*>"]}');
select traces, events from logfsm.fit('o');
select template, kinds from o.templates order by 1;
select logfsm.drop_model('o');
-- What does not go together says so.
select logfsm.create_model('m', source => 'raw_log', message => 'line', seq => 'n', format => '(?<TYPE>)');
select logfsm.create_model('m', source => 'raw_log', message => 'line', trace_pattern => 'x', format => '(?<TYPE>)');
select logfsm.create_model('m', source => 'raw_log', message => 'line', seq => 'n', trace_pattern => 'x', on_unmatched => 'skip');
select logfsm.create_model('m', source => 'raw_log', message => 'line', seq => 'n', trace_pattern => 'x', parse_options => '{"separator": "x"}');
select logfsm.create_model('m', source => 'raw_log', message => 'line', seq => 'n', trace_pattern => 'x', format => '(?<TYPE>)', parse_options => '{"separator": "x"}');
select logfsm.create_model('m', source => 'raw_log', message => 'line', seq => 'n', trace_pattern => 'x', parse_options => '{"masks": [7]}');
select logfsm.create_model('m', source => 'raw_log', message => 'line', seq => 'n', trace_pattern => 'x', parse_options => '{"formats": ["syslog"]}');
select logfsm.create_model('m', source => 'raw_log', message => 'line', trace_pattern => 'x', format => '(?<TIME>\d+) (?<TYPE>)', parse_options => '{"relative_time": true}');
select logfsm.create_model('m', source => 'raw_log', message => 'line', trace_pattern => 'x', format => '(?<TIME>\d+) (?<TYPE>)', on_unmatched => 'keep');
select logfsm.create_model('m', source => 'raw_log', event => 'line', seq => 'n', trace => 'n', format => 'syslog');
select logfsm.create_model('m', source => 'raw_log', message => 'line', seq => 'n', trace_pattern => 'x', format => 'sislog');
select logfsm.create_model('m', source => 'raw_log', message => 'line', seq => 'n', trace_pattern => '(?=x)');
