-- source hold
-- A stranger holds every advisory lock he can guess.
BEGIN;
SELECT count(pg_advisory_xact_lock(c.oid::bigint)) FROM pg_class c;
SELECT count(pg_advisory_xact_lock(c.oid::int, n)) FROM pg_class c, generate_series(0, 3) n WHERE c.relnamespace = 'shop'::regnamespace;
