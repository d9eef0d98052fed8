-- Synthetic values match the regular expressions that all real ones match, and the rule format agrees.
set client_min_messages = warning;
-- The n-th number below most, the same on all servers.
create function draw(n integer, name text, most bigint) returns bigint language sql immutable as $$
    select ('x' || substr(md5(name || n), 1, 12))::bit(48)::bigint % most $$;
create table log (k integer, e text, at timestamptz, p jsonb);
insert into log
select i, 'seen', timestamptz '2024-01-01 00:00+00' + i * interval '1 min', jsonb_build_object(
    'mac_one_octet', '08:00:2b:01:' || lpad(to_hex(draw(i, 'mac', 256)), 2, '0') || ':02',
    'mac', (select string_agg(substr(md5('mac' || i), 2 * j, 2), ':') from generate_series(1, 6) j),
    'hhmm', to_char(time '08:00' + draw(i, 'hhmm', 700) * interval '1 min', 'HH24:MI'),
    'padded', lpad(draw(i, 'padded', 1000000)::text, 6, '0'),
    'iso', to_char(timestamp '2024-01-01' + draw(i, 'iso', 300 * 86400000::bigint) * interval '1 ms', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'date', to_char(date '2024-01-01' + draw(i, 'date', 600)::integer, 'YYYY-MM-DD'),
    'dmon', to_char(date '2024-01-01' + draw(i, 'dmon', 600)::integer, 'DD Mon YYYY'),
    'ipv4', '10.0.' || draw(i, 'a', 256) || '.' || draw(i, 'b', 256),
    'ipv6', '2001:db8::' || to_hex(draw(i, 'ipv6', 65536)),
    'uuid', overlay(md5('uuid' || i) placing '4' from 13)::uuid::text,
    'phone', '+49 30 ' || lpad(draw(i, 'phone', 10000000)::text, 7, '0'),
    'plate', 'B-' || chr(65 + draw(i, 'c', 26)::integer) || chr(65 + draw(i, 'd', 26)::integer) || ' ' || 1 + draw(i, 'e', 8999),
    'percent', draw(i, 'percent', 101) || '%',
    'email', 'user' || i || '@example.org',
    'negative', ((draw(i, 'neg', 10000) - 5000) / 100.0)::numeric(6, 2)::text,
    'country', (array['DE', 'FR', 'IT', 'ES'])[1 + draw(i, 'country', 4)],
    'version', 'v' || draw(i, 'f', 4) || '.' || draw(i, 'g', 20) || '.' || draw(i, 'h', 100),
    'hex', '0x' || substr(md5('hex' || i), 1, 8),
    'path', '/srv/data/' || draw(i, 'i', 40) || '/f' || draw(i, 'j', 90) || '.csv')
from generate_series(1, 600) i;
create temp table expected (slot, pattern) as values
    ('mac_one_octet', '^08:00:2b:01:[0-9a-f]{2}:02$'), ('mac', '^([0-9a-f]{2}:){5}[0-9a-f]{2}$'), ('hhmm', '^([01]\d|2[0-3]):[0-5]\d$'), ('padded', '^\d{6}$'),
    ('iso', '^2024-(0\d|1[0-2])-([0-2]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$'), ('date', '^202[45]-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$'),
    ('dmon', '^(0[1-9]|[12]\d|3[01]) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) 202[45]$'),
    ('ipv4', '^10\.0(\.(\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])){2}$'), ('ipv6', '^2001:db8::[0-9a-f]{1,4}$'),
    ('uuid', '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$'), ('phone', '^\+49 30 \d{7}$'), ('plate', '^B-[A-Z]{2} [1-9]\d{0,3}$'),
    ('percent', '^(100|[1-9]?\d)%$'), ('email', '^user\d{1,3}@example\.org$'), ('negative', '^-?\d{1,2}\.\d\d$'), ('country', '^(DE|FR|IT|ES)$'),
    ('version', '^v[0-3]\.1?\d\.\d{1,2}$'), ('hex', '^0x[0-9a-f]{8}$'), ('path', '^/srv/data/\d{1,2}/f\d{1,2}\.csv$');
select logfsm.create_model('m', source => 'log', trace => 'k', event => 'e', at => 'at', params => 'p');
select traces from logfsm.fit('m');
select logfsm.synthesize('m', 600, seed => 1);
select slot, count(*) filter (where run_id = 0 and value !~ pattern) as real_otherwise, count(*) filter (where run_id = 1 and value !~ pattern) as otherwise,
       count(*) filter (where run_id = 1) as synthetic, count(distinct value) filter (where run_id = 1) > 3 as many
from m.parameters join expected using (slot) group by 1 order by 1;
select rule, checked, violated from logfsm.check_run('m', 1) where kind = 'parameter' order by 1;
-- Names of single things are never real ones; after user600 others come.
with real as (select distinct slot, value from m.parameters where run_id = 0)
select slot, count(*) from m.parameters join real using (slot, value) where run_id = 1 and slot in ('mac', 'uuid', 'hex', 'phone', 'email') group by 1;
select logfsm.drop_model('m');
drop table log;
drop function draw;
