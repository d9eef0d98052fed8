-- From here on each insert into the table is scored, whoever inserts.
SET client_min_messages = warning;
SELECT logfsm.watch('session');
