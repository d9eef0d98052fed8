-- What comes next, which traces pass where, how two machines differ, and learning from what must not happen.
create temp table traces as
select id, w, logfsm.trace_agg(e, o) t
from (select row_number() over () id, w from (values ('open read close', 60), ('open write close', 39), ('open close', 1)) v (w, n), generate_series(1, n)) x,
    unnest(string_to_array(w, ' ')) with ordinality u (e, o)
group by id, w;
create temp table m as select logfsm.infer(logfsm.prefix_tree_agg(t), 'k_tails', '{"k": 1}') a from traces;
create function pg_temp.prefix(text) returns logfsm.trace language sql as
    $$ select logfsm.trace_agg(e, o) from unnest(string_to_array($1, ' ')) with ordinality u (e, o) $$;
select p.component, event, label_id, round(probability::numeric, 4) from m, logfsm.predict(a, pg_temp.prefix('open')) p;
select event, round(probability::numeric, 4) from m, logfsm.predict(a, pg_temp.prefix('open read close')) p;
select event, round(probability::numeric, 4) from m, logfsm.predict(a, pg_temp.prefix('open'), '{"smoothing": true}') p;
select event, round(probability::numeric, 4) from m, logfsm.predict(a, pg_temp.prefix('open jump')) p;
select round(sum(probability)::numeric, 9) from m, logfsm.predict(a, pg_temp.prefix('open write')) p;
select logfsm.predict(a, pg_temp.prefix('open'), '{"smooth": true}') from m;
-- Traces through states.
select w, count(*) from traces, m where logfsm.passes_through(a, t, array(select dst from logfsm.transitions(a) where event = 'read')) group by w;
select logfsm.passes_through(a, t, '{}') from traces, m limit 1;
select logfsm.passes_through(a, t, '{99}') from traces, m limit 1;
select logfsm.passes_through(a, t, '{NULL}') from traces, m limit 1;
-- Two machines.
create temp table later as
select logfsm.infer(logfsm.prefix_tree_agg(t), 'k_tails', '{"k": 1}') b
from (select n, logfsm.trace_agg(e, o) t from (select row_number() over () n, w from (values ('open read close', 10), ('open write close', 90), ('open read fail', 30)) v (w, n), generate_series(1, n)) x,
    unnest(string_to_array(w, ' ')) with ordinality u (e, o) group by n) s;
select change, event, states_a, count_a, round(prob_a::numeric, 3) prob_a, states_b, count_b, round(prob_b::numeric, 3) prob_b, p_value < 0.001 as p, is_significant, example
from m, later, logfsm.compare(a, b);
select count(*) from m, logfsm.compare(a, a);
select change, event from m, logfsm.compare(a, a, '{"unchanged": true}') order by example, event nulls last;
select logfsm.compare(a, a, '{"alpha": 2}') from m;
-- Negative traces.
create temp table labelled as select logfsm.prefix_tree_agg(pg_temp.prefix(w)) filter (where ok) good, logfsm.prefix_tree_agg(pg_temp.prefix(w)) filter (where not ok) bad
from (values ('a', false), ('a a', true), ('a a a', false), ('a a a a', true), ('b', false), ('a a a a a a', true), ('a a a a a', false)) v (w, ok);
select method, logfsm.accepts(machine, pg_temp.prefix('a a a a a a a a')) even, logfsm.accepts(machine, pg_temp.prefix('a a a a a a a')) odd, logfsm.accepts(machine, pg_temp.prefix('b')) b,
    (select value from logfsm.stats(machine) where name = 'method') stated
from labelled, unnest(array['edsm', 'rpni', 'auto']) method, lateral (select logfsm.infer(good, method, negative => bad) machine) x;
select logfsm.infer(good, 'mdl', negative => bad) from labelled;
-- What is positive too is left out of the negative traces.
select s.value from labelled, logfsm.stats(logfsm.infer(good, 'edsm', negative => good)) s where s.name = 'note';
select (select array_agg(t.count) from logfsm.transitions(logfsm.infer(good, 'edsm', negative => mixed)) t) = (select array_agg(t.count) from logfsm.transitions(logfsm.infer(good, 'edsm', negative => bad)) t) as same
from labelled, lateral (select logfsm.rollup(t) as mixed from unnest(array[good, bad]) t) x;
select logfsm.infer(good, 'rpni') from labelled;
select logfsm.infer(null, 'rpni', negative => bad) is null, logfsm.infer(good, null) is null, logfsm.infer(good, 'edsm', '{}', null) is null from labelled;
select logfsm.infer(good, 'edsm', negative => logfsm.infer(bad, 'mdl')) from labelled;
