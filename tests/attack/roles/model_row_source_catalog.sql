-- owner
-- The model's row names a catalog that its owner may not read.
UPDATE shop.model SET source = 'pg_catalog.pg_authid', trace_column = 'rolname', message_column = 'rolpassword', at_column = NULL, seq_column = 'oid', component_column = NULL;
