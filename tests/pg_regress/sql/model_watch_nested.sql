-- Triggers on the model's own tables that insert into the watched table again: no insert fails, nothing is lost.
set client_min_messages = warning;
set timezone = 'UTC'; set datestyle = iso;
create table log (k text, e text, at timestamptz);
insert into log select 'k' || i, s, timestamptz '2024-01-01' + i * interval '1 h' + n * interval '1 s' from generate_series(1, 50) i, unnest(array['start', 'work', 'stop']) with ordinality u (s, n);
select logfsm.create_model('m', source => 'log', trace => 'k', event => 'e', at => 'at');
select traces from logfsm.fit('m');
create function again() returns trigger language plpgsql security definer as $$ begin
    if pg_trigger_depth() < 4 then insert into public.log values ('again ' || tg_table_name, 'strange ' || tg_table_name, '2024-02-01'), ('again ' || tg_table_name, 'odd', '2024-02-01'); end if;
    return null; end $$;
create trigger again after insert on m.pending for each row execute function again();
create trigger again after insert on m.anomalies for each row execute function again();
create trigger again after insert on m.live_traces for each row execute function again();
select logfsm.watch('m');
insert into log values ('a', 'start', '2024-02-01'), ('a', 'unknown', '2024-02-02'), ('b', 'also unknown', '2024-02-02'), ('a', 'stop', '2024-02-03');
begin isolation level repeatable read;
insert into log values ('c', 'start', '2024-02-01'), ('c', 'unknown too', '2024-02-02'), ('d', 'new', '2024-02-02');
commit;
select k, e, count(*) from log where at >= '2024-02-01' group by 1, 2 order by 1, 2;
select trace_key, event, kind from m.anomalies order by 1, 2;
drop trigger again on m.pending;
drop trigger again on m.anomalies;
drop trigger again on m.live_traces;
select waiting from logfsm.close_traces('m', '0', recheck => true);
select count(*) from m.pending;
select count(*) from (select k, count(*) as n from log where at >= '2024-02-01' group by 1) s left join m.live_traces l on l.trace_key = s.k where l.n_events is distinct from s.n;
select logfsm.unwatch('m');
