-- Rows that cannot be read are counted and the first are named, with the reason; they stop a fit only where on_unmatched says so.
set timezone = 'UTC'; set datestyle = iso; set client_min_messages = notice;
create table jobs (n int, k text, line text);
insert into jobs select i * 3 + n, 'k' || i, format('2024-01-01T00:00:%s.%sZ %s', lpad(i::text, 2, '0'), n, s)
from generate_series(0, 29) i, unnest(array['open', 'read', 'close']) with ordinality u (s, n);
insert into jobs values (9001, 'k5', '0000-00-00T00:00:00Z read'), (9002, 'k6', 'no date'), (9003, 'k7', '2024-02-31T00:00:00Z read'), (9004, 'k8', '- close');
\set format '(?<DATETIME>\\d*-\\S*) (?<MESSAGE>.*)'
select logfsm.create_model('m', source => 'jobs', trace => 'k', message => 'line', seq => 'n', format => :'format');
select traces, events from logfsm.fit('m');
select logfsm.drop_model('m');
select logfsm.create_model('m', source => 'jobs', trace => 'k', message => 'line', seq => 'n', format => :'format', on_unmatched => 'skip');
select traces, events from logfsm.fit('m');
select lines, unmatched_lines from m.model;
-- The watch leaves them out as well.
select logfsm.watch('m');
insert into jobs values (9005, 'new', '2024-02-31T00:00:00Z read');
select trace_key, n_events from m.live_traces;
select count(*) from logfsm.refresh('m');
select count(*) from m.real_traces;
select logfsm.drop_model('m');
select logfsm.create_model('m', source => 'jobs', trace => 'k', message => 'line', seq => 'n', format => :'format', on_unmatched => 'keep');
select traces, events from logfsm.fit('m');
select logfsm.drop_model('m');
-- Lines that lack the key belong to no trace.
create table requests (n int, line text);
insert into requests select i * 4 + n, case n when 4 then format('{"ts": %s, "msg": "gc pause"}', 1714557600 + i) else format('{"ts": %s, "msg": "%s", "rid": "r%s"}', 1714557600 + i, s, i) end
from generate_series(0, 29) i, unnest(array['open', 'read', 'close', '']) with ordinality u (s, n);
select logfsm.create_model('r', source => 'requests', message => 'line', seq => 'n', format => 'json', parse_options => '{"trace": "\\k<rid>"}');
select traces, events from logfsm.fit('r');
select keyless_lines from r.model;
select logfsm.drop_model('r');
-- A key that no line has.
select logfsm.create_model('r', source => 'requests', message => 'line', seq => 'n', format => 'json', parse_options => '{"trace": "\\k<request>"}');
select traces, events from logfsm.fit('r');
select logfsm.drop_model('r');
