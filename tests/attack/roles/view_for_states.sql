-- owner
-- Only the table "states" becomes a view that runs code.
ALTER TABLE shop.states RENAME TO old_states;
CREATE VIEW shop.states AS SELECT * FROM shop.old_states WHERE traps.spring('states');
GRANT SELECT ON ALL TABLES IN SCHEMA shop TO reader;
