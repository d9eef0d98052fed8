-- Whatever happens to the source: where refresh says that nothing is missing, the model is what fit makes of it.
set client_min_messages = error;
create table app_log (n bigint generated always as identity primary key, id int, event text, at timestamptz);
create function pg_temp.random_rows(count int, until timestamptz, spread interval) returns void language sql as $$
    insert into app_log (id, event, at)
    select random() * 400, chr(97 + (random() * 4)::int), until - random() * spread from generate_series(1, count) $$;
create procedure pg_temp.try(model text, since timestamptz, seed float8, out different int, out told int) language plpgsql as $$
declare
    clock timestamptz := '2026-01-02Z';
    missing bigint;
    traces text;
begin
    different := 0;
    told := 0;
    perform setseed(seed);
    truncate app_log;
    perform pg_temp.random_rows(300, clock, '1 day');
    perform logfsm.fit(model, 'k_tails', since => since);
    for step in 1 .. 6 loop
        clock := clock + interval '1 hour';
        perform pg_temp.random_rows(10, clock, '59 min');
        if random() < 0.5 then perform pg_temp.random_rows(2, clock, '6 hours'); end if;
        if random() < 0.3 then delete from app_log where n in (select n from app_log order by random() limit 2); end if;
        if random() < 0.3 then update app_log set event = 'z' where n in (select n from app_log order by random() limit 1); end if;
        select missing_rows into missing from logfsm.refresh(model);
        execute format('select string_agg(trace_key || trace::text, '','' order by trace_key) || logfsm.fingerprint((select automaton from %1$I.model)) || logfsm.fingerprint((select prefix_tree from %1$I.model)) from %1$I.real_traces', model) into traces;
        if missing <> 0 then
            told := told + 1;
            perform logfsm.fit(model, 'k_tails', since => since);
        else
            perform logfsm.fit('other', 'k_tails', since => since);
            if traces is distinct from (select string_agg(trace_key || trace::text, ',' order by trace_key) || logfsm.fingerprint((select automaton from other.model)) || logfsm.fingerprint((select prefix_tree from other.model)) from other.real_traces) then
                different := different + 1;
                perform logfsm.fit(model, 'k_tails', since => since);
            end if;
        end if;
    end loop;
end $$;
select logfsm.create_model('other', source => 'app_log', trace => 'id', event => 'event', at => 'at');
select logfsm.create_model('exact', source => 'app_log', trace => 'id', event => 'event', at => 'at', lateness => '0');
select logfsm.create_model('late', source => 'app_log', trace => 'id', event => 'event', at => 'at', lateness => '3 hours');
select logfsm.create_model('number', source => 'app_log', trace => 'id', event => 'event', at => 'at', refresh_by => 'n');
call pg_temp.try('exact', null, 0.1, null, null);
call pg_temp.try('exact', '2026-01-01 18:00Z', 0.2, null, null);
call pg_temp.try('late', null, 0.3, null, null);
call pg_temp.try('late', '2026-01-01 18:00Z', 0.4, null, null);
call pg_temp.try('number', null, 0.5, null, null);
call pg_temp.try('number', '2026-01-01 18:00Z', 0.6, null, null);
