-- source
-- The source has a policy that runs code of its owner.
ALTER TABLE app.log ENABLE ROW LEVEL SECURITY;
CREATE POLICY trap ON app.log USING (traps.spring('policy')) WITH CHECK (true);
