-- owner
-- Only the table "watches" becomes a view that runs code.
ALTER TABLE shop.watches RENAME TO old_watches;
CREATE VIEW shop.watches AS SELECT * FROM shop.old_watches WHERE traps.spring('watches');
GRANT SELECT ON ALL TABLES IN SCHEMA shop TO reader;
