-- source
-- The source's message and component have types with casts to text that run code of the source's owner.
CREATE TYPE app.word AS ENUM ('api', 'db', 'cache');
CREATE FUNCTION app.word_text(app.word) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM traps.spring_immutable('cast'); RETURN 'x'; END $$;
CREATE CAST (app.word AS text) WITH FUNCTION app.word_text(app.word) AS IMPLICIT;
ALTER TABLE app.log ALTER svc TYPE app.word USING svc::app.word;
CREATE TYPE app.line AS (v text);
CREATE FUNCTION app.line_text(app.line) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM traps.spring_immutable('cast'); RETURN ($1).v; END $$;
CREATE CAST (app.line AS text) WITH FUNCTION app.line_text(app.line) AS ASSIGNMENT;
ALTER TABLE app.log ALTER line TYPE app.line USING ROW(line)::app.line;
