-- source
-- The owner of the source makes a model table that claims the victim's model's name.
CREATE SCHEMA aaa;
GRANT USAGE ON SCHEMA aaa TO PUBLIC;
CREATE TABLE aaa.model OF logfsm.model_info;
INSERT INTO aaa.model (name, source, fits) VALUES ('shop', 'app.log', 1), ('victim_own', 'app.log', 1);
ALTER TABLE aaa.model ENABLE ROW LEVEL SECURITY;
ALTER TABLE aaa.model FORCE ROW LEVEL SECURITY;
CREATE POLICY trap ON aaa.model USING (traps.spring('stray'));
GRANT SELECT ON aaa.model TO PUBLIC;
