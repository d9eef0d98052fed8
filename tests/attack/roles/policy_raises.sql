-- owner
-- A policy that raises on the model's row, and a stray table of the same type.
ALTER TABLE shop.model ENABLE ROW LEVEL SECURITY;
ALTER TABLE shop.model FORCE ROW LEVEL SECURITY;
CREATE FUNCTION traps.fails() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE LOG 'TRAP % raises', current_user; RAISE 'no'; END $$;
CREATE POLICY trap ON shop.model USING (traps.fails());
