-- explain: traces that a watch has seen before any fit did, and keys of any type.
set client_min_messages = warning;
create table log (id bigint, event text, at timestamptz);
insert into log select n, e, timestamptz '2026-01-01 00:00+00' + n * interval '1 h' + i * interval '1 min' + n % 5 * interval '1 s'
from generate_series(1, 200) n, unnest(array['open', 'read', 'close']) with ordinality x (e, i);
select logfsm.create_model('m', source => 'log', trace => 'id', event => 'event', at => 'at');
select traces from logfsm.fit('m');
select seq, event, kind from logfsm.explain('m', 7);
select count(*) from logfsm.explain('m', 7::smallint);
select logfsm.explain('m', 999);
select logfsm.watch('m');
insert into log values (999, 'open', '2026-02-01 00:00+00'), (999, 'close', '2026-02-01 00:01+00');
select seq, event, kind, explanation from logfsm.explain('m', 999);
-- What came to a trace that the model has is explained with it; what is gone from the source is not.
insert into log values (7, 'read', '2026-02-20 00:00+00');
select seq, event, kind, explanation from logfsm.explain('m', 7) where kind <> 'usual';
delete from log where id = 999;
select logfsm.explain('m', 999);
-- Delays as people write them.
insert into log values (1000, 'open', '2026-03-01 00:00+00'), (1000, 'read', '2026-03-25 19:30+00');
select seq, explanation from logfsm.explain('m', 1000) where seq = 2;
select explanation from m.anomalies where trace_key = 1000;
-- Not for who may not read the traces.
create role reader;
grant usage on schema m to reader;
grant select on m.model to reader;
set role reader;
select logfsm.explain('m', 1000);
reset role;
drop owned by reader;
drop role reader;
select logfsm.drop_model('m');
-- Other keys.
create type place as (host text, number integer);
create table log2 (u uuid, p place, d date, t timestamptz, event text, seq integer);
insert into log2 select ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid, row('h', n)::place, date '2026-01-01' + n, timestamptz '2026-01-01 12:00+00' + n * interval '1 day', e, i
from generate_series(1, 30) n, unnest(array['open', 'close']) with ordinality x (e, i);
create view log3 as select u, p::text as p, d, t, event, seq from log2;
select logfsm.create_model(k, source => 'log3', trace => k, event => 'event', seq => 'seq', schema => null) from unnest(array['u', 'p', 'd', 't']) k;
select k, (select traces from logfsm.fit(k)) from unnest(array['u', 'p', 'd', 't']) k;
select count(*) from logfsm.explain('u', '00000000-0000-0000-0000-000000000003'::uuid);
select count(*) from logfsm.explain('p', row('h', 3)::place);
select count(*) from logfsm.explain('p', '(h,3)');
select count(*) from logfsm.explain('d', date '2026-01-04');
select count(*) from logfsm.explain('t', timestamptz '2026-01-04 12:00+00');
select logfsm.explain('u', 'no uuid');
select logfsm.drop_model(k) from unnest(array['u', 'p', 'd', 't']) k;
drop view log3;
drop table log, log2;
drop type place;
