-- What depends on a table's row type depends on the model, too; so do objects that a user put into its schema.
set client_min_messages = warning;
\set VERBOSITY sqlstate
create table app_log (id text, event text, at timestamptz);
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at');
create table kept (n int, state m.states);
select logfsm.drop_model('m') is null as dropped;
select attname from pg_attribute where attrelid = 'kept'::regclass and attnum > 0 and not attisdropped;
select count(*) from logfsm.models;
drop table kept;
create function uses_row(m.transitions) returns text language sql as $$ select $1.event $$;
select logfsm.drop_model('m') is null as dropped;
select count(*) from pg_proc where proname = 'uses_row';
drop function if exists uses_row;
select logfsm.drop_model('m', cascade => true);
select count(*) from logfsm.models;
