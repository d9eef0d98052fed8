-- The invariants of a model: written by fit, brought up to date by refresh, gone with the model.
set client_min_messages = warning;
set timezone = 'UTC';
create table log (id integer, event text, at timestamptz);
insert into log select i, e, timestamptz '2026-01-01' + i * interval '1 min' + o * interval '1 s'
from generate_series(1, 20) i, unnest(array['open', 'read', 'close']) with ordinality u (e, o) where not (e = 'read' and i % 2 = 0);
select logfsm.create_model('m', source => 'log', trace => 'id', event => 'event', at => 'at');
select count(*) from m.invariants;
select traces from logfsm.fit('m', 'mdl');
select * from m.invariants order by invariant_id;
-- The same as of its tree, and joined to its event types.
select count(*) from (select kind, a, b, support from m.invariants except select i.kind, i.a, i.b, i.support from m.model, logfsm.invariants(prefix_tree) i) d;
select kind, x.template, y.template from m.invariants i left join m.templates x on x.template_id = a_template_id join m.templates y on y.template_id = b_template_id
where kind = 'AFby' order by invariant_id;
-- A trace without close: what it breaks is gone after refresh, as after a fit.
insert into log values (100, 'open', '2026-01-01 01:00');
select new_traces from logfsm.refresh('m');
create temp table refreshed as table m.invariants;
select kind, a, b, support from m.invariants where kind = 'AFby' order by invariant_id;
select traces from logfsm.fit('m', 'mdl');
select count(*) from (table refreshed except table m.invariants) d;
-- A run keeps its machine's invariants when that machine goes.
select logfsm.synthesize('m', 5);
select traces from logfsm.fit('m', 'mdl');
select relname from pg_class where relnamespace = 'm'::regnamespace and relname like 'invariants%' and relkind in ('r', 'p') order by 1;
select logfsm.drop_run('m', 1);
select relname from pg_class where relnamespace = 'm'::regnamespace and relname like 'invariants%' and relkind in ('r', 'p') order by 1;
select logfsm.drop_model('m');
