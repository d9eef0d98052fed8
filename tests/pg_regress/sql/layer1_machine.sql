-- A small machine read in full: states conserve flow, probabilities and delays are those of the traces.
set timezone = 'UTC';
create temp table traces as
select id, logfsm.trace_agg(e, timestamptz '2026-01-01' + s * interval '1 s') t
from (values (1, 'open', 0), (1, 'read', 1), (1, 'close', 3),
             (2, 'open', 0), (2, 'read', 3), (2, 'read', 4), (2, 'close', 6),
             (3, 'open', 0), (3, 'close', 10)) v (id, e, s)
group by id;
create temp table machine as select logfsm.prefix_tree_agg(t) p, logfsm.infer(logfsm.prefix_tree_agg(t), 'k_tails', '{"k": 1}') a from traces;
select s.* from machine, logfsm.states(a) s;
select transition_id, src, component, event, dst, count, round(prob::numeric, 4) prob, delay_min, round(delay_mean::numeric, 3) mean, delay_max
from machine, logfsm.transitions(a);
select e.* from machine, logfsm.event_types(a) e;
select name, value from machine, logfsm.stats(a) where name <> 'fingerprint';
-- visits = out-flow + stops = in-flow (or traces, at the start).
select s.state_id, visits = stops + coalesce((select sum(count) from logfsm.transitions(a) where src = state_id), 0) as out_ok,
       visits = coalesce((select sum(count) from logfsm.transitions(a) where dst = state_id), 0)
              + case when kind = 'start' then (select count(*) from traces) else 0 end as in_ok
from machine, logfsm.states(a) s;
select count(*), bool_and(logfsm.accepts(a, t)), bool_and(logfsm.accepts(p, t)) from machine, traces;
-- The machine generalises, the tree does not.
select logfsm.accepts(a, t), logfsm.accepts(p, t)
from machine, (select logfsm.trace_agg(e, o) t from unnest(array['open', 'read', 'read', 'read', 'close']) with ordinality u (e, o)) s;
select logfsm.accepts(a, t) from machine, (select logfsm.trace_agg(e, o) t from unnest(array['open', 'read']) with ordinality u (e, o)) s;
select seq, event, src, dst, transition_id from machine, logfsm.replay(a, (select t from traces where id = 2));
select count(*) from machine, logfsm.replay(a, (select logfsm.trace_agg('close', 1::bigint)));
