-- Lines are read by named formats and by regular expressions with named groups.
set timezone = 'UTC'; set datestyle = iso;
select format, reads, cardinality(patterns) as patterns, datetimes[1] from logfsm.formats;
select * from logfsm.parse_line('Jan  2 03:04:05 web sshd[77]: Failed password for root from 10.0.0.1', 'syslog', '{"year": 2024}');
select * from logfsm.parse_line('<34>1 2003-10-11T22:14:15.003Z web su - ID47 - hello', 'syslog');
select at, level, message, parameters ->> 'status' as status from logfsm.parse_line('203.0.113.9 - ann [10/Oct/2023:13:55:36 -0700] "GET /a?b=1 HTTP/1.1" 200 2326 "http://x/y" "Agent"', 'nginx_combined');
select * from logfsm.parse_line('{"ts": 1700000000.5, "level": "info", "msg": "done\u0000", "user": "ann", "trace_id": "t1"}'::text, 'json');
-- Several formats, constants, hidden lines, keys of several groups.
select l.line, p.outcome, p.event, p.at, p.traces, p.parameters
from (values ('12 login ann@web'), ('13 logout ann@web'), ('# comment'), ('14 what'), (null)) l (line)
cross join lateral logfsm.parse_line(line, array['(?<TIME>\d+) login (?<user>\w+)@(?<host>\w+)(?<TYPE=>in)', '(?<TIME>\d+) logout (?<user>\w+)@(?<host>\w+)(?<TYPE=>out)', '#.*(?<HIDE=>true)'],
    '{"trace": "\\k<user>/\\k<host>", "on_unmatched": "skip"}') p;
-- A line that no format matches is an error that says how far the closest one got.
\set VERBOSITY verbose
select logfsm.parse_line('12 open x', array['(?<TIME>\d+) (?<TYPE>close|open)', '\w (?<TYPE>)']);
\set VERBOSITY default
select matches, matched_text, stopped_at, rest, explanation from logfsm.explain_format('12 open x', '(?<TIME>\d+) (?<TYPE>close|open)');
select matches, matched_text, stopped_at, rest, explanation from logfsm.explain_format('[Sun Dec 04 04:47:44 2005] [notice ready', 'apache_error');
select matches, explanation from logfsm.explain_format('[Sun Dec 04 04:47:44 2005] [notice] ready', 'apache_error');
-- A whole log: records that span lines, separators, times that are differences.
select line, outcome, event, at, traces from logfsm.read_log(E'5 a\r\n4 b\n\n--\n2 c\nodd\n3 d', '(?<TIME>\d+) (?<TYPE>\w+)', '{"separator": "^--$", "relative_time": true, "on_unmatched": "keep"}');
select line, at, level, message, parameters ->> 'session_id' as session from logfsm.read_log(
    E'2024-05-06 07:08:09.123 UTC,"ann","shop",4711,"127.0.0.1:5000",6638.1,1,"SELECT",2024-05-06 07:00:00 UTC,3/15,0,ERROR,42P01,"relation ""x""\ndoes not exist",,,,,,"select *\nfrom x",15,,"psql","client backend",,0\n'
    '2024-05-06 07:08:10.000 UTC,,,12,,6638.c,2,,2024-05-06 07:00:00 UTC,,0,LOG,00000,"checkpoint starting: time",,,,,,,,,"","checkpointer",,0', 'postgresql_csvlog');
select count(*) from logfsm.read_log('', 'syslog');
select line from logfsm.read_log(E'1 a\n2 b\nodd', '(?<TIME>\d+) (?<TYPE>\w+)');
-- What cannot be used says why.
select logfsm.parse_line('x', '(');
select logfsm.parse_line('x', '(?<TIME>)');
select logfsm.parse_line('x', '(?<TYPE>\w{1000}{1000}{1000})');
select logfsm.parse_line('x', repeat('(a', 20000));
select logfsm.parse_line('x', '{}'::text[]);
select logfsm.parse_line('x', array[null, 'syslog']);
select logfsm.parse_line('x', '(?<TYPE>)', '{"colour": 1}');
select logfsm.parse_line('x', '(?<TYPE>)', '{"on_unmatched": "drop"}');
select logfsm.parse_line('x', '(?<TYPE>)', '{"timezone": "Mars"}');
select logfsm.parse_line('99999999999999999999 x', '(?<TIME>\d+) (?<TYPE>)');
select logfsm.parse_line('9e99 x', '(?<DTIME>) (?<TYPE>)');
-- Long lines and hostile ones take time linear in the line.
select outcome from logfsm.parse_line(repeat('a', 1000000), '(?:a*)*b(?<TYPE>)', '{"on_unmatched": "skip"}');
select length(message) from logfsm.parse_line(repeat('a ', 500000), '(?<MESSAGE>.*)');
-- Trace keys in a message.
select logfsm.trace_keys('copy blk_7 to blk_-8, drop blk_7', 'blk_-?\d+'), logfsm.trace_keys('req=a1 req=b2', 'req=(\w+)'), logfsm.trace_keys('none', 'blk'), logfsm.trace_keys(null, 'x') is null as "null";
select logfsm.trace_keys('x', '(?=x)');
