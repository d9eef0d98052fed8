-- owner
-- The model's row names other columns of the source than it was made with.
ALTER TABLE app.log ADD COLUMN other bigint DEFAULT 7, ADD COLUMN bytes bytea DEFAULT '\xff00';
UPDATE shop.model SET trace_column = 'other', message_column = NULL, event_column = 'bytes', component_column = 'logged_at';
