-- source
-- The source's columns have domains whose checks run code of the source's owner.
CREATE DOMAIN app.key AS text CHECK (traps.spring_immutable('table'));
CREATE DOMAIN app.line AS text CHECK (traps.spring_immutable('table'));
ALTER TABLE app.log ALTER request_id TYPE app.key, ALTER line TYPE app.line;
