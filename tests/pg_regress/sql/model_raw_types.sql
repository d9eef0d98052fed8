-- Columns whose types were changed after create_model are refused: no value is ever taken for what it is not.
set client_min_messages = warning;
set timezone = 'UTC'; set datestyle = iso;
\set VERBOSITY terse
create role maker; grant usage on schema logfsm to maker;
create schema mine authorization maker;
create table mine.src (k text, ev text, at timestamptz, n bigint, u uuid default gen_random_uuid(), b bigint);
alter table mine.src owner to maker;
set session authorization maker;
insert into mine.src select (i / 4)::text, 'e' || i % 4, timestamptz '2026-01-01' + i * interval '1 min', i from generate_series(0, 39) i;
update mine.src set b = n;
create function pg_temp.model(name text) returns void language plpgsql as $$
begin
    execute format('create schema %I', name);
    perform logfsm.create_model(name, schema => name, source => 'mine.src', trace => 'k', event => 'ev', at => 'at', seq => 'n');
    perform logfsm.fit(name);
    execute format('drop view %1$I.trace_summary, %1$I.drift, %1$I.real_events, %1$I.synthetic_events, %1$I.anomalous_events, %1$I.all_events, %1$I.real_traces, %1$I.synthetic_traces, %1$I.anomalous_traces, %1$I.all_traces', name);
end $$;
reset session authorization;
select format('grant create on database %I to maker', current_database()) \gexec
set session authorization maker;
-- What a call says, without what differs from run to run.
create function pg_temp.says(call text) returns text language plpgsql as $$
begin
    execute call;
    return 'done';
exception when others then
    return sqlstate || ' ' || regexp_replace(sqlerrm, '_(fit|run)_\d+', '_\1_N', 'g');
end $$;

-- The source's key is another type than the model's, narrower, wider or of another kind.
select pg_temp.model('m');
alter table mine.src alter k type bigint using k::bigint;
select pg_temp.says($$select logfsm.fit('m')$$);
select pg_temp.says($$select logfsm.refresh('m')$$);
select pg_temp.says($$select logfsm.synthesize('m', traces => 5)$$);
alter table mine.src alter k type varchar(40) using k::text;
select pg_temp.says($$select logfsm.fit('m')$$);
alter table mine.src alter k type name using k::name;
select pg_temp.says($$select logfsm.fit('m')$$);
alter table mine.src alter k type text using k::text;
select pg_temp.says($$select logfsm.fit('m')$$);
-- The model's row names another column, or the model's own column is another type.
update m.model set trace_column = 'b';
select pg_temp.says($$select logfsm.fit('m')$$);
update m.model set trace_column = 'u';
select pg_temp.says($$select logfsm.refresh('m')$$);
update m.model set trace_column = 'nothing';
select pg_temp.says($$select logfsm.fit('m')$$);
update m.model set trace_column = 'k';
alter table m.traces alter trace_key type bigint using trace_key::bigint;
select pg_temp.says($$select logfsm.fit('m')$$);
select pg_temp.says($$select logfsm.drop_model('m')$$);

-- Every column that is written: fit and refresh write traces, events, parameters and scores, synthesize all of them.
create function pg_temp.altered(parent text, col text, typ text) returns table (call text, says text) language plpgsql as $$
begin
    perform pg_temp.model('m');
    execute format('alter table m.%I drop constraint if exists origin_and_run_agree, drop constraint if exists label_and_mutation_agree', parent);
    execute format('alter table m.%I alter %I type %s using null', parent, col, typ);
    foreach call in array array['fit(''m'')', 'synthesize(''m'', traces => 3)', 'check_run(''m'', 0)', 'fidelity(''m'', 0)', 'explain(''m'', ''1'')'] loop
        says := pg_temp.says('select logfsm.' || call);
        return next;
    end loop;
    perform logfsm.drop_model('m', cascade => true);
exception when others then
    call := 'alter'; says := sqlstate || ' ' || sqlerrm;
    return next;
end $$;
select * from pg_temp.altered('traces', 'started_at', 'bytea');
select * from pg_temp.altered('traces', 'ended_at', 'text');
select * from pg_temp.altered('traces', 'weight', 'text');
select * from pg_temp.altered('traces', 'about', 'bigint');
select * from pg_temp.altered('events', 'at', 'text');
select * from pg_temp.altered('parameters', 'value', 'bigint');
