-- owner
-- Generated columns and defaults that run code.
DO $$
DECLARE t record;
BEGIN
    FOR t IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'shop'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> 'model' ORDER BY 1
    LOOP
        BEGIN
            EXECUTE format('ALTER TABLE shop.%I ADD COLUMN trap boolean GENERATED ALWAYS AS (traps.spring_immutable(%L)) STORED', t.relname, t.relname);
            EXECUTE format('ALTER TABLE shop.%I ADD COLUMN trap_default boolean DEFAULT traps.spring(%L)', t.relname, t.relname);
        EXCEPTION WHEN OTHERS THEN RAISE NOTICE '%', SQLERRM;
        END;
    END LOOP;
END $$;
