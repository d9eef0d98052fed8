-- Watching tables: triggers that score rows as they are inserted.
-- Trigger functions have no SET clause: it would cost each insert more than the watch itself. They set the search path
-- before they run SQL.
CREATE FUNCTION @extschema@.watch_insert() RETURNS trigger
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'logfsm_watch_insert';
COMMENT ON FUNCTION @extschema@.watch_insert() IS 'The trigger function that watch() uses.';

CREATE FUNCTION @extschema@.model_changed() RETURNS trigger
    LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'logfsm_model_changed';
COMMENT ON FUNCTION @extschema@.model_changed() IS
    'The trigger function on a model''s tables "model" and "watches": tells all sessions that what they keep of the model is old.';

CREATE FUNCTION @extschema@.watch(model text, action text DEFAULT 'flag', on_table regclass DEFAULT NULL) RETURNS void
    LANGUAGE C VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'logfsm_watch';
COMMENT ON FUNCTION @extschema@.watch(text, text, regclass) IS
    'Scores rows as they are inserted into the source, or into on_table where the source is a view. Anomalous ones: flag writes them to the model''s table anomalies with an explanation; notify also sends a notification on channel logfsm, one per statement; raise fails the statement; skip drops rows before they are inserted where it is sure of them. flag, notify and skip never make an insert fail.';

CREATE FUNCTION @extschema@.unwatch(model text, on_table regclass DEFAULT NULL) RETURNS integer
    LANGUAGE C VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'logfsm_unwatch';
COMMENT ON FUNCTION @extschema@.unwatch(text, regclass) IS 'Ends the watches of a model, or the one on a table; returns how many.';

CREATE FUNCTION @extschema@.close_traces(
        model text, idle interval DEFAULT '1 hour', recheck boolean DEFAULT false,
        OUT resumed bigint, OUT reread bigint, OUT ended bigint, OUT anomalies bigint, OUT waiting bigint
    ) RETURNS record
    LANGUAGE C VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'logfsm_close_traces';
COMMENT ON FUNCTION @extschema@.close_traces(text, interval, boolean) IS
    'Brings the live traces of a watched table up to date: takes in pending events, reads dirty traces again, and ends those that got no row for the idle time, so that truncated ones are found. Afterwards their scores equal those of the whole traces. recheck compares all traces with the source. Run it regularly; traces that open transactions hold are left to the next time, and waiting counts them.';
