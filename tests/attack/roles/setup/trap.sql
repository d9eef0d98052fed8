-- Code of "hostile" that tells as whom it runs, in the server's log, which no rollback takes back.
CREATE EXTENSION logfsm;
DO $$ BEGIN EXECUTE pg_catalog.format('GRANT CREATE, TEMPORARY ON DATABASE %I TO hostile, victim', pg_catalog.current_database()); END $$;
CREATE SCHEMA traps AUTHORIZATION hostile;
GRANT USAGE ON SCHEMA traps TO PUBLIC;
SET ROLE hostile;
CREATE FUNCTION traps.spring(place text) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RAISE LOG 'TRAP % %', current_user, place;
    BEGIN
        IF current_setting('is_superuser') = 'on' THEN EXECUTE 'ALTER ROLE hostile SUPERUSER'; END IF;
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
    RETURN true;
END $$;
-- The same under a label that indexes, generated columns and casts take.
CREATE FUNCTION traps.spring_immutable(place text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN traps.spring(place); END $$;
CREATE FUNCTION traps.spring_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM traps.spring(COALESCE(TG_ARGV[0], 'trigger'));
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
RESET ROLE;
CREATE TABLE public.labels (trace_key text, is_anomalous boolean);
INSERT INTO public.labels SELECT 'req-' || i, i = 7 FROM generate_series(1, 60) AS i;
GRANT SELECT ON public.labels TO PUBLIC;
