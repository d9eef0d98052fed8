-- A role with nothing but CREATE on the database does everything with its own logs.
set client_min_messages = warning;
create role regress_plain;
grant create on database regress to regress_plain;
set role regress_plain;
create schema plain;
create table plain.app_log (request_id int, line text, logged_at timestamptz, svc text);
insert into plain.app_log select i, format(line, i), timestamptz '2026-01-01' + i * interval '1 min' + o * interval '1 s', 'web'
from generate_series(1, 100) i, unnest(array['request %s received', 'request %s answered', 'connection closed']) with ordinality u (line, o);
select logfsm.create_model('checkout', source => 'plain.app_log', trace => 'request_id', message => 'line', at => 'logged_at', component => 'svc');
select traces, events, states, transitions from logfsm.fit('checkout', method => 'auto');
select component, event, count, prob from checkout.transitions order by transition_id;
select logfsm.synthesize('checkout', traces => 100, seed => 42);
select origin, count(*) from checkout.all_traces group by 1 order by 1;
select count(*) from checkout.scores where is_anomalous;
select count(*) from logfsm.explain('checkout', '17');
select logfsm.watch('checkout', action => 'flag');
insert into plain.app_log values (1000, 'connection closed', '2026-01-02', 'web');
select trace_key, kind from checkout.anomalies;
select new_traces from logfsm.refresh('checkout');
select logfsm.score_traces('checkout');
select logfsm.unwatch('checkout');
select logfsm.drop_run('checkout', 1);
create view plain.my_transitions as select * from checkout.transitions;
select traces from logfsm.fit('checkout');
select count(*) from plain.my_transitions;
drop view plain.my_transitions;
-- Layer 1 as well.
select count(*) from (select logfsm.prefix_tree_agg(t) p from (select logfsm.trace_agg(line, logged_at) t from plain.app_log group by request_id) s) x, logfsm.states(logfsm.infer(p));
select logfsm.drop_model('checkout');
drop schema plain cascade;
select count(*) from pg_class where relowner = 'regress_plain'::regrole;
