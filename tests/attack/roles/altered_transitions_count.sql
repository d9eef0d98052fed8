-- owner
-- The column "count" of "transitions" is replaced by one of type text.
DO $$
BEGIN
    EXECUTE (SELECT string_agg(format('DROP VIEW IF EXISTS shop.%I CASCADE', relname), '; ') FROM pg_class WHERE relnamespace = 'shop'::regnamespace AND relkind = 'v');
    EXECUTE (SELECT COALESCE(string_agg(format('ALTER TABLE shop.transitions DROP CONSTRAINT IF EXISTS %I CASCADE', conname), '; '), 'SELECT 1') FROM pg_constraint WHERE conrelid = 'shop.transitions'::regclass AND conparentid = 0);
END $$;
ALTER TABLE shop.transitions ALTER count DROP NOT NULL;
ALTER TABLE shop.transitions ALTER count TYPE text USING NULL;
