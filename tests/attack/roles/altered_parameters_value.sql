-- owner
-- The column "value" of "parameters" is replaced by one of type bytea.
DO $$
BEGIN
    EXECUTE (SELECT string_agg(format('DROP VIEW IF EXISTS shop.%I CASCADE', relname), '; ') FROM pg_class WHERE relnamespace = 'shop'::regnamespace AND relkind = 'v');
    EXECUTE (SELECT COALESCE(string_agg(format('ALTER TABLE shop.parameters DROP CONSTRAINT IF EXISTS %I CASCADE', conname), '; '), 'SELECT 1') FROM pg_constraint WHERE conrelid = 'shop.parameters'::regclass AND conparentid = 0);
END $$;
ALTER TABLE shop.parameters ALTER value DROP NOT NULL;
ALTER TABLE shop.parameters ALTER value TYPE bytea USING NULL;
