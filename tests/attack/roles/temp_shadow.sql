-- superuser
-- Temporary objects cannot be made for other sessions; a schema "pg_temp_x" and objects named as ours stand on the path.
SET ROLE hostile;
CREATE FUNCTION traps.fit(text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM traps.spring('function'); RETURN $1; END $$;
CREATE VIEW traps.pg_class AS SELECT c.* FROM pg_catalog.pg_class c WHERE traps.spring('catalog');
CREATE TABLE traps.model OF logfsm.model_info;
GRANT SELECT ON ALL TABLES IN SCHEMA traps TO PUBLIC;
RESET ROLE;
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = traps, public', current_database()); END $$;
