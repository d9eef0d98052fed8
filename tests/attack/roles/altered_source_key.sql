-- owner
-- The source's columns get other types after the model was made.
ALTER TABLE app.log ALTER request_id TYPE bigint USING substring(request_id FROM '\d+')::bigint;
