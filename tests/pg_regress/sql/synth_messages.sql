-- Values in messages keep their kinds: mailboxes, dates, addresses, versions, names in another script.
set client_min_messages = warning;
create table log (k text, m text, at timestamptz);
insert into log
select 'o' || i, format(s, v.a, v.b), timestamptz '2024-01-01 00:00+00' + i * interval '1 min' + n * interval '1 s'
from generate_series(1, 300) i, lateral (values
    (1, 'order %s placed by %s', lpad(i::text, 6, '0'), 'user' || i || '@example.org'),
    (2, 'due on %s at %s', to_char(date '2024-02-01' + i % 60, 'YYYY-MM-DD'), to_char(time '08:00' + i * interval '1 min', 'HH24:MI')),
    (3, 'balance %s from %s', i - 150 || '.' || lpad((i * 7 % 100)::text, 2, '0'), '2001:db8::' || to_hex(i)),
    (4, 'device %s id %s', '08:00:2b:01:' || lpad(to_hex(i % 256), 2, '0') || ':02', md5(i::text)::uuid::text),
    (5, 'shipped version %s to %s', 'v1.' || i % 20 || '.' || i % 7, (array['张三', '李四', '王五'])[1 + i % 3])) v (n, s, a, b);
select logfsm.create_model('m', source => 'log', trace => 'k', message => 'm', at => 'at');
select traces from logfsm.fit('m');
select logfsm.synthesize('m', 300, seed => 1);
select template, p.slot, count(*), count(*) filter (where p.value !~ pattern) as otherwise, min(p.value) filter (where p.value !~ pattern) as example
from m.parameters p join m.events e using (run_id, trace_id, seq) join m.templates t on t.template_id = e.template_id
join (values ('order', '1', '^\d{6}$'), ('order', '2', '^user\d{1,3}@example\.org$'), ('due', '1', '^2024-0[234]-([0-2]\d|3[01])$'), ('due', '2', '^([01]\d|2[0-3]):[0-5]\d$'),
             ('balance', '1', '^-?\d{1,3}\.\d\d$'), ('balance', '2', '^2001:db8::[0-9a-f]{1,3}$'), ('device', '1', '^08:00:2b:01:[0-9a-f]{2}:02$'),
             ('device', '2', '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'), ('shipped', '1', '^v1\.1?\d\.[0-6]$'), ('shipped', '2', '^(张三|李四|王五)$')) x (first, slot, pattern)
    on x.slot = p.slot and x.first = split_part(template, ' ', 1)
where p.run_id = 1 group by 1, 2 order by 1, 2;
select rule, violated from logfsm.check_run('m', 1) where violated > 0;
select logfsm.drop_model('m');
drop table log;
