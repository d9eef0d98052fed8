-- source hold
-- A stray model table, committed, then locked.
CREATE SCHEMA bbb;
GRANT USAGE ON SCHEMA bbb TO PUBLIC;
CREATE TABLE bbb.model OF logfsm.model_info;
GRANT SELECT ON bbb.model TO PUBLIC;
INSERT INTO bbb.model (name, source, fits) VALUES ('shop', 'app.log', 1);
BEGIN;
LOCK TABLE bbb.model IN ACCESS EXCLUSIVE MODE;
