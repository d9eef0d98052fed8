-- Guards: rows, words, SQL; replay and the SQL expression agree whatever the values are.
set client_min_messages = warning;
create table machine (m logfsm.automaton);
insert into machine select logfsm.from_json(jsonb_build_object(
    'version', 2,
    'kind', '{"inferred": {"method": "k_tails", "options": {}, "notes": []}}'::jsonb,
    'labels', '[{"event": "open"}, {"event": "read"}, {"event": "write"}]'::jsonb,
    'stops', '[0, 0, 0, 10]'::jsonb,
    'transitions', (select jsonb_agg(jsonb_build_object('source', s, 'label', l, 'target', t, 'count', c,
        'delays', '{"min": 0, "max": 0, "sum": "0", "buckets": []}'::jsonb, 'parameters', '{"items": []}'::jsonb) order by s, l, t)
        from (values (0, 0, 1, 6), (0, 0, 2, 4), (1, 1, 3, 6), (2, 2, 3, 4)) v (s, l, t, c)),
    'totals', '{"traces": 10, "distinct_traces": 2, "events": 20, "ties": 0, "timed_traces": 0, "events_with_parameters": 10, "earliest": 0, "latest": 0}'::jsonb,
    'durations', '{"min": 0, "max": 0, "sum": "0", "buckets": []}'::jsonb,
    'starts', '{"items": []}'::jsonb,
    'pair_times', '[]'::jsonb,
    'learned', '{"guards": [{"source": 0, "label": 0, "gain": 0.5, "support": 10, "nodes": [
        {"ask": {"slot": "n", "test": {"at_most": 50}, "yes": 1, "no": 2}}, {"take": [0]},
        {"ask": {"slot": "mode", "test": {"one_of": ["a\\b", "it''s", "{\"x\": 1}"]}, "yes": 3, "no": 4}}, {"take": [0]},
        {"ask": {"slot": "1", "test": "missing", "yes": 5, "no": 6}}, {"take": [1]},
        {"ask": {"slot": "1", "test": {"at_most": -1.5}, "yes": 7, "no": 8}}, {"take": [0]}, {"take": [1]}]}]}'::jsonb));
select g.* from machine, logfsm.guards(m) g;
select t.transition_id, src, event, dst, logfsm.guard_text(m, t.transition_id) from machine, logfsm.transitions(m) t;
select logfsm.guard_sql(m, 0, 'e.params'), logfsm.guard_sql(m, 2) from machine;
select name, value from machine, logfsm.stats(m) where name ~ 'guard|deterministic';
-- The forms keep them.
select logfsm.from_json(logfsm.to_json(m)) operator(logfsm.=) m and m::text::logfsm.automaton operator(logfsm.=) m as same from machine;
-- Replay chooses by parameters; without any, wherever the label leads.
create table openings (params jsonb);
insert into openings select v::jsonb from unnest(array[
    '{}', '[]', '{"n": 50}', '{"n": 50.0001}', '{"n": "50"}', '{"n": "5e1"}', '{"n": "5e100"}', '{"n": " 50"}', '{"n": true}', '{"n": null}', '{"n": [1]}',
    '{"n": -1e300}', '{"n": 1e-300}', '{"n": 99, "mode": "a\\b"}', '{"mode": "it''s"}', '{"mode": {"x": 1}}', '{"mode": "A\\b"}', '{"mode": ""}',
    '[-2]', '["-2", 3]', '[0]', '[null]', '-2', '"-1.5"', '7', 'null', '{"1": -2}', '{"1": null}', '{"1": "-1.50"}', '{"1": ".5"}', '{"1": "1_0"}', '{"1": "-1.5\n"}']) v;
create function says(expression text, params jsonb) returns boolean language plpgsql as $$
declare answer boolean; begin execute format('select %s from (select $1 as params) e', expression) into answer using params; return answer; end $$;
create view judged as
select o.params, r.transition_id, says(logfsm.guard_sql(m, 0), o.params) as first, says(logfsm.guard_sql(m, 1), o.params) as second
from machine, openings o,
     lateral (select logfsm.trace_agg(event, '2020-01-01'::timestamptz, n::bigint, null::text, p) as read
              from (values ('open', 1, o.params), ('read', 2, null)) e (event, n, p)) a,
     lateral (select logfsm.trace_agg(event, '2020-01-01'::timestamptz, n::bigint, null::text, p) as write
              from (values ('open', 1, o.params), ('write', 2, null)) e (event, n, p)) b,
     lateral (select * from logfsm.replay(m, read) union all select * from logfsm.replay(m, write)) r
where r.seq = 1;
select params, transition_id from judged order by params::text collate "C";
select count(*) = (select count(*) from openings) as one_each, count(*) filter (where first is null or second is null or first = second) as odd,
       count(*) filter (where transition_id <> case when first then 0 else 1 end) as differ from judged;
select logfsm.accepts(m, t), round(logfsm.score(m, t)::numeric, 3) as score from machine, (select logfsm.trace_agg(e, n) as t from (values ('open', 1), ('write', 2)) v (e, n)) s;
-- A parameter compared with another one.
create table comparing as select logfsm.from_json(jsonb_set(logfsm.to_json(m), '{learned,guards,0,nodes}',
    '[{"ask": {"slot": "n", "test": {"at_most_slot": {"slot": "k", "plus": -1.5}}, "yes": 1, "no": 2}}, {"take": [0]},
      {"ask": {"slot": "1", "test": {"at_most_slot": {"slot": "2", "plus": 0}}, "yes": 3, "no": 4}}, {"take": [0]}, {"take": [1]}]')) as m from machine;
select g.* from comparing, logfsm.guards(m) g;
select logfsm.guard_text(m, 0), logfsm.guard_text(m, 1), logfsm.guard_sql(m, 0) from comparing;
truncate openings;
insert into openings select v::jsonb from unnest(array['{}', '{"n": 1}', '{"k": 1}', '{"n": 1, "k": 2.5}', '{"n": "1", "k": "2.49"}', '{"n": 1, "k": "x"}', '{"n": null, "k": 9}',
    '{"n": "y", "k": 9}', '{"n": -1e99, "k": 1e99}', '[1, 2]', '[2, 1]', '[1]', '["1", "1.0"]', '{"n": 5, "k": 1, "1": 1, "2": 1}']) v;
create view compared as
select o.params, r.transition_id, says(logfsm.guard_sql(m, 0), o.params) as first, says(logfsm.guard_sql(m, 1), o.params) as second
from comparing, openings o,
     lateral (select logfsm.trace_agg(event, '2020-01-01'::timestamptz, n::bigint, null::text, p) as read
              from (values ('open', 1, o.params), ('read', 2, null)) e (event, n, p)) a,
     lateral (select logfsm.trace_agg(event, '2020-01-01'::timestamptz, n::bigint, null::text, p) as write
              from (values ('open', 1, o.params), ('write', 2, null)) e (event, n, p)) b,
     lateral (select * from logfsm.replay(m, read) union all select * from logfsm.replay(m, write)) r
where r.seq = 1;
select params, transition_id, first, second from compared order by params::text collate "C";
-- Pictures name the guard in brackets beside its event.
select line from comparing, regexp_split_to_table(logfsm.to_dot(m), '\n') line where line ~ 'open';
-- What is not a guard is refused, and what is not there is said.
\set ON_ERROR_STOP 0
select logfsm.guard_text(m, 4) from machine;
select logfsm.guard_text(m, -1) from machine;
select logfsm.from_json(jsonb_set(logfsm.to_json(m), '{learned,guards,0,nodes,1}', '{"take": []}')) is null from machine;
select logfsm.from_json(jsonb_set(logfsm.to_json(m), '{learned,guards,0,nodes,1}', '{"take": [2]}')) is null from machine;
select logfsm.from_json(jsonb_set(logfsm.to_json(m), '{learned,guards,0,nodes,0,ask,no}', '0')) is null from machine;
select logfsm.from_json(jsonb_set(logfsm.to_json(m), '{learned,guards,0,nodes,2,ask,test,one_of}', '["b", "a"]')) is null from machine;
select logfsm.from_json(jsonb_set(logfsm.to_json(m), '{learned,guards,0,nodes}', '[]')) is null from machine;
