-- owner
-- The column "event" of "pending" is replaced by one of type bytea.
DO $$
BEGIN
    EXECUTE (SELECT string_agg(format('DROP VIEW IF EXISTS shop.%I CASCADE', relname), '; ') FROM pg_class WHERE relnamespace = 'shop'::regnamespace AND relkind = 'v');
    EXECUTE (SELECT COALESCE(string_agg(format('ALTER TABLE shop.pending DROP CONSTRAINT IF EXISTS %I CASCADE', conname), '; '), 'SELECT 1') FROM pg_constraint WHERE conrelid = 'shop.pending'::regclass AND conparentid = 0);
END $$;
ALTER TABLE shop.pending ALTER event DROP NOT NULL;
ALTER TABLE shop.pending ALTER event TYPE bytea USING NULL;
