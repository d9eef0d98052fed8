-- What fewer than five traces have is never repeated, however often they have it; nor are parts of it.
set client_min_messages = warning;
create table log as
select i as k, n, 'visit' as e, timestamptz '2024-01-01 00:00+00' + i * interval '1 h' + n * interval '1 min' as at,
       jsonb_build_object(
           'name', initcap(translate(substr(md5(i::text), 1, 6), '0123456789', 'ghijklmnop')) || ' ' || initcap(translate(substr(md5('x' || i), 1, 7), '0123456789', 'ghijklmnop')),
           'mail', translate(substr(md5('m' || i), 1, 6), '0123456789', 'ghijklmnop') || '@example.org',
           'diagnosis', (array['flu', 'cold', 'burn'])[1 + i % 3]) as p
from generate_series(1, 200) i, generate_series(1, 10) n;
-- Two traces of a rare diagnosis, ten times each, and five of a less rare one.
update log set p = jsonb_set(p, '{diagnosis}', '"porphyria"') where k <= 2;
update log set p = jsonb_set(p, '{diagnosis}', '"measles"') where k between 11 and 15;
select logfsm.create_model('m', source => 'log', trace => 'k', event => 'e', at => 'at', params => 'p');
select traces from logfsm.fit('m');
select logfsm.synthesize('m', 1000, seed => 1);
with real as (select distinct slot, value from m.parameters where run_id = 0)
select slot, count(real.value) as real_values, count(*) from m.parameters p left join real using (slot, value) where run_id = 1 and slot <> 'diagnosis' group by 1 order by 1;
select value, count(distinct trace_id) filter (where run_id = 0) as real_traces, count(*) filter (where run_id = 1) > 0 as repeated
from m.parameters where slot = 'diagnosis' and value in ('flu', 'cold', 'burn', 'measles', 'porphyria') group by 1 order by 1;
-- Parts of names and mailboxes.
with part as (select distinct run_id, part from m.parameters, regexp_split_to_table(value, '[ @.]') part where slot in ('name', 'mail') and length(part) > 4)
select a.part from part a join part b using (part) where a.run_id = 0 and b.run_id = 1;
select rule, checked, violated from logfsm.check_run('m', 1) where rule in ('format', 'no_real_identifier') order by 1;
select logfsm.drop_model('m');
drop table log;
