-- explain names what was unexpected, and its contributions add up to the score.
create temp table traces as
select id, logfsm.trace_agg(e, o) t
from (select i id, case when i % 200 = 0 then array['open', 'close'] when i % 4 = 0 then array['open', 'read', 'read', 'close'] else array['open', 'read', 'close'] end es
      from generate_series(1, 1000) i) s, unnest(es) with ordinality u (e, o)
group by id;
create temp table machine as select logfsm.infer(logfsm.prefix_tree_agg(t)) a from traces;
create temp table odd as
select n, logfsm.trace_agg(e, o) t
from (values (1, array['open', 'read', 'close']), (2, array['open', 'close']), (3, array['open', 'read']), (4, array['read', 'close']),
             (5, array['open', 'fly', 'close']), (6, array['fly'])) v (n, es), unnest(es) with ordinality u (e, o)
group by n;
select n, seq, event, kind, state, expected, round(probability::numeric, 4) p, round(contribution::numeric, 2) bits
from machine, odd, logfsm.explain(a, t) order by n, seq, event nulls first;
select n, abs(logfsm.score(a, t) - (select sum(contribution) from logfsm.explain(a, t))) < 1e-9 as adds_up from machine, odd order by n;
select bool_and(abs(logfsm.score(a, t) - (select sum(contribution) from logfsm.explain(a, t))) < 1e-9) as adds_up from machine, traces;
-- Common traces score about zero, odd ones higher.
select (select max(abs(logfsm.score(a, t))) from traces where id % 200 <> 0) < 3 as usual_low,
       (select min(logfsm.score(a, t)) from odd where n > 2) > 5 as odd_high from machine;
