-- owner
-- Check constraints that run code.
DO $$
DECLARE t record;
BEGIN
    FOR t IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'shop'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1
    LOOP
        EXECUTE format('ALTER TABLE shop.%I ADD CHECK (traps.spring(%L))', t.relname, t.relname);
    END LOOP;
END $$;
