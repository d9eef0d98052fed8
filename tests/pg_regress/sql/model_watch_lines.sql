-- Messages are watched as the model reads them: several traces of a line, keys in the text, parameters kept while an event waits.
set client_min_messages = error;
set timezone = 'UTC'; set datestyle = iso;
create table lines (line text, at timestamptz);
insert into lines select format('blk_%s %s block of blk_%s size %s', i, e, i, i * 7), timestamptz '2025-01-01' + i * interval '1 min' + o * interval '40 days'
from generate_series(1, 200) i, unnest(array['allocate', 'write', 'close']) with ordinality u (e, o);
select logfsm.create_model('m', source => 'lines', message => 'line', trace_pattern => 'blk_\d+', at => 'at');
select traces from logfsm.fit('m', 'k_tails');
select logfsm.watch('m');
insert into lines values ('blk_900 allocate block of blk_901 size 5', '2026-02-01'), ('blk_900 write block of blk_900 size 5', '2026-02-01 00:01'),
    ('blk_901 close block of blk_901 size 5', '2026-02-01 00:02'), ('nothing here', '2026-02-01'), (null, '2026-02-01');
select trace_key, n_events, dirty from m.live_traces order by 1;
-- A transaction that sees one moment: judged by it, once.
begin isolation level repeatable read;
insert into lines values ('blk_902 close block of blk_902 size 5', '2026-02-01 00:02');
commit;
select trace_key, event, parameters, message, flagged from m.pending;
select resumed, reread, ended, anomalies from logfsm.close_traces('m', '0');
select trace_key, seq, event, kind, message from m.anomalies order by 1, 2;
select trace_key, n_events, ended_at is not null as ended from m.live_traces order by 1;
select logfsm.drop_model('m');
