-- Columns of the model's tables that came to have other types crash nobody: an insert warns and goes on.
set client_min_messages = error;
create table app_log (id text, event text, at timestamptz);
insert into app_log select i, e, timestamptz '2026-01-01' + i * interval '1 min' + o * interval '1 s'
from generate_series(1, 20) i, unnest(array['open', 'read', 'close']) with ordinality u (e, o);
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at');
select traces from logfsm.fit('m');
select logfsm.watch('m');
insert into app_log values ('x', 'open', '2026-02-01');
create table failed (how text, sqlstate text, message text);
create procedure insert_with(how text) language plpgsql as $$
begin
    execute how;
    insert into app_log values ('x', 'read', '2026-02-01 00:01'), ('y', 'fly', '2026-02-01'), ('z', 'open', '2026-02-01');
    insert into app_log values ('x', 'close', '2026-02-01 00:02');
    begin
        perform logfsm.close_traces('m', '0', recheck => true);
    exception when others then
        if sqlstate like 'XX%' then raise exception 'close_traces: % %', sqlstate, sqlerrm; end if;
    end;
    raise exception 'fine';
exception when others then
    if sqlerrm <> 'fine' then insert into failed values (how, sqlstate, sqlerrm); end if;
end $$;
select count(*) as tried from (
    select format('alter table %s alter %I type %s', a.attrelid::regclass, a.attname, t.new) as how
    from pg_attribute a cross join unnest(array['int using 7', 'bigint using 7', 'text using ''x''', 'bytea using ''x''', 'boolean using true', 'timestamptz using now()', 'double precision using 7', 'point using point(1, 2)', 'int[] using ''{1}''']) t (new)
    where a.attrelid in ('m.live_traces'::regclass, 'm.pending'::regclass) and a.attnum > 0) tries;
-- Views and keys that depend on the columns are dropped first: an owner may do that.
do $$
declare
    try record;
begin
    for try in select a.attrelid::regclass as relation, a.attname, t.new
        from pg_attribute a cross join unnest(array['int using 7', 'bigint using 7', 'text using ''x''', 'bytea using ''x''', 'boolean using true', 'timestamptz using now()', 'double precision using 7', 'point using point(1, 2)', 'int[] using ''{1}''']) t (new)
        where a.attrelid in ('m.live_traces'::regclass, 'm.pending'::regclass) and a.attnum > 0 order by 1, a.attnum, 3
    loop
        call insert_with(format('drop view m.unjudged, m.drift; alter table %s alter %I drop default; alter table %1$s alter %2$I type %s', try.relation, try.attname, try.new));
    end loop;
end $$;
select * from failed where sqlstate like 'XX%' or message not like all (array['operator does not exist%', 'data type % has no default operator class%', 'default for column%', 'could not%']);
select count(*) as refused from failed;
-- It goes on when the type is back.
insert into app_log values ('y', 'fly', '2026-02-01');
select trace_key, kind from m.anomalies;
