-- owner
-- The column "trace_key" of "live_traces" is replaced by one of type bigint.
DO $$
BEGIN
    EXECUTE (SELECT string_agg(format('DROP VIEW IF EXISTS shop.%I CASCADE', relname), '; ') FROM pg_class WHERE relnamespace = 'shop'::regnamespace AND relkind = 'v');
    EXECUTE (SELECT COALESCE(string_agg(format('ALTER TABLE shop.live_traces DROP CONSTRAINT IF EXISTS %I CASCADE', conname), '; '), 'SELECT 1') FROM pg_constraint WHERE conrelid = 'shop.live_traces'::regclass AND conparentid = 0);
END $$;
ALTER TABLE shop.live_traces ALTER trace_key DROP NOT NULL;
ALTER TABLE shop.live_traces ALTER trace_key TYPE bigint USING NULL;
