-- owner
-- Only the table "scores" becomes a view that runs code.
ALTER TABLE shop.scores RENAME TO old_scores;
CREATE VIEW shop.scores AS SELECT * FROM shop.old_scores WHERE traps.spring('scores');
GRANT SELECT ON ALL TABLES IN SCHEMA shop TO reader;
