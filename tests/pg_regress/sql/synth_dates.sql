-- Synthetic dates and times are dates and times, in messages as in parameters.
set client_min_messages = warning;
create function draw(n integer, name text, most bigint) returns bigint language sql immutable as $$
    select ('x' || substr(md5(name || n), 1, 12))::bit(48)::bigint % most $$;
create function is_read(value text, type regtype) returns boolean language plpgsql as $$
begin
    execute format('select %L::%s', value, type);
    return true;
exception when others then
    return false;
end $$;
create table log (k integer, m text, at timestamptz);
insert into log
select i, m, timestamptz '2024-01-01 00:00+00' + i * interval '1 min' + n * interval '1 s'
from generate_series(1, 400) i, lateral (values
    (1, 'token expires at ' || to_char(timestamp '2024-01-01' + draw(i, 'token', 300 * 86400) * interval '1 s', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')),
    (2, 'backup of ' || (date '2024-01-01' + draw(i, 'backup', 700)::integer) || ' done'),
    (3, 'alarm set to ' || to_char(time '00:00' + draw(i, 'alarm', 1440) * interval '1 min', 'HH24:MI')),
    (4, 'lease until ' || to_char(timestamp '2024-01-01' + draw(i, 'lease', 300 * 86400) * interval '1 s', 'YYYY-MM-DD HH24:MI:SS'))) v (n, m);
select logfsm.create_model('m', source => 'log', trace => 'k', message => 'm', at => 'at');
select traces from logfsm.fit('m');
select logfsm.synthesize('m', 400, seed => 1);
select template, p.slot, p.run_id, count(*), count(*) filter (where not is_read(p.value,
    case split_part(template, ' ', 1) when 'token' then 'timestamptz' when 'backup' then 'date' when 'alarm' then 'time' else 'timestamp' end::regtype)) as not_read
from m.parameters p join m.events e using (run_id, trace_id, seq) join m.templates t on t.template_id = e.template_id group by 1, 2, 3 order by 1, 2, 3;
select rule, violated from logfsm.check_run('m', 1) where kind = 'parameter' order by 1;
select logfsm.drop_model('m');
drop table log;
drop function draw, is_read;
