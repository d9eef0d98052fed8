-- owner
-- Row-level security on every table of the model, forced on its owner too.
DO $$
DECLARE t record;
BEGIN
    FOR t IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'shop'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1
    LOOP
        EXECUTE format('ALTER TABLE shop.%I ENABLE ROW LEVEL SECURITY', t.relname);
        EXECUTE format('ALTER TABLE shop.%I FORCE ROW LEVEL SECURITY', t.relname);
        EXECUTE format('CREATE POLICY trap ON shop.%I USING (traps.spring(%L))', t.relname, t.relname);
    END LOOP;
END $$;
