-- refresh_by names the column that tells new rows, such as a load time; a timestamp without time zone counts as UTC.
set client_min_messages = warning;
set timezone = 'America/New_York';
create table app_log (id int, event text, n int, loaded timestamp);
insert into app_log values (1, 'open', 1, '2026-01-01 00:00'), (1, 'close', 2, '2026-01-01 00:00'), (2, 'open', 1, '2026-01-01 12:00');
select logfsm.create_model('m', source => 'app_log', trace => 'id', event => 'event', seq => 'n', refresh_by => 'loaded', lateness => '0');
select traces from logfsm.fit('m');
select high_water at time zone 'UTC' from m.model;
set timezone = 'Asia/Tokyo';
select * from logfsm.refresh('m');
insert into app_log values (2, 'close', 2, '2026-01-01 13:00');
select * from logfsm.refresh('m');
select high_water at time zone 'UTC' from m.model;
-- A row loaded in the past is missed, and said to be missing.
insert into app_log values (3, 'open', 1, '2026-01-01 12:59');
select * from logfsm.refresh('m');
-- Traces with a NULL load time are always read again.
insert into app_log values (4, 'open', 1, null);
select * from logfsm.refresh('m');
select traces from logfsm.fit('m');
select logfsm.drop_model('m');
drop table app_log;
