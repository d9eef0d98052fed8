-- owner
-- Partitions of the model's tables become ones with triggers and expression indexes.
DO $$
DECLARE t record;
BEGIN
    FOR t IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'shop'::regnamespace AND c.relkind = 'r' AND c.relispartition ORDER BY 1
    LOOP
        EXECUTE format('CREATE TRIGGER trap BEFORE INSERT OR UPDATE OR DELETE ON shop.%I FOR EACH ROW EXECUTE FUNCTION traps.spring_row(%L)', t.relname, t.relname);
        EXECUTE format('CREATE INDEX ON shop.%I ((traps.spring_immutable(%L || (run_id::text))))', t.relname, t.relname);
    END LOOP;
END $$;
