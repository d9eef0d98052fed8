-- cross_validate, compare_methods and what can be said before fitting.
set client_min_messages = warning;
create table log as
select i as id, n, e as event, case when e in ('read', 'seek') then 'disk' else 'api' end as component
from generate_series(1, 60) i, unnest(string_to_array(case i % 6 when 0 then 'open close' when 1 then 'open read seek close' when 2 then 'open seek read close'
    when 3 then 'open read seek seek read close' when 4 then 'open read seek read seek abort' else 'open seek read read seek abort' end, ' ')) with ordinality u (e, n);
create table tree as select logfsm.prefix_tree_agg(t) as tree from (select logfsm.trace_agg(event, '2020-01-01'::timestamptz, n, component) as t from log group by id) s;
select fold, positives, negatives, round(recall::numeric, 3) as recall, round(specificity::numeric, 3) as specificity, round(balanced_accuracy::numeric, 3) as ba,
       recall_low <= recall and recall <= recall_high and balanced_accuracy_low <= balanced_accuracy and balanced_accuracy <= balanced_accuracy_high as inside
from tree, logfsm.cross_validate(tree, 'prefix_multiset', k => 3, seed => 1);
select positives, negatives, round(recall::numeric, 3) as recall, round(specificity::numeric, 3) as specificity, specificity_hidden is null as local_only
from tree, logfsm.cross_validate(tree, '3-gram', protocol => 'published') where fold is null;
select array_agg(c.*::text) = (select array_agg(d.*::text) from tree, logfsm.cross_validate(tree, 'mdl', seed => 9) d) as same_seed_same_rows
from tree, logfsm.cross_validate(tree, 'mdl', seed => 9) c;
select method, states, transitions, round(balanced_accuracy::numeric, 3) as ba, round(bits_per_event::numeric, 3) as bits, seconds >= 0 as timed
from tree, logfsm.compare_methods(tree, '["prefix_tree", "2-gram", "k_tails", {"method": "k_tails", "options": {"k": 1}}, "prins"]', k => 3);
select round(logfsm.log_component_diversity(tree)::numeric, 4), round(logfsm.log_confidence(tree)::numeric, 3) from tree;
-- Warnings below and above the bounds.
select logfsm.log_component_diversity(t) > 0.2, logfsm.log_confidence(t) < 0.85
from (select logfsm.prefix_tree_agg(t) as t from (select logfsm.trace_agg(i::text, '2020-01-01'::timestamptz, i::bigint, 'c' || i) as t from generate_series(1, 5) i group by i) s) u;
-- Of a model.
select logfsm.create_model('m', source => 'log', trace => 'id', event => 'event', seq => 'n', component => 'component');
select traces from logfsm.fit('m');
select positives from logfsm.cross_validate('m', 'k_tails', k => 2) where fold is null;
select method from logfsm.compare_methods('m', '["mdl", "3-gram"]', k => 2);
\set VERBOSITY terse
select logfsm.cross_validate(tree, 'mdl', k => 1) from tree;
select logfsm.cross_validate(tree, 'mdl', protocol => 'easy') from tree;
select logfsm.cross_validate(tree, '12-gram') from tree;
select logfsm.compare_methods(tree, '{}') from tree;
select logfsm.cross_validate(logfsm.infer(tree, 'mdl')) from tree;
select logfsm.cross_validate('nowhere');
