-- superuser
-- Tables of the model and the source have indexes whose operator class runs code of their owner. The index of the source
-- runs it as who inserts, as in any table. The function catches nothing: an index holds locks while it compares.
CREATE FUNCTION traps.compare_model(text, text) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE LOG 'TRAP % opclass', current_user; RETURN bttextcmp($1, $2); END $$;
CREATE FUNCTION traps.compare_source(text, text) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE LOG 'TRAP % table', current_user; RETURN bttextcmp($1, $2); END $$;
ALTER FUNCTION traps.compare_model(text, text) OWNER TO hostile;
ALTER FUNCTION traps.compare_source(text, text) OWNER TO hostile;
CREATE OPERATOR CLASS traps.model_ops FOR TYPE text USING btree AS
    OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 traps.compare_model(text, text);
CREATE OPERATOR CLASS traps.source_ops FOR TYPE text USING btree AS
    OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 traps.compare_source(text, text);
CREATE INDEX ON shop.live_traces (trace_key traps.model_ops);
CREATE INDEX ON shop.pending (trace_key traps.model_ops);
CREATE INDEX ON shop.traces (trace_key traps.model_ops);
CREATE INDEX ON app.log (request_id traps.source_ops);
