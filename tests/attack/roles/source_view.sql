-- source
-- A view that runs code of its owner takes the source's name.
ALTER TABLE app.log RENAME TO old_log;
CREATE VIEW app.log AS SELECT * FROM app.old_log WHERE traps.spring('view');
GRANT SELECT, INSERT ON app.log TO inserter;
GRANT SELECT ON app.log TO victim;
