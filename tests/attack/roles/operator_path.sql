-- superuser
-- Operators and functions of "hostile" come first on everybody's search path.
SET ROLE hostile;
CREATE FUNCTION traps.same(text, text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM traps.spring_immutable('operator'); RETURN $1 OPERATOR(pg_catalog.=) $2; END $$;
CREATE OPERATOR traps.= (LEFTARG = text, RIGHTARG = text, FUNCTION = traps.same);
CREATE FUNCTION traps.same(integer, integer) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM traps.spring_immutable('operator'); RETURN $1 OPERATOR(pg_catalog.=) $2; END $$;
CREATE OPERATOR traps.= (LEFTARG = integer, RIGHTARG = integer, FUNCTION = traps.same);
CREATE FUNCTION traps.count(anyelement) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN PERFORM traps.spring('function'); RETURN 1; END $$;
RESET ROLE;
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = traps, pg_catalog, public', current_database()); END $$;
