-- Scoring: thresholds, alignments, evaluation against labels.

CREATE FUNCTION @extschema@.threshold(automaton @extschema@.automaton, false_positive_rate double precision DEFAULT 0.001)
    RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'logfsm_threshold';
COMMENT ON FUNCTION @extschema@.threshold(@extschema@.automaton, double precision) IS
    'The score that about this share of normal traces exceeds, estimated from the training traces alone, each scored as if it had been held out. Error 22023 for a prefix tree.';

CREATE FUNCTION @extschema@.align(automaton @extschema@.automaton, trace @extschema@.trace)
    RETURNS TABLE (
        step integer, seq integer, move text, component text, event text, src integer, dst integer, transition_id integer, cost integer
    )
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 20 AS 'MODULE_PATHNAME', 'logfsm_align';
COMMENT ON FUNCTION @extschema@.align(@extschema@.automaton, @extschema@.trace) IS
    'The fewest edits that turn a trace into one the machine accepts, one row per step. move: both, trace (the event is too much, cost 1) or machine (the event is missing before seq, cost 1).';

CREATE FUNCTION @extschema@.recalibrate(model text, false_positive_rate double precision DEFAULT 0.001) RETURNS double precision
    LANGUAGE C VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'logfsm_recalibrate';
COMMENT ON FUNCTION @extschema@.recalibrate(text, double precision) IS
    'Sets the threshold of a model for a share of normal traces that may be called anomalous, marks its scores anew and returns the threshold.';

CREATE FUNCTION @extschema@.evaluate(model text, labels regclass, trace text DEFAULT 'trace_key', label text DEFAULT 'is_anomalous')
    RETURNS TABLE (
        subset text, traces bigint, anomalies bigint, flagged bigint, "precision" double precision, recall double precision,
        f1 double precision, best_f1 double precision, auroc double precision, auprc double precision, fpr_at_95_recall double precision
    )
    LANGUAGE C STABLE PARALLEL UNSAFE ROWS 2 SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'logfsm_evaluate';
COMMENT ON FUNCTION @extschema@.evaluate(text, regclass, text, text) IS
    'How well a model''s scores and threshold tell labelled traces apart: one row for all traces and one for the rare ones. labels is a table or view with the trace key in one column and a boolean in another. The caller needs SELECT on it and on the model''s tables; each is read as its owner.';
