-- source
-- Operators of the source's owner stand on everybody's search path.
CREATE FUNCTION app.less(text, text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM traps.spring_immutable('operator'); RETURN true; END $$;
CREATE OPERATOR app.= (LEFTARG = text, RIGHTARG = text, FUNCTION = app.less);
CREATE OPERATOR app.< (LEFTARG = text, RIGHTARG = text, FUNCTION = app.less);
CREATE FUNCTION app.lower(text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM traps.spring('function'); RETURN $1; END $$;
DO $$ BEGIN PERFORM 1; END $$;
