-- What readers give does not depend on the session's settings; a key given by a user is read as the session reads it.
set client_min_messages = warning;
\set SHOW_CONTEXT never
set timezone = 'UTC';
create table log (id timestamptz, event text, at timestamptz, params jsonb);
insert into log select timestamptz '2026-03-04 05:06:07+00' + i * interval '1 day', e, timestamptz '2026-01-01' + i * interval '1 min' + o * interval '1 s', jsonb_build_object('n', i)
from generate_series(1, 20) i, unnest(array['open'] || array_fill('read'::text, array[1 + i % 4]) || array['close']) with ordinality u (e, o);
select logfsm.create_model('m', source => 'log', trace => 'id', event => 'event', at => 'at', params => 'params');
select traces from logfsm.fit('m');
select logfsm.synthesize('m', 5, 1);
create table labels as select id as trace_key, id < '2026-03-08' as is_anomalous from log group by id;
create table readers (n serial, call text);
insert into readers (call) values
    ($$logfsm.list_models()$$), ($$logfsm.explain('m', '2026-03-05 05:06:07+00')$$),
    ($$logfsm.check_run('m', 0)$$), ($$logfsm.fidelity('m', 1)$$), ($$logfsm.parameter_fidelity('m', 1)$$),
    ($$logfsm.transition_matrix('m', 1)$$), ($$logfsm.spectra('m', 1)$$), ($$logfsm.traces_through('m', array[1])$$),
    ($$logfsm.violations('m', 'NFby', 'open', 'close')$$), ($$logfsm.evaluate('m', 'labels')$$),
    ($$logfsm.cross_validate('m', 'k_tails', 2)$$);
-- Under settings that show what a value is, whatever it was made under.
create function digest(call text) returns text language plpgsql as $$
declare
    found text;
    kept text[] := '{}';
    r record;
begin
    for r in execute 'select x from ' || call || ' x' loop
        kept := kept || md5(record_send(r));
    end loop;
    return md5(array_to_string(kept, ','));
end $$;
create table once as select n, call, digest(call) from readers;
create function differing() returns setof text language sql as $$ select call from once where digest <> digest(call) order by n $$;
select differing();
set timezone = 'America/New_York'; set datestyle = 'SQL, DMY'; set intervalstyle = 'iso_8601'; set bytea_output = 'escape'; set xmlbinary = 'hex';
select differing();
set extra_float_digits = -10; set quote_all_identifiers = on; set backslash_quote = on; set default_text_search_config = 'pg_catalog.german';
set array_nulls = off; set transform_null_equals = on; set row_security = off;
select differing();
set standard_conforming_strings = off; set escape_string_warning = off;
select differing();
set enable_hashjoin = off; set enable_nestloop = off; set enable_seqscan = off; set enable_hashagg = off; set enable_sort = off; set plan_cache_mode = force_generic_plan;
select differing();
reset all;
set client_min_messages = warning;
-- Keys as the session writes them.
set timezone = 'America/New_York'; set datestyle = 'SQL, DMY';
select id from log order by id limit 1;
select count(*) from logfsm.explain('m', (select min(id)::text from log));
select count(*) from logfsm.explain('m', '05/03/2026 00:06:07');
set datestyle = 'SQL, MDY';
select count(*) from logfsm.explain('m', '05/03/2026 00:06:07');
\echo :SQLSTATE
-- As readers write them.
select distinct trace_key from logfsm.traces_through('m', array[1]) order by 1 limit 1;
