-- What pgbench needs, and one constraint for a session to break.
ALTER TABLE pgbench_accounts ALTER abalance SET NOT NULL;
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA public TO teller;
