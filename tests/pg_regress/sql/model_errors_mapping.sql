-- What create_model is given must fit together; each error says what exists, and no schema is left behind.
create table app_log (id text, event text, at timestamptz, n bigint, line text, params jsonb, "odd ""name" text);
select logfsm.create_model('m', source => 'app_log', trace => 'idd', event => 'event', at => 'at');
\echo :SQLSTATE
select logfsm.create_model('m', source => 'app_log', trace => 'ID', event => 'event', at => 'at');
\echo :SQLSTATE
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'lower(event)', at => 'at');
\echo :SQLSTATE
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'when');
\echo :SQLSTATE
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at', refresh_by => 'loaded');
\echo :SQLSTATE
-- System columns are none of the source's.
select logfsm.create_model('m', source => 'app_log', trace => 'ctid', event => 'event', at => 'at');
\echo :SQLSTATE
-- Neither or two trace keys, neither or two of event and message.
select logfsm.create_model('m', source => 'app_log', event => 'event', at => 'at');
\echo :SQLSTATE
select logfsm.create_model('m', source => 'app_log', trace => 'id', trace_pattern => 'req (\d+)', message => 'line', at => 'at');
\echo :SQLSTATE
select logfsm.create_model('m', source => 'app_log', trace => 'id', trace_slot => 1, message => 'line', at => 'at');
\echo :SQLSTATE
select logfsm.create_model('m', source => 'app_log', trace_pattern => 'x', event => 'event', at => 'at');
\echo :SQLSTATE
select logfsm.create_model('m', source => 'app_log', trace => 'id', at => 'at');
\echo :SQLSTATE
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', message => 'line', at => 'at');
\echo :SQLSTATE
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event');
\echo :SQLSTATE
-- Types.
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'n');
\echo :SQLSTATE
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', seq => 'at');
\echo :SQLSTATE
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at', params => 'line');
\echo :SQLSTATE
select logfsm.create_model('m', source => 'app_log', trace => 'params', event => 'event', at => 'at', events => 'some');
\echo :SQLSTATE
-- Patterns that do not compile or capture nothing, and slots that cannot be.
select logfsm.create_model('m', source => 'app_log', trace_pattern => 'req (\d+', message => 'line', at => 'at');
\echo :SQLSTATE
select logfsm.create_model('m', source => 'app_log', trace_slot => -1, message => 'line', at => 'at');
\echo :SQLSTATE
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at', lateness => '-1 day');
\echo :SQLSTATE
-- Sources that are none, and NULLs.
select logfsm.create_model('m', source => 'no_such_table', trace => 'id', event => 'event', at => 'at');
\echo :SQLSTATE
create sequence app_sequence;
select logfsm.create_model('m', source => 'app_sequence', trace => 'id', event => 'event', at => 'at');
\echo :SQLSTATE
select logfsm.create_model('m', source => null, trace => 'id', event => 'event', at => 'at');
\echo :SQLSTATE
select logfsm.create_model(null, source => 'app_log', trace => 'id', event => 'event', at => 'at');
\echo :SQLSTATE
select count(*) from pg_namespace where nspname = 'm';
drop sequence app_sequence;
drop table app_log;
