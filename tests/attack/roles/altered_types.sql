-- owner
-- Every column of the model's tables gets another type, as far as Postgres lets its owner.
DO $$
DECLARE c record; wanted text;
BEGIN
    EXECUTE (SELECT string_agg(format('DROP VIEW IF EXISTS shop.%I CASCADE', relname), '; ') FROM pg_class WHERE relnamespace = 'shop'::regnamespace AND relkind = 'v');
    FOR c IN SELECT k.relname, a.attname, a.atttypid::regtype::text AS type FROM pg_class k JOIN pg_attribute a ON a.attrelid = k.oid AND a.attnum > 0 AND NOT a.attisdropped
             WHERE k.relnamespace = 'shop'::regnamespace AND k.relkind IN ('r', 'p') AND NOT k.relispartition ORDER BY 1, a.attnum
    LOOP
        wanted := CASE WHEN c.type IN ('text', 'bytea', 'jsonb', 'logfsm.trace') THEN 'bigint' ELSE 'text' END;
        BEGIN
            EXECUTE format('ALTER TABLE shop.%I ALTER %I DROP DEFAULT', c.relname, c.attname);
        EXCEPTION WHEN OTHERS THEN NULL;
        END;
        BEGIN
            EXECUTE format('ALTER TABLE shop.%I ALTER %I TYPE %s USING NULL', c.relname, c.attname, wanted);
        EXCEPTION WHEN OTHERS THEN
            BEGIN
                EXECUTE format('ALTER TABLE shop.%I ALTER %I TYPE %s USING (%I::text)::%s', c.relname, c.attname, wanted, c.attname, wanted);
            EXCEPTION WHEN OTHERS THEN NULL;
            END;
        END;
    END LOOP;
END $$;
