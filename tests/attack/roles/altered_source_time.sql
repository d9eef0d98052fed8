-- owner
-- The source's time becomes text, its message a number.
ALTER TABLE app.log ALTER logged_at TYPE text;
ALTER TABLE app.log ALTER line TYPE integer USING length(line);
