-- owner
-- A schema of another name holds a table of the same type that claims to be "shop", and views that run code.
CREATE SCHEMA aaa;
CREATE TABLE aaa.model OF logfsm.model_info;
INSERT INTO aaa.model SELECT * FROM shop.model;
INSERT INTO aaa.model SELECT * FROM shop.model;
ALTER TABLE aaa.model ENABLE ROW LEVEL SECURITY;
ALTER TABLE aaa.model FORCE ROW LEVEL SECURITY;
CREATE POLICY trap ON aaa.model USING (traps.spring('stray'));
GRANT USAGE ON SCHEMA aaa TO PUBLIC;
GRANT SELECT ON aaa.model TO PUBLIC;
CREATE VIEW aaa.states AS SELECT * FROM shop.states WHERE traps.spring('stray');
