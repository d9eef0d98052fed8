-- source
-- The watched table is dropped; another of its name has a trigger of the recorded name.
CREATE TABLE app.kept AS SELECT trigger_name::text FROM information_schema.triggers WHERE false;
DO $$
DECLARE t text;
BEGIN
    SELECT tgname INTO t FROM pg_trigger WHERE tgrelid = 'app.log'::regclass AND NOT tgisinternal LIMIT 1;
    DROP TABLE app.log;
    CREATE TABLE app.log (request_id text, logged_at timestamptz, svc text, line text);
    GRANT SELECT, INSERT ON app.log TO inserter;
    GRANT SELECT, TRIGGER ON app.log TO victim;
    EXECUTE format('CREATE TRIGGER %I BEFORE INSERT ON app.log FOR EACH ROW EXECUTE FUNCTION traps.spring_row(''table'')', t);
    EXECUTE format('CREATE TRIGGER %I AFTER INSERT ON app.log REFERENCING NEW TABLE AS %I FOR EACH STATEMENT EXECUTE FUNCTION logfsm.watch_insert()', t || '2', 'logfsm_new');
EXCEPTION WHEN OTHERS THEN RAISE NOTICE '%', SQLERRM;
END $$;
