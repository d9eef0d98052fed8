-- owner
-- The model's row names a source that is code, and one of somebody else.
UPDATE shop.model SET source = '(SELECT traps.spring(''source''), * FROM app.log) AS x';
