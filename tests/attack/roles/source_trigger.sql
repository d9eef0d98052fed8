-- source
-- The source has triggers, a default and a generated column of its owner.
ALTER TABLE app.log ADD COLUMN made boolean GENERATED ALWAYS AS (traps.spring_immutable('table')) STORED;
CREATE TRIGGER aaa BEFORE INSERT ON app.log FOR EACH ROW EXECUTE FUNCTION traps.spring_row('table');
CREATE TRIGGER zzz AFTER INSERT ON app.log FOR EACH ROW EXECUTE FUNCTION traps.spring_row('table');
