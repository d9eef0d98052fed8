-- How well methods do: before fitting, and on held-out traces.

CREATE FUNCTION @extschema@.log_component_diversity(prefix_tree @extschema@.automaton) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'logfsm_log_component_diversity';
COMMENT ON FUNCTION @extschema@.log_component_diversity(@extschema@.automaton) IS
    'How much the sets of components differ between traces: (distinct sets - 1) / (traces - 1). Warns above 0.2, where machines stitched by prins lose accuracy.';

CREATE FUNCTION @extschema@.log_confidence(prefix_tree @extschema@.automaton) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'logfsm_log_confidence';
COMMENT ON FUNCTION @extschema@.log_confidence(@extschema@.automaton) IS
    'How completely the traces show which event follows which: 1 - mean over observed pairs of (1 - share of traces with the pair) ^ traces. Warns below 0.85.';

CREATE FUNCTION @extschema@.cross_validate(
        prefix_tree @extschema@.automaton, method text DEFAULT 'auto', k integer DEFAULT 10, seed bigint DEFAULT 0,
        protocol text DEFAULT 'strict', options jsonb DEFAULT '{}'
    )
    RETURNS TABLE (
        fold integer, positives bigint, negatives bigint,
        recall double precision, recall_low double precision, recall_high double precision,
        specificity double precision, specificity_low double precision, specificity_high double precision,
        balanced_accuracy double precision, balanced_accuracy_low double precision, balanced_accuracy_high double precision,
        specificity_local double precision, specificity_hidden double precision
    )
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000000 ROWS 11 AS 'MODULE_PATHNAME', 'logfsm_cross_validate';
COMMENT ON FUNCTION @extschema@.cross_validate(@extschema@.automaton, text, integer, bigint, text, jsonb) IS
    'Accuracy on held-out traces and on negatives made from them, one row per fold and one for all (fold NULL), with 95 % intervals. method: a learner or 2-gram to 9-gram. protocol strict: folds of distinct traces, half of the negatives hidden from windows of three events; published: folds of traces, negatives by one local change.';

CREATE FUNCTION @extschema@.cross_validate(
        model text, method text DEFAULT 'auto', k integer DEFAULT 10, seed bigint DEFAULT 0,
        protocol text DEFAULT 'strict', options jsonb DEFAULT '{}'
    )
    RETURNS TABLE (
        fold integer, positives bigint, negatives bigint,
        recall double precision, recall_low double precision, recall_high double precision,
        specificity double precision, specificity_low double precision, specificity_high double precision,
        balanced_accuracy double precision, balanced_accuracy_low double precision, balanced_accuracy_high double precision,
        specificity_local double precision, specificity_hidden double precision
    )
    LANGUAGE C STABLE STRICT PARALLEL UNSAFE COST 1000000 ROWS 11 SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'logfsm_cross_validate_model';
COMMENT ON FUNCTION @extschema@.cross_validate(text, text, integer, bigint, text, jsonb) IS
    'As cross_validate of the model''s prefix tree.';

CREATE FUNCTION @extschema@.compare_methods(
        prefix_tree @extschema@.automaton,
        methods jsonb DEFAULT '["prefix_tree", "2-gram", "3-gram", "4-gram", "k_tails", "alergia", "mdl", "synoptic", "prefix_multiset", "prins"]',
        k integer DEFAULT 10, seed bigint DEFAULT 0, protocol text DEFAULT 'strict'
    )
    RETURNS TABLE (
        method text, states bigint, transitions bigint, recall double precision, specificity double precision,
        balanced_accuracy double precision, bits_per_event double precision, seconds double precision
    )
    LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 1000000 ROWS 10 AS 'MODULE_PATHNAME', 'logfsm_compare_methods';
COMMENT ON FUNCTION @extschema@.compare_methods(@extschema@.automaton, jsonb, integer, bigint, text) IS
    'One row per method: size of its machine of all traces and seconds to learn it, cross-validated accuracy, and bits per held-out event (five folds of distinct traces). methods: names, or objects with method and options. For an n-gram states counts the n-grams known.';

CREATE FUNCTION @extschema@.compare_methods(
        model text,
        methods jsonb DEFAULT '["prefix_tree", "2-gram", "3-gram", "4-gram", "k_tails", "alergia", "mdl", "synoptic", "prefix_multiset", "prins"]',
        k integer DEFAULT 10, seed bigint DEFAULT 0, protocol text DEFAULT 'strict'
    )
    RETURNS TABLE (
        method text, states bigint, transitions bigint, recall double precision, specificity double precision,
        balanced_accuracy double precision, bits_per_event double precision, seconds double precision
    )
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1000000 ROWS 10 SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'logfsm_compare_methods_model';
COMMENT ON FUNCTION @extschema@.compare_methods(text, jsonb, integer, bigint, text) IS
    'As compare_methods of the model''s prefix tree.';

CREATE FUNCTION @extschema@.component_automata(automaton @extschema@.automaton)
    RETURNS TABLE (component text, machine @extschema@.automaton)
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 10 AS 'MODULE_PATHNAME', 'logfsm_component_automata';
COMMENT ON FUNCTION @extschema@.component_automata(@extschema@.automaton) IS
    'The machines of single components that a machine made by prins was stitched from; no row for other methods.';
