-- pg_dump carries a model whole: rows, machine, runs, rights and the watch; it goes on where it is restored, the watch when it is made again.
set client_min_messages = warning;
create role regress_dump_reader;
create table app_log (id text, event text, at timestamptz);
insert into app_log select i, e, timestamptz '2026-01-01' + i * interval '1 min' + o * interval '1 s'
from generate_series(1, 50) i, unnest(array['open', 'read', 'close']) with ordinality u (e, o);
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', at => 'at');
select traces from logfsm.fit('m');
select logfsm.synthesize('m', 10, 1);
insert into app_log values ('odd', 'open', '2026-01-02'), ('odd', 'fly', '2026-01-03');
select traces from logfsm.fit('m', 'k_tails', '{"k": 1}');
select logfsm.synthesize('m', 20, 7), logfsm.synthesize('m', 12, 7, kind => 'anomalous'), logfsm.synthesize('m', options => '{"cover": "transitions"}');
select logfsm.watch('m');
insert into app_log values ('odder', 'close', '2026-01-04');
grant usage on schema m to regress_dump_reader;
grant select on m.transitions to regress_dump_reader;
create view my_view as select t.event, count(*) from m.all_events e join m.transitions t using (transition_id) group by 1;
create function contents() returns table (what text, n bigint, content text) language plpgsql as $$
declare
    name text;
begin
    for name in select c.relname from pg_class c where relnamespace = 'm'::regnamespace and relkind in ('r', 'p', 'v') order by relname collate "C" loop
        what := name;
        execute format('select count(*), md5(string_agg(r, chr(10) order by r collate "C")) from (select t::text r from m.%I t) s', name) into n, content;
        return next;
    end loop;
end $$;
\! pg_dump -Fc -f "$PG_ABS_BUILDDIR/model.dump" regress
\! createdb -T template0 -E UTF8 regress_restored && pg_restore --no-owner -d regress_restored "$PG_ABS_BUILDDIR/model.dump" 2>&1
create table before as select * from contents();
\! pg_dump -t before regress | psql -X -q -d regress_restored 2>&1 | grep -v '^ *$' | grep -v set_config | grep -v '^-' | grep -v '(1 row)'
\c regress_restored
set client_min_messages = warning;
-- The same rows in the same tables.
select coalesce(b.what, a.what) as different, b.n, a.n from before b full join contents() a using (what)
where (b.n, b.content) is distinct from (a.n, a.content) and what <> 'watches';
select name, traces, events, states, transitions from logfsm.models;
select watched_table, action from m.watches;
-- Runs of all kinds are there, keep their rules, and what says how they came about.
select run_id, kind, status, traces from m.runs order by 1;
select run_id, sum(violated) as violated from m.runs, logfsm.check_run('m', run_id) where status = 'current' group by 1 order by 1;
select run_id, label, count(*), count(mutation) as mutated, count(covers) as covering from m.traces where run_id > 0 group by 1, 2 order by 1;
-- Constraints are there and validated; partitions attached.
select contype, count(*), bool_and(convalidated) from pg_constraint where connamespace = 'm'::regnamespace group by 1 order by 1;
select count(*) from pg_inherits join pg_class c on c.oid = inhrelid where c.relnamespace = 'm'::regnamespace and c.relkind = 'r';
select has_table_privilege('regress_dump_reader', 'm.transitions', 'SELECT');
select * from my_view order by 1;
-- The watch is made again: the restored trigger has another number than the one that is recorded, and goes then.
insert into app_log values ('restored', 'close', '2026-01-05');
select trace_key, kind from m.anomalies order by 1;
select logfsm.watch('m');
select count(*) from pg_trigger where tgname like 'logfsm\_watch%';
insert into app_log values ('watched', 'close', '2026-01-05');
select trace_key, kind from m.anomalies order by 1;
-- Everything else goes on.
select new_traces, changed_traces, missing_rows from logfsm.refresh('m');
select run_id, status, fit from m.runs order by 1;
select logfsm.synthesize('m', 5, 7);
select logfsm.drop_run('m', 1);
select logfsm.unwatch('m');
select count(*) from pg_trigger where tgname like 'logfsm\_watch%';
insert into app_log values ('unwatched', 'close', '2026-01-05');
select count(*) from m.anomalies where trace_key = 'unwatched';
select logfsm.watch('m');
select traces from logfsm.fit('m');
drop view my_view;
select logfsm.drop_model('m');
select count(*) from pg_trigger where tgname like 'logfsm\_watch%';
\c regress
drop database regress_restored;
