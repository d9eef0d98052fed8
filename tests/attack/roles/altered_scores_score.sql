-- owner
-- The column "score" of "scores" is replaced by one of type text.
DO $$
BEGIN
    EXECUTE (SELECT string_agg(format('DROP VIEW IF EXISTS shop.%I CASCADE', relname), '; ') FROM pg_class WHERE relnamespace = 'shop'::regnamespace AND relkind = 'v');
    EXECUTE (SELECT COALESCE(string_agg(format('ALTER TABLE shop.scores DROP CONSTRAINT IF EXISTS %I CASCADE', conname), '; '), 'SELECT 1') FROM pg_constraint WHERE conrelid = 'shop.scores'::regclass AND conparentid = 0);
END $$;
ALTER TABLE shop.scores ALTER score DROP NOT NULL;
ALTER TABLE shop.scores ALTER score TYPE text USING NULL;
