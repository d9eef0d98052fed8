-- A cursor that reads the model's tables in the same session stops fit with an error and nothing else.
set client_min_messages = warning;
create table app_log (id text, event text, at timestamptz);
insert into app_log select i, e, timestamptz '2026-01-01' + i * interval '1 min' + o * interval '1 s'
from generate_series(1, 50) i, unnest(array['open', 'read', 'close']) with ordinality u (e, o);
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at');
select traces from logfsm.fit('m');
begin;
declare c cursor for select trace_key from m.real_traces order by trace_id;
fetch 2 from c;
savepoint s;
select traces from logfsm.fit('m');
\echo :SQLSTATE
rollback to s;
fetch 2 from c;
commit;
select fits from m.model;
-- Functions that return rows stop early without harm.
begin;
declare c cursor for select trace, seq, event from m.model, logfsm.generate(automaton, 100000, 1);
fetch 4 from c;
close c;
commit;
select (logfsm.generate(automaton, 1000000000, 1)).event from m.model limit 3;
select (logfsm.states(automaton)).* from m.model limit 2;
select n, s.name from generate_series(1, 2) n, m.model, lateral (select * from logfsm.states(automaton) limit n) s order by n, s.state_id;
