-- Damaged and newer binary forms.
create function pg_temp.from_bytes(bytes bytea, type text) returns text language plpgsql as $$
begin
    execute format('select %L::logfsm.%I', type || ':' || translate(encode(bytes, 'base64'), E'\n', ''), type);
    return 'ok';
exception when others then
    return sqlstate || ': ' || sqlerrm;
end $$;
create table invalid_binary as
with traces as (select logfsm.trace_agg(e, at) t from (values ('a', timestamptz '2026-01-01'), ('b', '2026-01-02')) v (e, at)),
     trees as (select logfsm.prefix_tree_agg(t) p from traces),
     mined as (select logfsm.template_agg(l) m from unnest(array['user 17 logged in', 'user 18 logged in', 'disk full']) l)
select logfsm.trace_send(t) t, logfsm.automaton_send(p) p, logfsm.templates_send(m) m from traces, trees, mined;
\getenv directory PG_ABS_BUILDDIR
\set file :directory '/invalid_binary.copy'
-- Written by a newer release: the first byte is the version.
select pg_temp.from_bytes(set_byte(t, 0, 99), 'trace'), pg_temp.from_bytes(set_byte(p, 0, 99), 'automaton'), pg_temp.from_bytes(set_byte(m, 0, 99), 'templates') from invalid_binary;
select pg_temp.from_bytes(set_byte(t, 0, 0), 'trace'), pg_temp.from_bytes(set_byte(p, 0, 0), 'automaton'), pg_temp.from_bytes(set_byte(m, 0, 0), 'templates') from invalid_binary;
select ('automaton:' || encode('\x63', 'base64'))::logfsm.automaton;
\echo :SQLSTATE
select ('trace:' || encode('\x63', 'base64'))::logfsm.trace;
\echo :SQLSTATE
select ('templates:' || encode('\x63', 'base64'))::logfsm.templates;
\echo :SQLSTATE
-- Any byte changed to any of four values: a valid value or a clean error.
select distinct substr(outcome, 1, 5) outcome
from (select pg_temp.from_bytes(set_byte(b, n, v), type) outcome
      from invalid_binary, lateral (values ('trace', t), ('automaton', p), ('templates', m)) x (type, b),
           generate_series(0, length(b) - 1) n, unnest(array[0, 1, 127, 255]) v) s
where outcome <> 'ok' order by 1;
-- What is accepted can be worked with: no function fails on it in another way than by saying what is wrong.
create function pg_temp.use(bytes bytea, type text) returns text language plpgsql as $$
declare
    value text := type || ':' || translate(encode(bytes, 'base64'), E'\n', '');
begin
    if type = 'trace' then
        perform e.* from logfsm.events(value::logfsm.trace) e;
        perform logfsm.prefix_tree_agg(value::logfsm.trace), logfsm.duration(value::logfsm.trace), value::logfsm.trace::text;
    elsif type = 'automaton' then
        perform t.* from logfsm.transitions(value::logfsm.automaton) t;
        perform s.* from logfsm.states(value::logfsm.automaton) s;
        perform s.* from logfsm.stats(value::logfsm.automaton) s;
        perform g.* from logfsm.generate(logfsm.infer(value::logfsm.automaton), 10, 1) g;
        perform logfsm.score(value::logfsm.automaton, logfsm.trace_agg('a', 1::bigint));
        perform logfsm.rollup(value::logfsm.automaton) from generate_series(1, 2);
        perform logfsm.from_json(value::logfsm.automaton::jsonb);
    else
        perform t.* from logfsm.list_templates(value::logfsm.templates) t;
        perform p.* from logfsm.parse(value::logfsm.templates, 'user 19 logged in') p;
        perform logfsm.rollup(value::logfsm.templates) from generate_series(1, 2);
    end if;
    return 'ok';
exception when others then
    return sqlstate || ': ' || sqlerrm;
end $$;
select type, outcome, min(format('byte %s := %s', n, v)) as example
from (select type, n, v, pg_temp.use(set_byte(b, n, v), type) outcome
      from invalid_binary, lateral (values ('trace', t), ('automaton', p), ('templates', m)) x (type, b),
           generate_series(1, length(b) - 1) n, generate_series(0, 255, 5) v) s
where outcome !~ '^(ok$|22P02: )' group by 1, 2 order by 1, 2;
-- The same through RECEIVE, by COPY BINARY of bytea into a column of the type.
create table invalid_binary_target (t logfsm.trace);
copy (select set_byte(t, 0, 99) from invalid_binary) to :'file' (format binary);
copy invalid_binary_target from :'file' (format binary);
\echo :SQLSTATE
copy (select substr(t, 1, length(t) - 1) from invalid_binary) to :'file' (format binary);
copy invalid_binary_target from :'file' (format binary);
\echo :SQLSTATE
copy (select ''::bytea) to :'file' (format binary);
copy invalid_binary_target from :'file' (format binary);
\echo :SQLSTATE
alter table invalid_binary_target alter t type logfsm.automaton using null;
copy invalid_binary_target from :'file' (format binary);
\echo :SQLSTATE
alter table invalid_binary_target alter t type logfsm.templates using null;
copy invalid_binary_target from :'file' (format binary);
\echo :SQLSTATE
select count(*) from invalid_binary_target;
drop table invalid_binary, invalid_binary_target;
