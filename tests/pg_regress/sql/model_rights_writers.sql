-- A superuser who works on somebody's model runs nothing of his as superuser: code hung on the model's own tables, on the
-- types of its columns and on its indexes.
set client_min_messages = warning;
\set SHOW_CONTEXT never
create role regress_setter;
grant create on database regress to regress_setter;
create sequence caught;
create sequence sprung;
grant usage on sequence caught, sprung to public;
set role regress_setter;
create schema trap;
create function trap.spring() returns boolean language plpgsql volatile as $$
begin
    if current_user <> 'regress_setter' then perform nextval('public.caught'); end if;
    perform nextval('public.sprung');
    return true;
end $$;
create function trap.spring_of(anyelement) returns integer language plpgsql immutable as $$ begin perform trap.spring(); return 1; end $$;
create function trap.fire() returns trigger language plpgsql as $$ begin perform trap.spring(); return new; end $$;
-- A domain with a check, as the type of keys.
create domain trap.key as text check (trap.spring());
create table trap.log (id trap.key, event text, at timestamptz);
insert into trap.log select i, e, timestamptz '2026-01-01' + i * interval '1 min' + o * interval '1 s'
from generate_series(1, 20) i, unnest(array['open'] || array_fill('read'::text, array[1 + i % 4]) || array['close']) with ordinality u (e, o);
select logfsm.create_model('m', source => 'trap.log', trace => 'id', event => 'event', at => 'at');
-- Triggers, defaults, an index over an expression, checks, and statistics over an expression.
create trigger fire before insert or update on m.runs for each row execute function trap.fire();
create trigger fire before update on m.model for each row execute function trap.fire();
create trigger fire before insert on m.states for each row execute function trap.fire();
alter table m.runs add column own boolean default trap.spring();
create index on m.traces (trap.spring_of(trace_id));
alter table m.transitions add constraint own check (trap.spring());
create statistics m.own on trap.spring_of(visits), visits from m.states;
reset role;
-- Event triggers run as who does it.
create function on_ddl() returns event_trigger language plpgsql as $$
begin
    if current_user <> 'regress_setter' then perform nextval('public.caught'); end if;
end $$;
create event trigger own on ddl_command_end execute function on_ddl();
select traces from logfsm.fit('m');
select logfsm.synthesize('m', 5, 1);
-- Whoever inserts runs the domain's check himself, as everywhere.
set role regress_setter;
insert into trap.log values ('21', 'open', '2026-01-02');
reset role;
select new_traces from logfsm.refresh('m');
select logfsm.score_traces('m') > 0 as scored;
select logfsm.recalibrate('m') > 0 as recalibrated;
select logfsm.drop_run('m', 1);
select * from logfsm.explain('m', '1') limit 0;
drop event trigger own;
select logfsm.drop_model('m');
select last_value, is_called from caught;
select last_value > 20 as sprung from sprung;
drop owned by regress_setter cascade;
