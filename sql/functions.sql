-- Layer 1: functions that read traces and automata.

CREATE FUNCTION @extschema@.version() RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_version';
COMMENT ON FUNCTION @extschema@.version() IS 'The release of the loaded library.';

-- Traces: comparison by content.
CREATE FUNCTION @extschema@.trace_cmp(@extschema@.trace, @extschema@.trace) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_trace_cmp';
CREATE FUNCTION @extschema@.trace_eq(@extschema@.trace, @extschema@.trace) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_trace_eq';
CREATE FUNCTION @extschema@.trace_ne(@extschema@.trace, @extschema@.trace) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_trace_ne';
CREATE FUNCTION @extschema@.trace_lt(@extschema@.trace, @extschema@.trace) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_trace_lt';
CREATE FUNCTION @extschema@.trace_le(@extschema@.trace, @extschema@.trace) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_trace_le';
CREATE FUNCTION @extschema@.trace_gt(@extschema@.trace, @extschema@.trace) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_trace_gt';
CREATE FUNCTION @extschema@.trace_ge(@extschema@.trace, @extschema@.trace) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_trace_ge';
CREATE FUNCTION @extschema@.trace_hash(@extschema@.trace) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_trace_hash';
CREATE FUNCTION @extschema@.trace_hash_extended(@extschema@.trace, seed bigint) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_trace_hash_extended';

CREATE OPERATOR @extschema@.= (
    LEFTARG = @extschema@.trace, RIGHTARG = @extschema@.trace, FUNCTION = @extschema@.trace_eq, COMMUTATOR = OPERATOR(@extschema@.=),
    NEGATOR = OPERATOR(@extschema@.<>), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
CREATE OPERATOR @extschema@.<> (
    LEFTARG = @extschema@.trace, RIGHTARG = @extschema@.trace, FUNCTION = @extschema@.trace_ne, COMMUTATOR = OPERATOR(@extschema@.<>),
    NEGATOR = OPERATOR(@extschema@.=), RESTRICT = neqsel, JOIN = neqjoinsel
);
CREATE OPERATOR @extschema@.< (
    LEFTARG = @extschema@.trace, RIGHTARG = @extschema@.trace, FUNCTION = @extschema@.trace_lt, COMMUTATOR = OPERATOR(@extschema@.>),
    NEGATOR = OPERATOR(@extschema@.>=), RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
CREATE OPERATOR @extschema@.<= (
    LEFTARG = @extschema@.trace, RIGHTARG = @extschema@.trace, FUNCTION = @extschema@.trace_le, COMMUTATOR = OPERATOR(@extschema@.>=),
    NEGATOR = OPERATOR(@extschema@.>), RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
CREATE OPERATOR @extschema@.> (
    LEFTARG = @extschema@.trace, RIGHTARG = @extschema@.trace, FUNCTION = @extschema@.trace_gt, COMMUTATOR = OPERATOR(@extschema@.<),
    NEGATOR = OPERATOR(@extschema@.<=), RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
CREATE OPERATOR @extschema@.>= (
    LEFTARG = @extschema@.trace, RIGHTARG = @extschema@.trace, FUNCTION = @extschema@.trace_ge, COMMUTATOR = OPERATOR(@extschema@.<=),
    NEGATOR = OPERATOR(@extschema@.<), RESTRICT = scalargesel, JOIN = scalargejoinsel
);
CREATE OPERATOR CLASS @extschema@.trace_ops DEFAULT FOR TYPE @extschema@.trace USING btree AS
    OPERATOR 1 @extschema@.<, OPERATOR 2 @extschema@.<=, OPERATOR 3 @extschema@.=, OPERATOR 4 @extschema@.>=, OPERATOR 5 @extschema@.>,
    FUNCTION 1 @extschema@.trace_cmp(@extschema@.trace, @extschema@.trace);
CREATE OPERATOR CLASS @extschema@.trace_hash_ops DEFAULT FOR TYPE @extschema@.trace USING hash AS
    OPERATOR 1 @extschema@.=,
    FUNCTION 1 @extschema@.trace_hash(@extschema@.trace),
    FUNCTION 2 @extschema@.trace_hash_extended(@extschema@.trace, bigint);

-- Traces: accessors.
CREATE FUNCTION @extschema@.variant(trace @extschema@.trace) RETURNS text[]
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_trace_variant';
COMMENT ON FUNCTION @extschema@.variant(@extschema@.trace) IS
    'The labels of a trace in order, "component: event" where there is a component. Group by it to count variants. O(length).';
CREATE FUNCTION @extschema@.length(trace @extschema@.trace) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_trace_length';
COMMENT ON FUNCTION @extschema@.length(@extschema@.trace) IS 'The number of events of a trace.';
CREATE FUNCTION @extschema@.started_at(trace @extschema@.trace) RETURNS timestamptz
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_trace_started_at';
COMMENT ON FUNCTION @extschema@.started_at(@extschema@.trace) IS 'The time of the first event; NULL for a trace without times.';
CREATE FUNCTION @extschema@.ended_at(trace @extschema@.trace) RETURNS timestamptz
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_trace_ended_at';
COMMENT ON FUNCTION @extschema@.ended_at(@extschema@.trace) IS 'The time of the last event; NULL for a trace without times.';
CREATE FUNCTION @extschema@.duration(trace @extschema@.trace) RETURNS interval
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_trace_duration';
COMMENT ON FUNCTION @extschema@.duration(@extschema@.trace) IS 'From the first to the last event; NULL for a trace without times.';
CREATE FUNCTION @extschema@.events(trace @extschema@.trace)
    RETURNS TABLE (seq integer, at timestamptz, component text, event text, parameters jsonb)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 20 AS 'MODULE_PATHNAME', 'logfsm_trace_events';
COMMENT ON FUNCTION @extschema@.events(@extschema@.trace) IS 'The events of a trace as rows, seq counting from 1.';

-- Automata.
CREATE FUNCTION @extschema@.automaton_eq(@extschema@.automaton, @extschema@.automaton) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_automaton_eq';
CREATE FUNCTION @extschema@.automaton_ne(@extschema@.automaton, @extschema@.automaton) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_automaton_ne';
CREATE OPERATOR @extschema@.= (
    LEFTARG = @extschema@.automaton, RIGHTARG = @extschema@.automaton, FUNCTION = @extschema@.automaton_eq,
    COMMUTATOR = OPERATOR(@extschema@.=), NEGATOR = OPERATOR(@extschema@.<>)
);
CREATE OPERATOR @extschema@.<> (
    LEFTARG = @extschema@.automaton, RIGHTARG = @extschema@.automaton, FUNCTION = @extschema@.automaton_ne,
    COMMUTATOR = OPERATOR(@extschema@.<>), NEGATOR = OPERATOR(@extschema@.=)
);

CREATE FUNCTION @extschema@.to_json(automaton @extschema@.automaton) RETURNS jsonb
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'logfsm_to_json';
COMMENT ON FUNCTION @extschema@.to_json(@extschema@.automaton) IS
    'Everything an automaton holds as jsonb; from_json gives the same automaton back.';
CREATE CAST (@extschema@.automaton AS jsonb) WITH FUNCTION @extschema@.to_json(@extschema@.automaton);
-- to_jsonb, row_to_json and their like look for a cast to json.
CREATE FUNCTION @extschema@.as_json(automaton @extschema@.automaton) RETURNS json
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'logfsm_as_json';
COMMENT ON FUNCTION @extschema@.as_json(@extschema@.automaton) IS
    'The cast to json, by which to_jsonb() and row_to_json() show an automaton.';
CREATE CAST (@extschema@.automaton AS json) WITH FUNCTION @extschema@.as_json(@extschema@.automaton);
COMMENT ON CAST (@extschema@.automaton AS json) IS 'What to_json() gives, for to_jsonb() and row_to_json().';
CREATE FUNCTION @extschema@.to_json(trace @extschema@.trace) RETURNS jsonb
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'logfsm_trace_to_json';
COMMENT ON FUNCTION @extschema@.to_json(@extschema@.trace) IS
    'The events of a trace as a jsonb array of objects with event, component, at, seq and params, as far as it has them. Times are in UTC.';
CREATE CAST (@extschema@.trace AS jsonb) WITH FUNCTION @extschema@.to_json(@extschema@.trace);
COMMENT ON CAST (@extschema@.trace AS jsonb) IS 'The events of a trace, as to_json() gives them.';
CREATE FUNCTION @extschema@.as_json(trace @extschema@.trace) RETURNS json
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'logfsm_trace_as_json';
COMMENT ON FUNCTION @extschema@.as_json(@extschema@.trace) IS
    'The cast to json, by which to_jsonb() and row_to_json() show a trace.';
CREATE CAST (@extschema@.trace AS json) WITH FUNCTION @extschema@.as_json(@extschema@.trace);
COMMENT ON CAST (@extschema@.trace AS json) IS 'What to_json() gives, for to_jsonb() and row_to_json().';
CREATE FUNCTION @extschema@.from_json(document jsonb) RETURNS @extschema@.automaton
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'logfsm_from_json';
COMMENT ON FUNCTION @extschema@.from_json(jsonb) IS
    'An automaton from its JSON form; everything is checked, error 22P02 says what is wrong.';

CREATE FUNCTION @extschema@.infer(
        prefix_tree @extschema@.automaton, method text DEFAULT 'auto', options jsonb DEFAULT '{}', negative @extschema@.automaton DEFAULT NULL
    ) RETURNS @extschema@.automaton
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100000 AS 'MODULE_PATHNAME', 'logfsm_infer';
COMMENT ON FUNCTION @extschema@.infer(@extschema@.automaton, text, jsonb, @extschema@.automaton) IS
    'Learns a state machine from a prefix tree. method: a name from the methods view, or auto; options: that method''s, as a JSON object; negative: a prefix tree of traces to reject, for edsm and rpni. Deterministic; every training trace is accepted. A negative trace with the events of a positive one is left out, with a note. Unknown method or option: error 22023. NULL for a NULL tree, method or options.';
CREATE FUNCTION @extschema@.list_methods()
    RETURNS TABLE (method text, summary text, option text, default_value text, takes text, meaning text)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 20 AS 'MODULE_PATHNAME', 'logfsm_methods';
COMMENT ON FUNCTION @extschema@.list_methods() IS 'The learners with their options; read it through the methods view.';
CREATE VIEW @extschema@.methods AS SELECT * FROM @extschema@.list_methods();
COMMENT ON VIEW @extschema@.methods IS 'The learners that infer knows, one row per option with default, values it takes and meaning.';

CREATE FUNCTION @extschema@.states(automaton @extschema@.automaton)
    RETURNS TABLE (state_id integer, name text, kind text, visits bigint, stops bigint)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 100 AS 'MODULE_PATHNAME', 'logfsm_states';
COMMENT ON FUNCTION @extschema@.states(@extschema@.automaton) IS
    'One row per state: kind is start, normal or end; visits and stops count training traces. visits = out-flow + stops.';
CREATE FUNCTION @extschema@.phases(automaton @extschema@.automaton, options jsonb DEFAULT '{}')
    RETURNS TABLE (phase_id integer, name text, visits bigint, states integer[], label_ids integer[], events text[])
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 20 AS 'MODULE_PATHNAME', 'logfsm_phases';
COMMENT ON FUNCTION @extschema@.phases(@extschema@.automaton, jsonb) IS
    'The coarse states of a machine: groups of states that go on alike, as few as predict the next event nearly as well as the states do. Every event type is in the phase that it most often leads to.';
CREATE FUNCTION @extschema@.transitions(automaton @extschema@.automaton)
    RETURNS TABLE (
        transition_id integer, src integer, component text, event text, dst integer, count bigint, prob double precision,
        delay_min double precision, delay_mean double precision, delay_median double precision, delay_p99 double precision, delay_max double precision
    )
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 100 AS 'MODULE_PATHNAME', 'logfsm_transitions';
COMMENT ON FUNCTION @extschema@.transitions(@extschema@.automaton) IS
    'One row per transition with its count, its share of the source state''s visits, and delays in seconds since the event before (NULL without times).';
CREATE FUNCTION @extschema@.event_types(automaton @extschema@.automaton)
    RETURNS TABLE (label_id integer, component text, event text, count bigint)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 50 AS 'MODULE_PATHNAME', 'logfsm_event_types';
COMMENT ON FUNCTION @extschema@.event_types(@extschema@.automaton) IS 'One row per event type (and component) with its number of events.';
CREATE FUNCTION @extschema@.stats(automaton @extschema@.automaton) RETURNS TABLE (name text, value text)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 15 AS 'MODULE_PATHNAME', 'logfsm_stats';
COMMENT ON FUNCTION @extschema@.stats(@extschema@.automaton) IS
    'Totals of an automaton: method and options, states, transitions, traces, events, ties that no seq decided, fingerprint.';
CREATE FUNCTION @extschema@.fingerprint(automaton @extschema@.automaton) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'logfsm_fingerprint';
COMMENT ON FUNCTION @extschema@.fingerprint(@extschema@.automaton) IS
    'SHA-256, as hexadecimal, of states, transitions, counts, samples and what was learned: names a machine in runs and seeds generation.';

-- An automaton and a trace.
CREATE FUNCTION @extschema@.accepts(automaton @extschema@.automaton, trace @extschema@.trace) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'logfsm_accepts';
COMMENT ON FUNCTION @extschema@.accepts(@extschema@.automaton, @extschema@.trace) IS
    'Whether the machine consumes the trace whole and may end there. O(length).';
CREATE FUNCTION @extschema@.score(automaton @extschema@.automaton, trace @extschema@.trace) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 AS 'MODULE_PATHNAME', 'logfsm_score';
COMMENT ON FUNCTION @extschema@.score(@extschema@.automaton, @extschema@.trace) IS
    'How anomalous a trace is, in bits: surprise of its events beyond that of held-out training traces, event counts unlike any training trace''s, new event types, late events, new parameter values; 0 for typical traces, however long. O(length).';
CREATE FUNCTION @extschema@.explain(automaton @extschema@.automaton, trace @extschema@.trace)
    RETURNS TABLE (
        seq integer, event text, kind text, state integer, probability double precision,
        expected text, expected_probability double precision, contribution double precision, explanation text
    )
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 ROWS 20 AS 'MODULE_PATHNAME', 'logfsm_explain';
COMMENT ON FUNCTION @extschema@.explain(@extschema@.automaton, @extschema@.trace) IS
    'Why a trace has its score: one row per event and one for the end (event NULL). kind: usual, rare, unexpected, unknown_type, new_template, rare_end, wrong_end; explanation says it in words. Contributions are in bits and add up to the score.';
CREATE FUNCTION @extschema@.replay(automaton @extschema@.automaton, trace @extschema@.trace, tolerant boolean DEFAULT false)
    RETURNS TABLE (
        seq integer, at timestamptz, component text, event text, src integer, dst integer, transition_id integer, label_id integer
    )
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20 ROWS 20 AS 'MODULE_PATHNAME', 'logfsm_replay';
COMMENT ON FUNCTION @extschema@.replay(@extschema@.automaton, @extschema@.trace, boolean) IS
    'The events of a trace along the most probable path of the machine. No rows if the trace is not accepted; with tolerant, the events that the cheapest alignment does not take have no transition, and src and dst are the state in which they pass.';

CREATE FUNCTION @extschema@.generate(
        automaton @extschema@.automaton, traces bigint, seed bigint DEFAULT 0, first_trace bigint DEFAULT 1, options jsonb DEFAULT '{}'
    )
    RETURNS TABLE (
        trace bigint, seq integer, at timestamptz, component text, event text, src integer, dst integer, transition_id integer, label_id integer
    )
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 20000 AS 'MODULE_PATHNAME', 'logfsm_generate';
COMMENT ON FUNCTION @extschema@.generate(@extschema@.automaton, bigint, bigint, bigint, jsonb) IS
    'Synthetic traces, one row per event. The same automaton, seed and options give the same rows; first_trace starts at any trace without generating those before it. option max_length caps the events of a trace.';
CREATE FUNCTION @extschema@.generate_trace(
        automaton @extschema@.automaton, seed bigint, trace bigint, options jsonb DEFAULT '{}'
    ) RETURNS @extschema@.trace
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'logfsm_generate_trace';
COMMENT ON FUNCTION @extschema@.generate_trace(@extschema@.automaton, bigint, bigint, jsonb) IS
    'The synthetic trace number n of a seed as a value: what generate gives for it.';

-- Templates.
CREATE FUNCTION @extschema@.parse(
        templates @extschema@.templates, message text, OUT template_id integer, OUT template text, OUT parameters jsonb
    ) RETURNS record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50 AS 'MODULE_PATHNAME', 'logfsm_parse';
COMMENT ON FUNCTION @extschema@.parse(@extschema@.templates, text) IS
    'The template of a line and its parameters as a JSON array of strings; NULLs where no template fits. Linear in the line.';
CREATE FUNCTION @extschema@.list_templates(templates @extschema@.templates)
    RETURNS TABLE (template_id integer, template text, kinds text[], count bigint)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 50 AS 'MODULE_PATHNAME', 'logfsm_list_templates';
COMMENT ON FUNCTION @extschema@.list_templates(@extschema@.templates) IS
    'One row per template: its text with <*> slots, the detected kind of each slot, and how many mined lines have it.';
CREATE FUNCTION @extschema@.has_parameters(trace @extschema@.trace) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'logfsm_trace_has_parameters';
COMMENT ON FUNCTION @extschema@.has_parameters(@extschema@.trace) IS 'Whether any event of a trace has parameters.';

-- Pictures.
CREATE FUNCTION @extschema@.to_dot(automaton @extschema@.automaton, options jsonb DEFAULT '{}') RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'logfsm_to_dot';
COMMENT ON FUNCTION @extschema@.to_dot(@extschema@.automaton, jsonb) IS
    'The machine as Graphviz text. Options of all pictures: min_probability, min_count, max_transitions, max_label, merge_parallel, direction.';
CREATE FUNCTION @extschema@.to_mermaid(automaton @extschema@.automaton, options jsonb DEFAULT '{}') RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'logfsm_to_mermaid';
COMMENT ON FUNCTION @extschema@.to_mermaid(@extschema@.automaton, jsonb) IS 'The machine as a Mermaid diagram, for Markdown. Options as for to_dot.';
CREATE FUNCTION @extschema@.to_svg(automaton @extschema@.automaton, options jsonb DEFAULT '{}') RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000 AS 'MODULE_PATHNAME', 'logfsm_to_svg';
COMMENT ON FUNCTION @extschema@.to_svg(@extschema@.automaton, jsonb) IS
    'The machine as a standalone SVG picture: frequent ways are thick, labels carry probability, count and mean delay; what is hidden is said. Options as for to_dot.';
CREATE FUNCTION @extschema@.to_html(automaton @extschema@.automaton, options jsonb DEFAULT '{}') RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10000 AS 'MODULE_PATHNAME', 'logfsm_to_html';
COMMENT ON FUNCTION @extschema@.to_html(@extschema@.automaton, jsonb) IS
    'The picture and a sortable table of all transitions as one standalone HTML page. Options as for to_dot.';

-- What belongs to comparison.
COMMENT ON FUNCTION @extschema@.trace_cmp(@extschema@.trace, @extschema@.trace) IS 'Compares two traces by content: -1, 0 or 1.';
COMMENT ON FUNCTION @extschema@.trace_eq(@extschema@.trace, @extschema@.trace) IS 'Whether two traces are equal.';
COMMENT ON FUNCTION @extschema@.trace_ne(@extschema@.trace, @extschema@.trace) IS 'Whether two traces differ.';
COMMENT ON FUNCTION @extschema@.trace_lt(@extschema@.trace, @extschema@.trace) IS 'Whether a trace sorts before another.';
COMMENT ON FUNCTION @extschema@.trace_le(@extschema@.trace, @extschema@.trace) IS 'Whether a trace sorts before another or is equal.';
COMMENT ON FUNCTION @extschema@.trace_gt(@extschema@.trace, @extschema@.trace) IS 'Whether a trace sorts after another.';
COMMENT ON FUNCTION @extschema@.trace_ge(@extschema@.trace, @extschema@.trace) IS 'Whether a trace sorts after another or is equal.';
COMMENT ON FUNCTION @extschema@.trace_hash(@extschema@.trace) IS 'A hash of a trace''s content.';
COMMENT ON FUNCTION @extschema@.trace_hash_extended(@extschema@.trace, bigint) IS 'A seeded hash of a trace''s content.';
COMMENT ON FUNCTION @extschema@.automaton_eq(@extschema@.automaton, @extschema@.automaton) IS 'Whether two automata are equal in everything they hold.';
COMMENT ON FUNCTION @extschema@.automaton_ne(@extschema@.automaton, @extschema@.automaton) IS 'Whether two automata differ in anything they hold.';
COMMENT ON OPERATOR @extschema@.= (@extschema@.trace, @extschema@.trace) IS 'Whether two traces are equal.';
COMMENT ON OPERATOR @extschema@.<> (@extschema@.trace, @extschema@.trace) IS 'Whether two traces differ.';
COMMENT ON OPERATOR @extschema@.< (@extschema@.trace, @extschema@.trace) IS 'Whether a trace sorts before another.';
COMMENT ON OPERATOR @extschema@.<= (@extschema@.trace, @extschema@.trace) IS 'Whether a trace sorts before another or is equal.';
COMMENT ON OPERATOR @extschema@.> (@extschema@.trace, @extschema@.trace) IS 'Whether a trace sorts after another.';
COMMENT ON OPERATOR @extschema@.>= (@extschema@.trace, @extschema@.trace) IS 'Whether a trace sorts after another or is equal.';
COMMENT ON OPERATOR @extschema@.= (@extschema@.automaton, @extschema@.automaton) IS 'Whether two automata are equal in everything they hold.';
COMMENT ON OPERATOR @extschema@.<> (@extschema@.automaton, @extschema@.automaton) IS 'Whether two automata differ in anything they hold.';
COMMENT ON OPERATOR CLASS @extschema@.trace_ops USING btree IS 'Order of traces by content: for ORDER BY, DISTINCT and indexes.';
COMMENT ON OPERATOR CLASS @extschema@.trace_hash_ops USING hash IS 'Hashing of traces by content: for GROUP BY and hash joins.';
COMMENT ON OPERATOR FAMILY @extschema@.trace_ops USING btree IS 'Order of traces by content.';
COMMENT ON OPERATOR FAMILY @extschema@.trace_hash_ops USING hash IS 'Hashing of traces by content.';
COMMENT ON CAST (@extschema@.automaton AS jsonb) IS 'Everything an automaton holds, as to_json() gives it.';
