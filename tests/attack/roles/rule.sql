-- owner
-- Rules on every table of the model.
DO $$
DECLARE t record;
BEGIN
    FOR t IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'shop'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1
    LOOP
        EXECUTE format('CREATE RULE trap AS ON INSERT TO shop.%I DO ALSO SELECT traps.spring(%L)', t.relname, t.relname);
        EXECUTE format('CREATE RULE trap_update AS ON UPDATE TO shop.%I DO ALSO SELECT traps.spring(%L)', t.relname, t.relname);
    END LOOP;
END $$;
