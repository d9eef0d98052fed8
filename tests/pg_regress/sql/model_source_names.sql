-- Names of tables and columns may be anything.
set client_min_messages = warning;
create schema "sch ema";
create table "sch ema"."Ta.b""le {D}" ("it's" text, "sel""ect" text, "WHERE at" timestamptz, "x GROUP BY r.trace_key" int, "{schema}" text, "$1" jsonb);
insert into "sch ema"."Ta.b""le {D}" values ('a', 'open', '2026-01-01', 1, 'c', '{"x": 1}'), ('a', 'close', '2026-01-02', 2, 'c', null);
select logfsm.create_model('m', source => '"sch ema"."Ta.b""le {D}"', trace => 'it''s', event => 'sel"ect', at => 'WHERE at', seq => 'x GROUP BY r.trace_key', component => '{schema}', params => '$1');
select traces, events from logfsm.fit('m');
select source from m.model;
select logfsm.watch('m');
insert into "sch ema"."Ta.b""le {D}" values ('b', 'close', '2026-01-03', 1, 'c', null);
select watched_table, trace_key, event from m.anomalies;
select new_traces, changed_traces from logfsm.refresh('m');
select * from logfsm.fit('m', since => '2027-01-01');
\echo :SQLSTATE
select logfsm.drop_model('m');
-- Columns named like those the queries use.
create table names (trace_key text, event text, at timestamptz, seq int, component text, params jsonb, s text, r text, p text, k text, m text, message text);
insert into names values ('a', 'open', '2026-01-01', 1, 'c', '{}', 's', 'r', 'line 1', 'k', 'm', 'x'), ('a', 'close', '2026-01-02', 2, 'c', '{}', 's', 'r', 'line 2', 'k', 'm', 'y');
select logfsm.create_model('m', source => 'names', trace => 'trace_key', message => 'p', at => 'at', seq => 'seq', component => 'm');
select traces, events from logfsm.fit('m');
select logfsm.drop_model('m');
select logfsm.create_model('m', source => 'names', trace_pattern => '\w+ \d', message => 'p', at => 'at', seq => 'seq', component => 'k');
select traces, events from logfsm.fit('m');
select logfsm.drop_model('m');
