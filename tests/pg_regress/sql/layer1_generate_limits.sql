-- What generate cannot do, it says.
create temp table machine as
select logfsm.infer(logfsm.prefix_tree_agg(t)) a from (select logfsm.trace_agg(e, s) t from (values ('a', 1), ('b', 2)) v (e, s)) x;
select count(*) from machine, logfsm.generate(a, 0, 1);
\echo :SQLSTATE
select count(*) from machine, logfsm.generate(a, -1, 1);
\echo :SQLSTATE
select count(*) from machine, logfsm.generate(a, 1, 1, 0);
\echo :SQLSTATE
select count(*) from machine, logfsm.generate(a, 1, 1, -5);
\echo :SQLSTATE
select trace, event from machine, logfsm.generate(a, 1, 1, 9223372036854775807);
\echo :SQLSTATE
select count(*) from machine, logfsm.generate(a, 2, 1, 9223372036854775807);
\echo :SQLSTATE
select count(*) from machine, logfsm.generate(a, 1, 1, 1, '{"max_length": 1}');
\echo :SQLSTATE
select count(*) from machine, logfsm.generate(a, 1, 1, 1, '{"length": 1}');
\echo :SQLSTATE
select count(*) from machine, logfsm.generate(a, 1, 1, 1, '{"max_length": "x"}');
\echo :SQLSTATE
select logfsm.generate_trace(a, 1, 0) from machine;
\echo :SQLSTATE
-- A statement that is given up stops at once.
set statement_timeout = '100ms';
select count(*) from machine, logfsm.generate(a, 1000000000000, 1);
\echo :SQLSTATE
reset statement_timeout;
