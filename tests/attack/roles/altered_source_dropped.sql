-- owner
-- The source's columns are dropped and others take their names.
ALTER TABLE app.log DROP COLUMN request_id, DROP COLUMN svc;
ALTER TABLE app.log ADD COLUMN svc oid DEFAULT 1, ADD COLUMN request_id bytea DEFAULT '\x00';
