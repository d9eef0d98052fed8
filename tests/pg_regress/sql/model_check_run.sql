-- check_run judges real and synthetic rows by the same rules; faults fire exactly their rules.
set client_min_messages = warning;
create table app_log (id int, event text, at timestamptz, params jsonb);
insert into app_log
select i, e, timestamptz '2026-01-01Z' + i * interval '1 h' + n * interval '2 s' + (i % 7) * interval '10 ms',
       case when e in ('open', 'close') then jsonb_build_object('user', 'usr-' || (i * 7919 + 10000000), 'kind', (array['web', 'app'])[1 + i % 2]) end
from generate_series(1, 120) i,
     unnest(case i % 3 when 0 then array['open', 'read', 'close'] when 1 then array['open', 'write', 'read', 'close'] else array['open', 'read', 'read', 'close'] end) with ordinality u (e, n);
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at', params => 'params');
select traces, events from logfsm.fit('m', 'k_tails');
select logfsm.synthesize('m', 200, seed => 3);
select run_id, status from m.runs order by 1;
select rule, kind, checked > 0 as checked, violated, examples from logfsm.check_run('m', 0);
select rule, checked > 0 as checked, violated from logfsm.check_run('m', 1);
-- Identifiers are bound within a trace and never real.
select count(*) from (select run_id, trace_id from m.parameters where slot = 'user' group by 1, 2 having count(distinct value) <> 1 or count(*) <> 2) s;
select count(*) from m.parameters s join m.parameters r on r.run_id = 0 and r.slot = 'user' and r.value = s.value where s.run_id = 1;
select count(distinct value) > 100 as many, bool_and(value ~ '^usr-\d{8}$') as alike from m.parameters where run_id = 1 and slot = 'user';
-- The same seed gives the same parameters.
select logfsm.synthesize('m', 200, seed => 3);
select count(*) from (select synthetic_key, seq, slot, value from m.parameters join m.traces using (run_id, trace_id) where run_id = 1
    except select synthetic_key, seq, slot, value from m.parameters join m.traces using (run_id, trace_id) where run_id = 2) s;
-- Faults.
begin;
update m.parameters p set value = 'usr-99999999' where run_id = 1 and seq = 1 and slot = 'user' and trace_id = (select min(trace_id) from m.traces where run_id = 1);
select rule, violated, examples from logfsm.check_run('m', 1) where violated > 0;
rollback;
begin;
update m.events e set at = at - interval '1 day' where run_id = 1 and seq = 2 and trace_id = (select min(trace_id) + 5 from m.traces where run_id = 1);
select rule, violated, examples from logfsm.check_run('m', 1) where violated > 0 and rule <> 'delay_range';
rollback;
begin;
delete from m.parameters where run_id = 1 and seq = 1 and trace_id = (select min(trace_id) + 5 from m.traces where run_id = 1);
delete from m.events where run_id = 1 and seq = 1 and trace_id = (select min(trace_id) + 5 from m.traces where run_id = 1);
select rule, violated, examples from logfsm.check_run('m', 1) where violated > 0 and rule <> 'duration_range';
rollback;
-- Fidelity: every metric beside its floor and a shuffled control.
select metric, weighted, value is not null as value, floor is not null as floor, shuffled is not null as shuffled from logfsm.fidelity('m', 1) order by 2, 1;
select bool_and(value <= shuffled) from logfsm.fidelity('m', 1) where metric in ('ngram_distance', 'js_3', 'js_5', 'transition_variation', 'classifier_auc');
select event, next_event, round(real_share::numeric, 2) as real_share, abs(difference) < 0.1 as near from logfsm.transition_matrix('m', 1);
select count(*), bool_and(abs(real_eigenvalue - synthetic_eigenvalue) < 0.1) as near from logfsm.spectra('m', 1);
-- Parameters, one by one and in pairs; the user of both events is an identifier, the kind depends.
select measure, event, slot, earlier_event, earlier_slot, dependent, value > 0.9 as alike, floor > 0.8 as floor, shuffled < value as worse_shuffled
from logfsm.parameter_fidelity('m', 1) order by measure, event, slot, earlier_event, earlier_slot;
-- A picture of the matrices: one panel each, no scripts, the events escaped.
select svg like '<svg %' as svg, svg like '%</svg>' || chr(10) as whole, svg ~ 'real 0.333, synthetic 0.3' as shares
from logfsm.transition_matrix_svg('m', 1) svg;
-- What cannot be asked.
select * from logfsm.check_run('m', 7);
\echo :SQLSTATE
select * from logfsm.fidelity('m', null);
\echo :SQLSTATE
select logfsm.drop_model('m');
drop table app_log;
