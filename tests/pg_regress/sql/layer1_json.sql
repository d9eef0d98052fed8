-- What to_jsonb, row_to_json and casts show of our types is for people.
create table log (id int, event text, at timestamptz, seq bigint, component text, params jsonb);
insert into log values (1, 'open', '2026-01-01 10:00Z', 1, 'db', '{"user": "ann"}'), (1, 'say "hi"', '2026-01-01 10:00:01.5Z', 2, null, null), (2, 'open', '2026-01-02Z', 1, 'db', '{}');
create table kept as select id, logfsm.trace_agg(event, at, seq, component, params) as trace from log group by id;
set timezone = 'Asia/Tokyo'; set datestyle = 'german';
select trace::jsonb from kept order by id;
select trace::json from kept order by id;
select to_jsonb(trace), logfsm.to_json(trace) = to_jsonb(trace) as same from kept where id = 2;
select row_to_json(v) from kept v where id = 2;
select jsonb_build_object('t', trace), json_agg(trace) from kept where id = 2 group by trace;
select to_jsonb(logfsm.trace_agg(event, seq)) from log where id = 1;
select to_jsonb(array[trace]) from kept where id = 2;
with m as (select logfsm.prefix_tree_agg(trace) as a, logfsm.template_agg('took ' || id || ' ms') as t from kept)
select to_jsonb(a) = a::jsonb as automaton, row_to_json(m)::jsonb -> 'a' = a::jsonb as in_row, jsonb_typeof(to_jsonb(a)) as kind,
       logfsm.from_json(to_jsonb(a)) operator(logfsm.=) a as back, to_jsonb(t) = t::jsonb as templates from m;
select to_jsonb(null::logfsm.trace);
