-- Where invariants do not hold: on a machine's paths, in a trace, in a set of traces.
create temp table traces as
select id, logfsm.trace_agg(e, o) t
from (values (1, 'open read close'), (2, 'open read read close'), (3, 'open close'), (4, 'open write close')) v (id, w),
    unnest(string_to_array(w, ' ')) with ordinality u (e, o)
group by id;
create temp table m as select p, logfsm.infer(p, 'k_tails', '{"k": 0}') loose, logfsm.infer(p, 'synoptic') strict
from (select logfsm.prefix_tree_agg(t) p from traces) s;
select c.* from m, logfsm.check_invariants(loose) c where kind = 'AFby' or a = 'open' order by 1;
select count(*) from m, logfsm.check_invariants(strict) c;
select count(*) from m, logfsm.check_invariants(p) c;
-- Only some, and one of the user's own.
select c.kind, a, b, counterexample, ends from m, logfsm.check_invariants(loose, '{"kinds": ["AP"], "min_support": 2}') c;
select c.kind, a, b, support, counterexample from m, logfsm.check_invariants(strict, '{"kinds": [], "invariants": [["AFby", "open", "read"], ["AP", "open", "close"]]}') c;
-- Invariants of other traces.
select c.kind, a, b, counterexample from m, (select logfsm.prefix_tree_agg(t) q from traces where id <= 2) o, logfsm.check_invariants(strict, reference => q) c;
-- A trace and what it breaks.
create temp table odd as select n, logfsm.trace_agg(e, o) t from (values (1, 'open read'), (2, 'close open close'), (3, 'open dance close')) v (n, w),
    unnest(string_to_array(w, ' ')) with ordinality u (e, o) group by n;
select n, c.kind, a, b, seq from m, odd, logfsm.broken_invariants(loose, t) c order by n, invariant_id;
select count(*) from m, traces, logfsm.broken_invariants(strict, t) c;
select id, logfsm.variant(t), logfsm.violated_at(t, 'AFby', 'read', 'read'), logfsm.violated_at(t, 'AFby', 'INITIAL', 'read') from traces order by id;
select n, logfsm.violated_at(t, 'AP', 'open', 'close') from odd order by n;
-- Why is this not an invariant?
select v.* from m, logfsm.violations(p, 'AFby', 'open', 'read') v;
select v.* from m, logfsm.violations(p, 'AFby', 'open', 'close') v;
select v.* from m, logfsm.violations(p, 'NFby', 'open', 'close', max_rows => 1) v;
-- Errors.
select v.* from m, logfsm.violations(loose, 'AFby', 'open', 'read') v;
select v.* from m, logfsm.violations(p, 'AFby', 'open', 'write off') v;
select v.* from m, logfsm.violations(p, 'always', 'open', 'read') v;
select logfsm.violated_at(t, 'X', 'open', 'read') from traces;
select logfsm.check_invariants(loose, '{"invariants": [["AFby", "open"]]}') from m;
select logfsm.infer(p, 'synoptic', '{"invariants": [["AFby", "open", "read"]]}') from m;
-- Stages of refinement, and times as constraints.
select (select value from logfsm.stats(logfsm.infer(p, 'synoptic', format('{"coarsen": false, "rounds": %s}', n)::jsonb)) where name = 'states') states
from m, generate_series(0, 2) n;
select logfsm.infer(p, 'synoptic', '{"timed": true}') from m;
