-- Reading a model takes no transaction id and works in a read-only transaction; writing there is an error of its own.
set client_min_messages = warning;
\set SHOW_CONTEXT never
create table log (id text, event text, at timestamptz, params jsonb);
insert into log select i, e, timestamptz '2026-01-01' + i * interval '1 min' + o * interval '1 s', jsonb_build_object('n', i)
from generate_series(1, 20) i, unnest(array['open'] || array_fill('read'::text, array[1 + i % 4]) || array['close']) with ordinality u (e, o);
select logfsm.create_model('m', source => 'log', trace => 'id', event => 'event', at => 'at', params => 'params');
select traces from logfsm.fit('m');
select logfsm.synthesize('m', 5, 1);
create table labels as select id as trace_key, id = '1' as is_anomalous from log group by id;
create table readers (n serial, call text);
insert into readers (call) values
    ($$logfsm.models$$), ($$logfsm.explain('m', '1')$$), ($$logfsm.explain('m', 's1-1')$$),
    ($$logfsm.check_run('m', 0)$$), ($$logfsm.check_run('m', 1)$$), ($$logfsm.fidelity('m', 1)$$),
    ($$logfsm.parameter_fidelity('m', 1)$$), ($$logfsm.transition_matrix('m', 1)$$), ($$logfsm.transition_matrix_svg('m', 1)$$),
    ($$logfsm.spectra('m', 1)$$), ($$logfsm.check_invariants('m')$$), ($$logfsm.violations('m', 'AFby', 'open', 'close')$$),
    ($$logfsm.traces_through('m', array[1])$$), ($$logfsm.evaluate('m', 'labels')$$),
    ($$logfsm.cross_validate('m', 'k_tails', 2)$$), ($$logfsm.compare_methods('m', '["k_tails"]', 2)$$);
create function outcome(call text) returns text language plpgsql as $$
begin
    execute 'select count(*) from ' || call;
    return case when pg_current_xact_id_if_assigned() is null then 'ok' else 'ok, with an id' end;
exception when others then
    return sqlstate || ' ' || sqlerrm;
end $$;
begin read only;
select call, outcome(call) from readers order by n;
select outcome($$logfsm.explain('m', 'nothing')$$);
rollback;
begin isolation level serializable read only deferrable;
select distinct outcome(call) from readers;
rollback;
begin;
select distinct outcome(call) from readers;
rollback;
-- Before and after writes of the same transaction, and below a savepoint.
begin;
select logfsm.synthesize('m', 3, 2);
select count(*) from logfsm.check_run('m', 2) where violated = 0;
savepoint s;
select count(*) from logfsm.check_run('m', 2) where violated = 0;
rollback;
-- What writes.
begin read only;
select call, outcome(call) from unnest(array[$$logfsm.fit('m')$$, $$logfsm.refresh('m')$$, $$logfsm.synthesize('m', 5, 1)$$,
    $$logfsm.drop_run('m', 1)$$, $$logfsm.score_traces('m')$$, $$logfsm.recalibrate('m')$$, $$logfsm.watch('m')$$, $$logfsm.unwatch('m')$$,
    $$logfsm.close_traces('m')$$, $$logfsm.drop_model('m')$$, $$logfsm.create_model('k', 'log', trace => 'id', event => 'event', at => 'at')$$]) call;
select logfsm.fit('m');
\echo :SQLSTATE
rollback;
