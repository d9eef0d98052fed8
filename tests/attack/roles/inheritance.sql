-- owner
-- Children of the model's plain tables.
CREATE TABLE app.child_live () INHERITS (shop.live_traces);
CREATE TABLE app.child_watches () INHERITS (shop.watches);
INSERT INTO app.child_watches SELECT * FROM shop.watches;
CREATE TABLE app.child_log () INHERITS (app.log);
