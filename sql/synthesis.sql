-- Checks and fidelity of a model's runs.
CREATE FUNCTION @extschema@.check_run(model text, run integer)
    RETURNS TABLE (rule text, kind text, meaning text, checked bigint, violated bigint, examples text[])
    LANGUAGE C STABLE PARALLEL UNSAFE ROWS 22 SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'logfsm_check_run';
COMMENT ON FUNCTION @extschema@.check_run(text, integer) IS
    'Checks the rows of a run against the model''s tables and what is known of the real traces: one row per rule, with up to three traces (states, for flow_conservation) that break it. Run 0 is the real data.';

CREATE FUNCTION @extschema@.fidelity(model text, run integer)
    RETURNS TABLE (metric text, weighted boolean, value double precision, floor double precision, shuffled double precision, meaning text)
    LANGUAGE C STABLE PARALLEL UNSAFE ROWS 46 SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'logfsm_fidelity';
COMMENT ON FUNCTION @extschema@.fidelity(text, integer) IS
    'How far a run''s traces are from the real ones. floor: one half of the real traces against the other; shuffled: the run''s traces with their events in random order.';

CREATE FUNCTION @extschema@.transition_matrix(model text, run integer)
    RETURNS TABLE (event text, next_event text, real_share double precision, synthetic_share double precision, difference double precision)
    LANGUAGE C STABLE PARALLEL UNSAFE ROWS 500 SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'logfsm_transition_matrix';
COMMENT ON FUNCTION @extschema@.transition_matrix(text, integer) IS
    'What follows each event, as shares, in the real traces and in a run; NULL as event is the start, as next_event the end.';

CREATE FUNCTION @extschema@.spectra(model text, run integer)
    RETURNS TABLE (n integer, real_eigenvalue double precision, synthetic_eigenvalue double precision)
    LANGUAGE C STABLE PARALLEL UNSAFE ROWS 50 SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'logfsm_spectra';
COMMENT ON FUNCTION @extschema@.spectra(text, integer) IS
    'Eigenvalues, ascending, of the normalised Laplacian of the graph of directly following events, of the real traces and of a run.';

CREATE FUNCTION @extschema@.transition_matrix_svg(model text, run integer) RETURNS text
    LANGUAGE C STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'logfsm_transition_matrix_svg';
COMMENT ON FUNCTION @extschema@.transition_matrix_svg(text, integer) IS
    'What follows each event in the real traces, in a run, and the difference: three heat maps side by side, as an SVG.';

CREATE FUNCTION @extschema@.parameter_fidelity(model text, run integer)
    RETURNS TABLE (
        measure text, event text, slot text, earlier_event text, earlier_slot text, dependent boolean,
        value double precision, floor double precision, shuffled double precision
    )
    LANGUAGE C STABLE PARALLEL UNSAFE ROWS 200 SET search_path = pg_catalog, pg_temp AS 'MODULE_PATHNAME', 'logfsm_parameter_fidelity';
COMMENT ON FUNCTION @extschema@.parameter_fidelity(text, integer) IS
    'How alike each parameter (measure shape) and each two parameters of a trace (contingency, correlation, equality) are in a run and in the real traces, 1 being best; what the metrics of parameters in fidelity are means of.';
