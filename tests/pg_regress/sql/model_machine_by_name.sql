-- What a machine shows, by its model's name.
set client_min_messages = warning;
create table log as select n as id, e as event, i as seq from generate_series(1, 20) n, unnest(array['open', 'read', 'close']) with ordinality x (e, i) where e <> 'read' or n % 2 = 0;
select logfsm.create_model('m', source => 'log', trace => 'id', event => 'event', seq => 'seq');
select logfsm.states('m');
select traces from logfsm.fit('m');
select s.* from logfsm.states('m') s;
select t.src, t.event, t.dst, t.count from logfsm.transitions('m') t;
select e.event, e.count from logfsm.event_types('m') e;
select s.value from logfsm.stats('m') s where s.name = 'traces';
select count(*) > 0 as some from logfsm.phases('m');
select i.kind, i.a, i.b from logfsm.invariants('m') i order by 1, 2, 3 limit 3;
select count(*) from logfsm.guards('m');
select logfsm.to_dot('m') = logfsm.to_dot(automaton) as dot, logfsm.to_mermaid('m', '{"direction": "right"}') = logfsm.to_mermaid(automaton, '{"direction": "right"}') as mermaid,
       logfsm.to_svg('m') = logfsm.to_svg(automaton) as svg, logfsm.to_html('m') = logfsm.to_html(automaton) as html, logfsm.to_json('m') = logfsm.to_json(automaton) as json,
       logfsm.machine('m') operator(logfsm.=) automaton as machine from m.model;
-- A column or a parameter is a name as well, and the text of a machine is that machine.
select logfsm.to_dot(name) = logfsm.to_dot(automaton) as by_column from m.model;
select logfsm.fingerprint(logfsm.machine(automaton::text)) = logfsm.fingerprint(automaton) as by_text from m.model;
select logfsm.to_svg('n');
select logfsm.to_svg('automaton:x');
select logfsm.to_svg(null::text) is null as is_null;
create role stranger;
set role stranger;
select logfsm.to_dot('m');
reset role;
drop role stranger;
-- A mistyped option or method names the nearest.
select logfsm.to_dot('m', '{"min_cuont": 1}');
select logfsm.to_dot('m', '{"colour": 1}');
select logfsm.fit('m', 'k_tail');
select logfsm.fit('m', 'k_tails', '{"K": 1}');
select logfsm.drop_model('m');
drop table log;
