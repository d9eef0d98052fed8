-- superuser
-- A table of the model has an index whose operator class runs code of its owner.
CREATE FUNCTION traps.compare(text, text) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN PERFORM traps.spring_immutable('opclass'); RETURN bttextcmp($1, $2); END $$;
ALTER FUNCTION traps.compare(text, text) OWNER TO hostile;
CREATE OPERATOR CLASS traps.trap_ops FOR TYPE text USING btree AS
    OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 traps.compare(text, text);
CREATE INDEX ON shop.live_traces (trace_key traps.trap_ops);
CREATE INDEX ON shop.pending (trace_key traps.trap_ops);
CREATE INDEX ON shop.traces (trace_key traps.trap_ops);
CREATE INDEX ON app.log (request_id traps.trap_ops);
