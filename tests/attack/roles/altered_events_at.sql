-- owner
-- The column "at" of "events" is replaced by one of type bytea.
DO $$
BEGIN
    EXECUTE (SELECT string_agg(format('DROP VIEW IF EXISTS shop.%I CASCADE', relname), '; ') FROM pg_class WHERE relnamespace = 'shop'::regnamespace AND relkind = 'v');
    EXECUTE (SELECT COALESCE(string_agg(format('ALTER TABLE shop.events DROP CONSTRAINT IF EXISTS %I CASCADE', conname), '; '), 'SELECT 1') FROM pg_constraint WHERE conrelid = 'shop.events'::regclass AND conparentid = 0);
END $$;
ALTER TABLE shop.events ALTER at DROP NOT NULL;
ALTER TABLE shop.events ALTER at TYPE bytea USING NULL;
