-- Values of types that are not Postgres' own become text by their output functions: casts and checks that the table's owner
-- made never run with the rights of the model's owner.
set client_min_messages = warning;
create role regress_type_owner;
create role regress_type_victim;
grant create on database regress to regress_type_owner, regress_type_victim;
set role regress_type_owner;
create schema theirs;
create table theirs.ran (who text, what text);
grant insert on theirs.ran to public;
create type theirs.step as enum ('open', 'read', 'close', 'fly');
create type theirs.pair as (a text, b int);
create type theirs.moment as (at timestamptz);
create function theirs.ran(what text) returns void language sql as $$ insert into theirs.ran values (current_user, what) $$;
create function theirs.step_text(theirs.step) returns text language plpgsql as $$ begin perform theirs.ran('step'); return 'cast ' || theirs.plain($1); end $$;
create function theirs.plain(v theirs.step) returns text language plpgsql as $$ begin return format('%s', v); end $$;
create function theirs.pair_text(theirs.pair) returns text language plpgsql as $$ begin perform theirs.ran('pair'); return 'cast'; end $$;
create function theirs.moment_time(theirs.moment) returns timestamptz language plpgsql as $$ begin perform theirs.ran('moment'); return ($1).at; end $$;
create function theirs.step_json(theirs.step) returns jsonb language plpgsql as $$ begin perform theirs.ran('json'); return '{}'; end $$;
create cast (theirs.step as text) with function theirs.step_text(theirs.step);
create cast (theirs.pair as text) with function theirs.pair_text(theirs.pair);
create cast (theirs.moment as timestamptz) with function theirs.moment_time(theirs.moment);
create cast (theirs.step as jsonb) with function theirs.step_json(theirs.step);
create domain theirs.dstep as theirs.step;
create function theirs.short(text) returns boolean language plpgsql as $$ begin perform theirs.ran('domain'); return length($1) < 100; end $$;
create domain theirs.key as text check (theirs.short(value));
create table theirs.log (id theirs.key, event theirs.step, devent theirs.dstep, component theirs.pair, at timestamptz, line text);
insert into theirs.log select i::text, e::theirs.step, e::theirs.step, row('x', 1)::theirs.pair, timestamptz '2026-01-01' + i * interval '1 min' + o * interval '1 s', e
from generate_series(1, 20) i, unnest(array['open', 'read', 'close']) with ordinality u (e, o);
grant usage on schema theirs to public;
grant select, trigger on theirs.log to regress_type_victim;
truncate theirs.ran;
set role regress_type_victim;
select logfsm.create_model('m', source => 'theirs.log', trace => 'id', event => 'event', at => 'at', component => 'component');
select traces from logfsm.fit('m');
select component, template from m.templates order by template_id;
select logfsm.watch('m');
set role regress_type_owner;
insert into theirs.log values ('a', 'open', 'open', row('x', 1)::theirs.pair, '2026-02-01'), ('a', 'fly', 'fly', row('x', 1)::theirs.pair, '2026-02-02');
truncate theirs.ran;
insert into theirs.log select 'b', v, v, row('x', 1)::theirs.pair, '2026-02-01' from unnest(array['open', 'close', 'read', 'fly']::theirs.step[]) v;
set role regress_type_victim;
select trace_key, event, kind from m.anomalies where trace_key = 'a' order by 2;
select count(*) from logfsm.close_traces('m', '0', recheck => true);
select new_traces from logfsm.refresh('m');
select trace_key, n_events from m.live_traces order by 1;
select logfsm.drop_model('m');
-- An enum below a domain; a component that is none of Postgres'; messages.
select logfsm.create_model('m', source => 'theirs.log', trace => 'id', event => 'devent', at => 'at', component => 'event');
select traces from logfsm.fit('m');
select logfsm.watch('m');
select logfsm.create_model('m2', source => 'theirs.log', trace => 'id', message => 'event', at => 'at');
select traces from logfsm.fit('m2');
select logfsm.watch('m2');
set role regress_type_owner;
insert into theirs.log values ('c', 'open', 'open', row('x', 1)::theirs.pair, '2026-02-03');
set role regress_type_victim;
select trace_key, n_events from m.live_traces where trace_key = 'c' union all select trace_key, n_events from m2.live_traces where trace_key = 'c';
-- What only a cast could turn into times or parameters is refused: at the beginning, and after the column was changed.
reset role;
select who, what from theirs.ran where who <> 'regress_type_owner';
set role regress_type_owner;
truncate theirs.ran;
alter table theirs.log alter at type theirs.moment using row(at)::theirs.moment;
truncate theirs.ran;
insert into theirs.log values ('d', 'open', 'open', row('x', 1)::theirs.pair, row('2026-02-03'));
set role regress_type_victim;
select traces from logfsm.fit('m');
\echo :SQLSTATE
select * from logfsm.close_traces('m');
\echo :SQLSTATE
select * from logfsm.refresh('m');
\echo :SQLSTATE
reset role;
select who, what from theirs.ran where who <> 'regress_type_owner';
-- The owner's own types and those of superusers are as any other.
set role regress_type_owner;
select logfsm.create_model('own', source => 'theirs.log', trace => 'id', event => 'event', seq => 'line');
\echo :SQLSTATE
reset role;
select logfsm.drop_model('m'), logfsm.drop_model('m2');
create extension citext;
create table own_log (id citext, event citext, at timestamptz);
insert into own_log select 'k' || i, e, timestamptz '2026-01-01' + i * interval '1 min' + o * interval '1 s' from generate_series(1, 20) i, unnest(array['open', 'read', 'close']) with ordinality u (e, o);
select logfsm.create_model('own', source => 'own_log', trace => 'id', event => 'event', at => 'at');
select traces from logfsm.fit('own');
select logfsm.watch('own');
insert into own_log values ('Ann', 'open', '2026-02-01'), ('ann', 'read', '2026-02-01 00:01'), ('ANN', 'fly', '2026-02-01 00:02');
select trace_key, n_events from own.live_traces;
select trace_key, event, kind from own.anomalies;
