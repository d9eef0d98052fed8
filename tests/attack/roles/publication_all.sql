-- superuser
-- Everything is published.
CREATE PUBLICATION everything FOR ALL TABLES;
