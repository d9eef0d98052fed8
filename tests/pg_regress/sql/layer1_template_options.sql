-- Masks and limits, template numbers, lines rebuilt, JSON.
create temp table lines as select i n, format('Order <%s %s> of %s paid', chr(97 + i % 7), i, (array['ann', 'bob'])[1 + i % 2]) line from generate_series(1, 60) i;
select template, kinds, count from (select logfsm.template_agg(line) m from lines) s, logfsm.list_templates(m) order by 1;
create temp table mined as select logfsm.template_agg(line, '{"masks": ["<[^>]*>", "of \\w+"]}') m from lines;
select template, kinds, count from mined, logfsm.list_templates(m) order by 1;
select p.* from mined, logfsm.parse(m, 'Order <x y z> of cid paid') p;
-- Another limit makes values of fewer words.
select template from (select logfsm.template_agg(line, '{"word_limit": 2}') m from lines) s, logfsm.list_templates(m) order by 1;
-- Parts with the same options add up, others do not.
select logfsm.rollup(m)::text = (select m::text from mined) as rolled_up from (select logfsm.template_agg(line, '{"masks": ["<[^>]*>", "of \\w+"]}') m from lines group by n % 10) s;
select (m::text)::logfsm.templates::text = m::text as round_trip from mined;
select logfsm.rollup(m) from (select m from mined union all select logfsm.template_agg(line) from lines) s;
select logfsm.template_agg(line, case when n < 30 then '{"word_limit": 2}'::jsonb else '{}' end) from lines;
select logfsm.template_agg(line, '{"masks": ["("]}') from lines;
select logfsm.template_agg(line, '{"masks": "x"}') from lines;
select logfsm.template_agg(line, '{"limit": 3}') from lines;
select count(*) from (select logfsm.template_agg(line, null) m from lines) s, logfsm.list_templates(m);
-- Numbers alone, and every line again from template and parameters.
select count(*), count(distinct logfsm.template_id(m, line)), bool_and(logfsm.template_id(m, line) = p.template_id) as same from mined, lines, logfsm.parse(m, line) p;
select logfsm.template_id(m, 'something else') from mined;
select bool_and(logfsm.rebuild(m, p.template_id, coalesce(p.parameters, '[]')) = line) as rebuilt from mined, lines, logfsm.parse(m, line) p;
select logfsm.rebuild(m, 7) from mined;
select logfsm.rebuild(m, 0) from mined;
select logfsm.rebuild(m, 0, '{"a": 1}') from mined;
select t ->> 'text' as template, t -> 'kinds' as kinds, t -> 'count' as count from mined, jsonb_array_elements(m::jsonb -> 'templates') t;
select m::jsonb -> 'masks' as masks from mined;
-- Whether more lines change what earlier lines are.
select logfsm.is_moved_by(a.m, a.m), logfsm.is_moved_by(a.m, b.m) from mined a, (select logfsm.template_agg(line, '{"masks": ["<[^>]*>", "of \\w+"]}') m from (select line from lines union all select 'another thing') s) b;
select logfsm.is_moved_by(a.m, b.m) from (select logfsm.template_agg(line) m from (values ('user ann in')) v (line)) a,
    (select logfsm.template_agg(format('user %s in', u)) m from unnest(array['ann', 'bob', 'cid', 'dan', 'eve', 'fay', 'gil']) u) b;
