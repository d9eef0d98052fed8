-- Templates are mined from lines, the same in any order and any plan, and applied to others.
create temp table lines as
select i n, case i % 4 when 0 then format('user u%s logged in from 10.0.0.%s', i, i % 250) when 1 then format('took %s ms', i * 1.5) when 2 then 'disk full' else format('job %s done', md5(i::text)) end line
from generate_series(1, 400) i;
create temp table mined as select logfsm.template_agg(line) m from lines;
select template, kinds, count from mined, logfsm.list_templates(m) order by 1;
select logfsm.template_agg(line order by md5(line))::text = (select m::text from mined) as shuffled from lines;
select logfsm.rollup(m)::text = (select m::text from mined) as rolled_up from (select logfsm.template_agg(line) m from lines group by n % 10) s;
select line, p.* from mined, (values ('user bob logged in from 1.2.3.4'), ('took 7 ms'), ('disk full'), ('disk empty'), (''), (null)) v (line), logfsm.parse(m, line) p;
select count(*), count(p.template) from mined, lines, logfsm.parse(m, line) p;
