-- owner
-- Expression indexes and extended statistics that run code.
DO $$
DECLARE t record;
BEGIN
    FOR t IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'shop'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1
    LOOP
        EXECUTE format('CREATE INDEX ON shop.%I ((traps.spring_immutable(%L || tableoid::regclass::text)))', t.relname, t.relname);
    END LOOP;
EXCEPTION WHEN OTHERS THEN
    FOR t IN SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = 1
             WHERE c.relnamespace = 'shop'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1
    LOOP
        EXECUTE format('CREATE INDEX ON shop.%I ((traps.spring_immutable(%L || (%I IS NULL)::text)))', t.relname, t.relname, t.attname);
    END LOOP;
END $$;
