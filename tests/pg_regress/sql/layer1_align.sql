-- align: the fewest edits to a trace that the machine accepts.
create temp table machine as
select logfsm.prefix_tree_agg(t) a
from (select logfsm.trace_agg(e, o) t from (values (1, array['open', 'read', 'close']), (2, array['open', 'write', 'sync', 'close'])) v (n, es),
      unnest(es) with ordinality u (e, o) group by n) s;
create temp table odd as
select n, logfsm.trace_agg(e, o) t
from (values (1, array['open', 'read', 'close']), (2, array['open', 'close']), (3, array['open', 'write', 'close']), (4, array['open', 'read', 'read', 'close']),
             (5, array['fly', 'open', 'read', 'close'])) v (n, es), unnest(es) with ordinality u (e, o)
group by n;
select n, step, seq, move, event, src, dst, cost from machine, odd, logfsm.align(a, t) order by n, step;
select n, sum(cost) from machine, odd, logfsm.align(a, t) group by n order by n;
-- An accepted trace costs nothing, any other one something.
select bool_and((select sum(cost) = 0 from logfsm.align(a, t)) = logfsm.accepts(a, t)) from machine, odd;
select count(*) from machine, logfsm.align(a, null);
