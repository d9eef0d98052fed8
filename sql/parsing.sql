-- Parsing: line formats, trace keys in text, and templates beyond what parse and list_templates give.

CREATE FUNCTION @extschema@.list_formats() RETURNS TABLE (format text, reads text, patterns text[], datetimes text[])
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 11 AS 'MODULE_PATHNAME', 'logfsm_list_formats';
COMMENT ON FUNCTION @extschema@.list_formats() IS 'The line formats that have names; read it through the formats view.';
CREATE VIEW @extschema@.formats AS SELECT * FROM @extschema@.list_formats();
COMMENT ON VIEW @extschema@.formats IS
    'The line formats that have names: what they read, their expressions in the order they are tried, and their strptime patterns.';

CREATE FUNCTION @extschema@.explain_format(
        line text, format text, OUT matches boolean, OUT matched_text text, OUT stopped_at text, OUT rest text, OUT explanation text, OUT "pattern" text
    ) RETURNS record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000 AS 'MODULE_PATHNAME', 'logfsm_explain_format';
COMMENT ON FUNCTION @extschema@.explain_format(text, text) IS
    'How far a format, named or a regular expression, matches a line: the text it matched, the part of the expression that did not match what follows, and what follows.';

CREATE FUNCTION @extschema@.parse_line(
        line text, formats text[], options jsonb DEFAULT '{}',
        OUT outcome text, OUT event text, OUT at timestamptz, OUT traces text[], OUT component text, OUT level text, OUT message text, OUT parameters jsonb
    ) RETURNS record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'logfsm_parse_line';
CREATE FUNCTION @extschema@.parse_line(
        line text, format text, options jsonb DEFAULT '{}',
        OUT outcome text, OUT event text, OUT at timestamptz, OUT traces text[], OUT component text, OUT level text, OUT message text, OUT parameters jsonb
    ) RETURNS record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'logfsm_parse_line_one';
COMMENT ON FUNCTION @extschema@.parse_line(text, text[], jsonb) IS
    'Reads a line by the first of several formats that matches it. outcome: event, kept, skipped, hidden or separator. A line that no format can read, its time included, is error 22023 that says why, unless option on_unmatched says skip or keep.';
COMMENT ON FUNCTION @extschema@.parse_line(text, text, jsonb) IS 'Reads a line by one format, named or a regular expression with named groups.';

CREATE FUNCTION @extschema@.read_log(log text, formats text[], options jsonb DEFAULT '{}')
    RETURNS TABLE (
        line bigint, outcome text, event text, at timestamptz, traces text[], component text, level text, message text, parameters jsonb
    )
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 1000 AS 'MODULE_PATHNAME', 'logfsm_read_log';
CREATE FUNCTION @extschema@.read_log(log text, format text, options jsonb DEFAULT '{}')
    RETURNS TABLE (
        line bigint, outcome text, event text, at timestamptz, traces text[], component text, level text, message text, parameters jsonb
    )
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 1000 AS 'MODULE_PATHNAME', 'logfsm_read_log_one';
COMMENT ON FUNCTION @extschema@.read_log(text, text[], jsonb) IS
    'Reads a whole log, such as pg_read_file() gives: one row per record, quoted text and messages that go on in the next lines included; separators and relative times are honoured. Empty lines are no records.';
COMMENT ON FUNCTION @extschema@.read_log(text, text, jsonb) IS 'Reads a whole log by one format.';

CREATE FUNCTION @extschema@.trace_keys(message text, "pattern" text) RETURNS text[]
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'logfsm_trace_keys';
COMMENT ON FUNCTION @extschema@.trace_keys(text, text) IS
    'The distinct trace keys that an expression finds in a message: its first group, or else the whole match. Linear in the message.';

-- What models read their source by.
CREATE FUNCTION @extschema@.read_message(settings jsonb, line text, OUT outcome text, OUT event text, OUT keys text[], OUT message text) RETURNS record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'logfsm_read_message';
COMMENT ON FUNCTION @extschema@.read_message(jsonb, text) IS
    'What templates are to be mined from in a line of a model''s source: its message, unless its format says the event type.';
CREATE FUNCTION @extschema@.unread_reason(settings jsonb, line text) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'logfsm_unread_reason';
COMMENT ON FUNCTION @extschema@.unread_reason(jsonb, text) IS
    'Why a line of a model''s source cannot be read by the model''s parse_settings; NULL for one that can.';
CREATE FUNCTION @extschema@.read_line(
        settings jsonb, templates @extschema@.templates, line text,
        OUT outcome text, OUT event text, OUT at timestamptz, OUT keys text[], OUT component text, OUT message text, OUT parameters jsonb
    ) RETURNS record
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'logfsm_read_line';
COMMENT ON FUNCTION @extschema@.read_line(jsonb, @extschema@.templates, text) IS
    'A line of a model''s source as an event, by the model''s parse_settings and templates.';

-- Templates.
CREATE FUNCTION @extschema@.template_id(templates @extschema@.templates, message text) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'logfsm_template_id';
COMMENT ON FUNCTION @extschema@.template_id(@extschema@.templates, text) IS
    'The template of a line alone, by its number in list_templates(): the fastest way to match. NULL where no template fits.';
CREATE FUNCTION @extschema@.rebuild(templates @extschema@.templates, template_id integer, parameters jsonb DEFAULT '[]') RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'logfsm_rebuild';
COMMENT ON FUNCTION @extschema@.rebuild(@extschema@.templates, integer, jsonb) IS
    'The line that a template and its parameters stand for, byte for byte, as parse() gave them.';
CREATE FUNCTION @extschema@.to_json(templates @extschema@.templates) RETURNS jsonb
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'logfsm_templates_to_json';
COMMENT ON FUNCTION @extschema@.to_json(@extschema@.templates) IS
    'The templates with their pieces, kinds and counts as jsonb, for people and other programs; rollup needs the value itself.';
CREATE CAST (@extschema@.templates AS jsonb) WITH FUNCTION @extschema@.to_json(@extschema@.templates);
COMMENT ON CAST (@extschema@.templates AS jsonb) IS 'The templates as to_json() gives them.';
CREATE FUNCTION @extschema@.as_json(templates @extschema@.templates) RETURNS json
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'logfsm_templates_as_json';
COMMENT ON FUNCTION @extschema@.as_json(@extschema@.templates) IS
    'The cast to json, by which to_jsonb() and row_to_json() show templates.';
CREATE CAST (@extschema@.templates AS json) WITH FUNCTION @extschema@.as_json(@extschema@.templates);
COMMENT ON CAST (@extschema@.templates AS json) IS 'What to_json() gives, for to_jsonb() and row_to_json().';
CREATE FUNCTION @extschema@.is_moved_by(templates @extschema@.templates, later @extschema@.templates) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000 AS 'MODULE_PATHNAME', 'logfsm_is_moved_by';
COMMENT ON FUNCTION @extschema@.is_moved_by(@extschema@.templates, @extschema@.templates) IS
    'Whether a line that the first templates were mined from is parsed otherwise by the second ones, which were mined from more lines.';

CREATE FUNCTION @extschema@.template_transition(@extschema@.templates, message text, options jsonb) RETURNS @extschema@.templates
    LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_template_transition';
COMMENT ON FUNCTION @extschema@.template_transition(@extschema@.templates, text, jsonb) IS 'Adds a line to a set of templates.';
CREATE AGGREGATE @extschema@.template_agg(message text, options jsonb) (
    SFUNC = @extschema@.template_transition, STYPE = @extschema@.templates,
    COMBINEFUNC = @extschema@.template_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.template_agg(text, jsonb) IS
    'The message templates of a group''s lines, with options: masks (regular expressions for what is one value) and word_limit. All rows of a group must have the same options.';
