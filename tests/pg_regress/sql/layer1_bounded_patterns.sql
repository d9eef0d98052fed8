-- An expression that takes long on a long line is matched in steps: a cancelled query ends, and what is found is the same.
select pg_catalog.cardinality(logfsm.trace_keys(repeat('a', 1200) || ' x=1', '(?:a?){600}a{600}')) as keys;
select logfsm.trace_keys(repeat('key-7 key-8 ', 40000), '(?:k|key)-(\d{1,50})') as keys;
set statement_timeout = '300ms';
\set VERBOSITY terse
select logfsm.trace_keys(repeat('a', 1000000), '(?:a?){5000}a{5000}');
\echo :SQLSTATE
select count(*) from logfsm.parse_line(repeat('a', 1000000), '(?<MESSAGE>(?:a?){5000}a{5000}b)');
\echo :SQLSTATE
select logfsm.template_agg(repeat('a', 1000000), '{"masks": ["(?:a?){5000}a{5000}b"]}');
\echo :SQLSTATE
