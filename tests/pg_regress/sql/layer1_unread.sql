-- A time that cannot be read is no match: the next format is tried, and on_unmatched says what becomes of the line.
set timezone = 'UTC'; set datestyle = iso;
select outcome, at, message from logfsm.parse_line('2024-13-01 x', array['(?<DATETIME>\S+) (?<MESSAGE>.*)', '(?<MESSAGE>.*)']);
select outcome, message from logfsm.parse_line('<34>1 - host app 1 - - no clock yet', 'syslog', '{"on_unmatched": "keep"}');
select line, outcome, at from logfsm.read_log(E'2024-01-01 a\n2024-99-01 b\n2024-01-03 c', '(?<DATETIME>\S+) (?<MESSAGE>.*)', '{"on_unmatched": "skip"}');
select logfsm.parse_line('2024-02-30 x', '(?<DATETIME>\S+) (?<MESSAGE>.*)');
select outcome, message from logfsm.parse_line('{"time": "soon", "msg": "x"}'::text, 'json', '{"on_unmatched": "skip"}');
-- Dates as programs write them; the first of an hour that comes twice.
select l, p.at from unnest(array['2022-05-06 01:02:03 +01:00', '2023-12-30 00:01:54 GMT', '2023-12-30T24:00:00Z', U&'\FEFF2023-12-30', E'\x1b[90m2023-12-30T00:01:54Z\x1b[0m']) l,
    logfsm.parse_line(l || ' | x', '(?<DATETIME>.*) \| (?<MESSAGE>.*)') p;
select p.at from logfsm.parse_line('2026-10-25 02:15:00 b', '(?<DATETIME>\S+ \S+) (?<MESSAGE>.*)', '{"timezone": "Europe/Prague"}') p;
select p.at from logfsm.parse_line('2026-10-25 02:15:00 b', '(?<DATETIME>\S+ \S+) (?<MESSAGE>.*)', '{"timezone": "+02:00"}') p;
-- A log that passes New Year, and one whose messages go on.
select line, at, message from logfsm.read_log(E'Dec 31 23:59:59 h a[1]: one\nJan  1 00:00:01 h a[1]: two', 'syslog', '{"year": 2024}');
select line, outcome, level, message from logfsm.read_log(E'2023-11-20 04:53:46,012 ERROR [main] a.C - failed\njava.lang.X: y\n\tat a.b(C.java:5)\n\n2023-11-20 04:53:47,012 INFO [main] a.C - done', 'log4j');
-- A key that lacks a part, keys that are objects' paths, kinds of log that are no event types.
select p.traces from unnest(array['Oct 11 22:14:15 h kernel: eth0 up', 'Oct 11 22:14:15 h app[7]: x']) l, logfsm.parse_line(l, 'syslog', '{"trace": "\\k<host>/\\k<pid>"}') p;
select p.traces, p.event, p.message, p.parameters from unnest(array['{"type": "server", "message": "started", "user": {"id": 7}}', '{"type": "server", "message": "closed"}']) l, logfsm.parse_line(l, 'json', '{"trace": "\\k<user.id>"}') p;
