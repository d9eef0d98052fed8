-- What types each column may have; what cannot be used is refused when the model is made, not at fit.
set client_min_messages = warning;
create domain moment as timestamptz;
create type kind as enum ('open', 'close');
create table app_log (id int, event kind, code int, at moment, ts timestamp, d date, t time, iv interval, n smallint, big bigint, num numeric, f float8, money money, j json, u uuid, tags text[]);
insert into app_log values (1, 'open', 200, '2026-01-01', '2026-01-01', '2026-01-01', '00:00', '1 s', 1, 1, 1, 1, 1, '{"a": 1}', gen_random_uuid(), '{x}'),
                           (1, 'close', 404, '2026-01-02', '2026-01-02', '2026-01-02', '00:01', '2 s', 2, 2, 1.4, 1.4, 2, '[1]', gen_random_uuid(), '{y}');
create function pg_temp.try(event text, at text, seq text default null, params text default null, component text default null) returns text language plpgsql as $$
declare
    n bigint;
begin
    begin
        perform logfsm.create_model('m', source => 'app_log', trace => 'id', event => try.event, at => try.at, seq => try.seq, params => try.params, component => try.component);
    exception when others then
        return 'create_model: ' || sqlstate || ' ' || sqlerrm;
    end;
    begin
        select f.events into n from logfsm.fit('m') f;
    exception when others then
        perform logfsm.drop_model('m');
        return 'fit: ' || sqlstate || ' ' || sqlerrm;
    end;
    perform logfsm.drop_model('m');
    return n;
end $$;
select pg_temp.try('event', 'at');
select pg_temp.try('code', 'ts');
select pg_temp.try('event', 'd');
select pg_temp.try('tags', 'at', component => 'u');
select pg_temp.try('event', 't');
select pg_temp.try('event', 'iv');
select pg_temp.try('event', 'at', 'n'), pg_temp.try('event', null, 'big');
select pg_temp.try('event', 'at', 'num');
select pg_temp.try('event', 'at', 'f');
select pg_temp.try('event', 'at', 'money');
select pg_temp.try('event', 'at', params => 'j');
select pg_temp.try('event', 'at', params => 'u');
