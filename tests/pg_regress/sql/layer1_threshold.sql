-- threshold: from the training traces, each held out; fewer false alarms cost a higher threshold.
create temp table traces as
select i, logfsm.trace_agg(e, o) t
from generate_series(1, 3000) i, lateral (select array['open'] || array_fill('read'::text, array[1 + (i % 7) * (i % 5 = 0)::int + (i % 501 = 0)::int * (i % 11)]) || array['close']) x (es),
     unnest(es) with ordinality u (e, o)
group by i;
create temp table machine as select logfsm.infer(logfsm.prefix_tree_agg(t), 'k_tails') a from traces;
select logfsm.threshold(a) >= logfsm.threshold(a, 0.1) as ordered, logfsm.threshold(a, 0.1) > 0 as positive, logfsm.threshold(a) = logfsm.threshold(a, 0.001) as "default" from machine;
-- Traces like those of training stay below, others do not.
select count(*) filter (where logfsm.score(a, t) > logfsm.threshold(a)) <= 30 as few from machine, traces;
select name, logfsm.score(a, t) > logfsm.threshold(a) as beyond
from machine, (select 'new type' name, logfsm.trace_agg(e, o) t from unnest(array['open', 'burn', 'close']) with ordinality u (e, o)
               union all select 'no end', logfsm.trace_agg(e, o) from unnest(array['open', 'read']) with ordinality u (e, o)
               union all select 'usual', logfsm.trace_agg(e, o) from unnest(array['open', 'read', 'close']) with ordinality u (e, o)) s
order by 1;
\set VERBOSITY verbose
select logfsm.threshold(a, 0) from machine;
select logfsm.threshold(a, 'nan') from machine;
select logfsm.threshold(logfsm.prefix_tree_agg(t)) from traces;
\set VERBOSITY default
select logfsm.threshold(null) is null as "null";
