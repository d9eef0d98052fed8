-- source
-- The source's owner takes back the right to read.
REVOKE ALL ON app.log FROM victim;
