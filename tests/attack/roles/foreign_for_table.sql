-- superuser
-- A foreign table stands in place of a table of the model.
CREATE EXTENSION IF NOT EXISTS file_fdw;
CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
ALTER TABLE shop.states RENAME TO old_states;
CREATE FOREIGN TABLE shop.states (run_id integer, state_id integer, name text, kind text, visits bigint, stops bigint, phase_id integer)
    SERVER files OPTIONS (filename '/etc/passwd', format 'csv');
ALTER FOREIGN TABLE shop.states OWNER TO hostile;
GRANT SELECT ON shop.states TO reader;
