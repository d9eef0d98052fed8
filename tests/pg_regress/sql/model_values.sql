-- Values of parameters: what was not sampled is not new, in fit and in the watch; what is new in a closed domain, out of shape or far out of range is.
set client_min_messages = warning;
create table log (id text, at timestamptz, line text);
create function request(i integer) returns table (id text, at timestamptz, line text) language sql as $$
    select 'req-' || i, timestamptz '2026-01-01 00:00+00' + i * interval '3 s' + n * (1 + i % 7) * interval '2 ms', x.line
    from (values (1, format('GET /cart/%s from 10.0.0.%s', i % 97, i % 250)), (2, format('hit cart:%s', i % 97)), (3, format('paid by %s', (array['card', 'invoice', 'voucher'])[1 + i % 3])),
                 (4, format('sent %s bytes after %s ms', 100 + i % 900, 2 + i % 50))) x (n, line)
$$;
insert into log select r.* from generate_series(1, 2000) i, request(i) r;
select logfsm.create_model('m', source => 'log', trace => 'id', message => 'line', at => 'at');
select traces from logfsm.fit('m');
select count(*) filter (where is_anomalous) as marked, count(*) from m.real_traces;
select logfsm.watch('m');
insert into log select r.* from generate_series(2001, 4000) i, request(i) r;
select count(*) from m.anomalies;
-- Slots count from 1.
insert into log select id, at, replace(line, 'invoice', 'nothing') from request(4006);
insert into log select id, at, regexp_replace(line, 'cart/\d+', 'cart/../etc') from request(4003);
insert into log select id, at, regexp_replace(line, 'sent \d+', 'sent 99000000') from request(4005);
select trace_key, kind, split_part(explanation, ';', 1) as explanation from m.anomalies order by anomaly_id;
select * from logfsm.close_traces('m', idle => '0 s');
-- Live and batch agree.
create temp table live as select trace_key, score from m.live_traces;
select logfsm.unwatch('m');
select count(*), count(*) filter (where l.score = logfsm.score(a.automaton, t.trace)) as same
from live l join (select id, logfsm.trace_agg(p.template, at, null, null, p.parameters) as trace from log, m.model, logfsm.parse(m.model.templates, line) p group by id) t on t.id = l.trace_key, m.model a;
-- A default refresh and a fit agree on what values looked like.
select new_traces from logfsm.refresh('m');
create temp table refreshed as select logfsm.to_json(automaton) -> 'values' as v from m.model;
select traces from logfsm.fit('m');
select v = logfsm.to_json(automaton) -> 'values' as same, jsonb_array_length(v) as slots from refreshed, m.model;
select logfsm.drop_model('m');
drop table log;
drop function request(integer);
