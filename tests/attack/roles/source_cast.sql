-- source
-- The source's key has a type with a cast to text that runs code of the source's owner.
CREATE TYPE app.key AS (v text);
CREATE FUNCTION app.key_text(app.key) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM traps.spring_immutable('cast'); RETURN ($1).v; END $$;
CREATE CAST (app.key AS text) WITH FUNCTION app.key_text(app.key) AS IMPLICIT;
ALTER TABLE app.log ALTER request_id TYPE app.key USING ROW(request_id)::app.key;
