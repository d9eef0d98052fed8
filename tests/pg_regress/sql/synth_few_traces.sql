-- A run of a model of few traces keeps its own rules, by default.
set client_min_messages = warning;
create function few(traces integer, events integer) returns table (rejected text, lasts_as_real boolean) language plpgsql as $$
begin
    create table log as
    select i as k, (array['ok', 'warn', 'fail'])[1 + ('x' || substr(md5('e' || i || '-' || n), 1, 6))::bit(24)::integer % 3] as e,
           timestamptz '2024-01-01 00:00+00' + i * interval '1 day' + n * interval '1 min'
               + ('x' || substr(md5('t' || i || '-' || n), 1, 6))::bit(24)::integer % 50 * interval '1 s' as at
    from generate_series(1, traces) i, generate_series(1, events) n;
    perform logfsm.create_model('m', source => 'log', trace => 'k', event => 'e', at => 'at');
    perform logfsm.fit('m');
    perform logfsm.synthesize('m', traces => 50, seed => 1);
    return query execute $q$
        select (select string_agg(rule || ' ' || violated || '/' || checked, ', ') from logfsm.check_run('m', 1) where violated > 0),
               s.shortest >= r.shortest and s.longest <= r.longest
        from (select min(ended_at - started_at) as shortest, max(ended_at - started_at) as longest from m.real_traces) r,
             (select min(ended_at - started_at) as shortest, max(ended_at - started_at) as longest from m.synthetic_traces) s $q$;
    perform logfsm.drop_model('m');
    drop table log;
end $$;
select traces, events, f.* from (values (1, 1), (1, 10), (1, 50), (2, 10), (2, 50), (3, 10), (5, 20), (10, 20), (50, 20)) v (traces, events), few(traces, events) f;
drop function few;
