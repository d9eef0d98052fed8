-- owner
-- The record of watches names other tables.
UPDATE shop.watches SET watched_oid = 'pg_catalog.pg_class'::regclass, watched_table = 'pg_catalog.pg_authid';
