CREATE TABLE {schema}.model OF logfsm.model_info (PRIMARY KEY (name), name WITH OPTIONS NOT NULL, source WITH OPTIONS NOT NULL, fits WITH OPTIONS NOT NULL);
COMMENT ON TABLE {schema}.model IS 'One row: what the model is made from, how it was fitted, its prefix tree and its machine.';

CREATE TABLE {schema}.runs (
    run_id integer PRIMARY KEY,
    kind text NOT NULL CHECK (kind OPERATOR(pg_catalog.=) 'real' OR kind OPERATOR(pg_catalog.=) 'synthetic' OR kind OPERATOR(pg_catalog.=) 'anomalous' OR kind OPERATOR(pg_catalog.=) 'tests'),
    status text NOT NULL CHECK (status OPERATOR(pg_catalog.=) 'current' OR status OPERATOR(pg_catalog.=) 'stale' OR status OPERATOR(pg_catalog.=) 'rejected'),
    fit integer NOT NULL,
    seed bigint,
    options jsonb,
    fingerprint text NOT NULL,
    generator text,
    version text NOT NULL,
    traces bigint NOT NULL,
    events bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    CHECK ((run_id OPERATOR(pg_catalog.=) 0) OPERATOR(pg_catalog.=) (kind OPERATOR(pg_catalog.=) 'real')),
    CHECK ((run_id OPERATOR(pg_catalog.=) 0) OPERATOR(pg_catalog.=) (seed IS NULL))
);
COMMENT ON TABLE {schema}.runs IS 'Run 0 is the real data; every synthesize adds one: synthetic (as real traces are) anomalous (on purpose) or tests (few traces that cover the machine). Fingerprint, seed, options and version fix a run''s rows.';

CREATE TABLE {schema}.phases (
    run_id integer NOT NULL DEFAULT 0,
    phase_id integer NOT NULL,
    name text NOT NULL,
    visits bigint NOT NULL,
    PRIMARY KEY (run_id, phase_id)
) PARTITION BY LIST (run_id);
COMMENT ON TABLE {schema}.phases IS 'The coarse states: groups of states that go on alike, named after the most frequent event that leads there. Every state and every template is in one.';

CREATE TABLE {schema}.templates (
    run_id integer NOT NULL DEFAULT 0,
    template_id integer NOT NULL,
    component text,
    template text NOT NULL,
    slots integer NOT NULL,
    count bigint NOT NULL,
    kinds text[],
    phase_id integer,
    PRIMARY KEY (run_id, template_id)
) PARTITION BY LIST (run_id);
COMMENT ON TABLE {schema}.templates IS 'The event types: message templates or event names, by component.';

CREATE TABLE {schema}.states (
    run_id integer NOT NULL DEFAULT 0,
    state_id integer NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    visits bigint NOT NULL,
    stops bigint NOT NULL,
    phase_id integer,
    PRIMARY KEY (run_id, state_id)
) PARTITION BY LIST (run_id);
COMMENT ON TABLE {schema}.states IS 'The states of the machine; visits = out-flow + stops.';

CREATE TABLE {schema}.transitions (
    run_id integer NOT NULL DEFAULT 0,
    transition_id integer NOT NULL,
    src integer NOT NULL,
    template_id integer NOT NULL,
    component text,
    event text NOT NULL,
    dst integer NOT NULL,
    guard text,
    count bigint NOT NULL,
    prob double precision NOT NULL,
    delay_min double precision,
    delay_mean double precision,
    delay_median double precision,
    delay_p99 double precision,
    delay_max double precision,
    PRIMARY KEY (run_id, transition_id)
) PARTITION BY LIST (run_id);
COMMENT ON TABLE {schema}.transitions IS 'The transitions of the machine with counts, probabilities and delays in seconds.';

CREATE TABLE {schema}.invariants (
    run_id integer NOT NULL DEFAULT 0,
    invariant_id integer NOT NULL,
    kind text NOT NULL,
    a text NOT NULL,
    b text NOT NULL,
    support bigint NOT NULL,
    delay_min double precision,
    delay_max double precision,
    a_template_id integer,
    b_template_id integer NOT NULL,
    PRIMARY KEY (run_id, invariant_id)
) PARTITION BY LIST (run_id);
COMMENT ON TABLE {schema}.invariants IS 'What holds of all real traces: a is always (AFby) or never (NFby) followed by b, or always precedes it (AP). a_template_id is NULL where b is in every trace.';

CREATE TABLE {schema}.guards (
    run_id integer NOT NULL DEFAULT 0,
    transition_id integer NOT NULL,
    alternative integer NOT NULL,
    slot text NOT NULL,
    operator text NOT NULL,
    value text,
    PRIMARY KEY (run_id, transition_id, alternative, slot, operator)
) PARTITION BY LIST (run_id);
COMMENT ON TABLE {schema}.guards IS 'The conditions on parameters under which a transition is taken: all of one alternative must hold.';

CREATE TABLE {schema}.traces (
    run_id integer NOT NULL,
    trace_id bigint NOT NULL,
    origin text NOT NULL,
    trace_key {key_type},
    synthetic_key text,
    started_at timestamptz,
    ended_at timestamptz,
    n_events integer NOT NULL,
    weight double precision,
    log_probability double precision,
    label text,
    about text,
    trace logfsm.trace NOT NULL,
    is_negative boolean,
    mutation text,
    mutated_seq integer,
    covers text[],
    PRIMARY KEY (trace_id, run_id),
    CONSTRAINT label_and_mutation_agree CHECK (
        (mutation IS NOT NULL) OPERATOR(pg_catalog.=) (label IS NOT NULL AND label OPERATOR(pg_catalog.=) 'anomalous')
        AND (mutation IS NULL) OPERATOR(pg_catalog.=) (mutated_seq IS NULL)
    ),
    CONSTRAINT origin_and_run_agree CHECK (
        (origin OPERATOR(pg_catalog.=) 'real' AND run_id OPERATOR(pg_catalog.=) 0 AND trace_key IS NOT NULL AND synthetic_key IS NULL)
        OR (origin OPERATOR(pg_catalog.=) 'synthetic' AND run_id OPERATOR(pg_catalog.>) 0 AND trace_key IS NULL AND synthetic_key IS NOT NULL)
    )
) PARTITION BY LIST (run_id);
COMMENT ON TABLE {schema}.traces IS 'Real traces (run 0, with the source''s trace_key) and synthetic ones (with a synthetic_key) side by side.';

CREATE TABLE {schema}.events (
    run_id integer NOT NULL,
    trace_id bigint NOT NULL,
    seq integer NOT NULL,
    at timestamptz,
    template_id integer NOT NULL,
    transition_id integer,
    src integer NOT NULL,
    dst integer NOT NULL,
    PRIMARY KEY (trace_id, seq, run_id)
) PARTITION BY LIST (run_id);
COMMENT ON TABLE {schema}.events IS 'One row per event, real and synthetic, with the transition it took. transition_id is NULL, in runs of kind anomalous only, where the machine has no transition for the event: src and dst are then the state in which it passes.';

CREATE TABLE {schema}.parameters (
    run_id integer NOT NULL,
    trace_id bigint NOT NULL,
    seq integer NOT NULL,
    slot text NOT NULL,
    value text,
    kind text NOT NULL,
    PRIMARY KEY (trace_id, seq, slot, run_id)
) PARTITION BY LIST (run_id);
COMMENT ON TABLE {schema}.parameters IS 'One row per parameter of an event.';

CREATE TABLE {schema}.scores (
    run_id integer NOT NULL,
    trace_id bigint NOT NULL,
    score double precision NOT NULL,
    is_anomalous boolean NOT NULL,
    PRIMARY KEY (trace_id, run_id)
) PARTITION BY LIST (run_id);
COMMENT ON TABLE {schema}.scores IS 'The score of every trace in bits, and whether it is beyond the model''s threshold.';

CREATE TABLE {schema}.watches (
    watched_table text NOT NULL,
    watched_oid oid NOT NULL,
    trigger_name text NOT NULL,
    view_name text PRIMARY KEY,
    action text NOT NULL,
    checked boolean NOT NULL
);
COMMENT ON TABLE {schema}.watches IS 'The tables whose inserts this model watches; checked = close_traces has taken in what came between the fit and the watch.';

-- Backends keep models and watches ready; a change makes them look again.
CREATE TRIGGER logfsm_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {schema}.model
    FOR EACH STATEMENT EXECUTE FUNCTION logfsm.model_changed();
ALTER TABLE {schema}.model ENABLE ALWAYS TRIGGER logfsm_changed;
CREATE TRIGGER logfsm_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {schema}.watches
    FOR EACH STATEMENT EXECUTE FUNCTION logfsm.model_changed();
ALTER TABLE {schema}.watches ENABLE ALWAYS TRIGGER logfsm_changed;

CREATE TABLE {schema}.live_traces (
    trace_key {key_type} PRIMARY KEY,
    fit integer NOT NULL,
    n_events integer NOT NULL,
    score double precision NOT NULL,
    dirty boolean NOT NULL,
    unseen integer NOT NULL,
    surprise double precision NOT NULL,
    started_at timestamptz,
    last_at timestamptz,
    touched_at timestamptz NOT NULL,
    ended_at timestamptz,
    state bytea
) WITH (fillfactor = 70);
COMMENT ON TABLE {schema}.live_traces IS 'Where each trace of a watched table stands: its events and score so far, whole once ended_at is set, and the state that scoring its next event needs. dirty: events came late or under an earlier fit; close_traces reads the trace again.';

CREATE TABLE {schema}.pending (
    trace_key {key_type} NOT NULL,
    event text,
    component text,
    at timestamptz,
    seq bigint,
    parameters jsonb,
    message text,
    watched_table text,
    flagged boolean NOT NULL DEFAULT false,
    added_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
CREATE INDEX ON {schema}.pending (trace_key);
COMMENT ON TABLE {schema}.pending IS 'Events that could not be scored when they were inserted, because another transaction had their trace; the next event of the trace or close_traces takes them in. Without an event: a mark that the trace must be read again.';

CREATE TABLE {schema}.anomalies (
    anomaly_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    found_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    watched_table text NOT NULL,
    trace_key {key_type},
    seq integer NOT NULL,
    at timestamptz,
    event text,
    kind text NOT NULL,
    expected text,
    expected_probability double precision,
    probability double precision,
    score double precision NOT NULL,
    explanation text NOT NULL,
    message text
);
COMMENT ON TABLE {schema}.anomalies IS 'Anomalous inserts that a watch flagged, each with its explanation.';

CREATE VIEW {schema}.all_events AS
SELECT e.run_id, t.origin, e.trace_id, t.trace_key, t.synthetic_key, e.seq, e.at, p.component, p.template AS event, e.src, e.dst, e.transition_id, t.label
FROM {schema}.events e
JOIN {schema}.traces t ON t.run_id OPERATOR(pg_catalog.=) e.run_id AND t.trace_id OPERATOR(pg_catalog.=) e.trace_id
JOIN {schema}.templates p ON p.template_id OPERATOR(pg_catalog.=) e.template_id;
COMMENT ON VIEW {schema}.all_events IS 'Real and synthetic events side by side, with names.';
CREATE VIEW {schema}.real_events AS
SELECT trace_id, trace_key, seq, at, component, event, src, dst, transition_id FROM {schema}.all_events WHERE run_id OPERATOR(pg_catalog.=) 0;
COMMENT ON VIEW {schema}.real_events IS 'Real events only.';
CREATE VIEW {schema}.synthetic_events AS
SELECT run_id, trace_id, synthetic_key, seq, at, component, event, src, dst, transition_id FROM {schema}.all_events WHERE run_id OPERATOR(pg_catalog.>) 0 AND label OPERATOR(pg_catalog.=) 'normal';
COMMENT ON VIEW {schema}.synthetic_events IS 'Synthetic events only, of normal traces.';
CREATE VIEW {schema}.anomalous_events AS
SELECT run_id, trace_id, synthetic_key, seq, at, component, event, src, dst, transition_id FROM {schema}.all_events WHERE run_id OPERATOR(pg_catalog.>) 0 AND label OPERATOR(pg_catalog.=) 'anomalous';
COMMENT ON VIEW {schema}.anomalous_events IS 'Events of synthetic traces that are anomalous on purpose; transition_id is NULL where the machine does not take the event.';
CREATE VIEW {schema}.all_traces AS
SELECT t.run_id, t.origin, t.trace_id, t.trace_key, t.synthetic_key, t.started_at, t.ended_at, t.n_events, s.score, s.is_anomalous, t.trace, COALESCE(t.weight, 1) AS weight, t.log_probability, t.label, t.about, t.mutation, t.mutated_seq, t.covers
FROM {schema}.traces t
LEFT JOIN {schema}.scores s ON s.run_id OPERATOR(pg_catalog.=) t.run_id AND s.trace_id OPERATOR(pg_catalog.=) t.trace_id;
COMMENT ON VIEW {schema}.all_traces IS 'Real and synthetic traces side by side, with scores.';
CREATE VIEW {schema}.real_traces AS
SELECT trace_id, trace_key, started_at, ended_at, n_events, score, is_anomalous, trace FROM {schema}.all_traces WHERE run_id OPERATOR(pg_catalog.=) 0;
COMMENT ON VIEW {schema}.real_traces IS 'Real traces only.';
CREATE VIEW {schema}.synthetic_traces AS
SELECT run_id, trace_id, synthetic_key, started_at, ended_at, n_events, score, is_anomalous, trace, weight, log_probability, label, about, covers FROM {schema}.all_traces WHERE run_id OPERATOR(pg_catalog.>) 0 AND label OPERATOR(pg_catalog.=) 'normal';
COMMENT ON VIEW {schema}.synthetic_traces IS 'Synthetic traces only, normal ones.';
CREATE VIEW {schema}.anomalous_traces AS
SELECT run_id, trace_id, synthetic_key, started_at, ended_at, n_events, score, is_anomalous, trace, mutation, mutated_seq FROM {schema}.all_traces WHERE run_id OPERATOR(pg_catalog.>) 0 AND label OPERATOR(pg_catalog.=) 'anomalous';
COMMENT ON VIEW {schema}.anomalous_traces IS 'Synthetic traces that are anomalous on purpose: what was done to them, and at which event.';

CREATE VIEW {schema}.trace_summary AS
SELECT t.run_id, t.origin, t.trace_id, t.trace_key, t.synthetic_key, t.label, t.n_events AS events, e.states, e.phases, e.retries, t.ended_at OPERATOR(pg_catalog.-) t.started_at AS duration
FROM {schema}.traces t
LEFT JOIN (
    SELECT e.run_id, e.trace_id, pg_catalog.count(DISTINCT e.dst) AS states, pg_catalog.count(DISTINCT s.phase_id) AS phases,
           pg_catalog.count(*) OPERATOR(pg_catalog.-) pg_catalog.count(DISTINCT e.template_id) AS retries
    FROM {schema}.events e JOIN {schema}.states s ON s.state_id OPERATOR(pg_catalog.=) e.dst GROUP BY e.run_id, e.trace_id
) e ON e.run_id OPERATOR(pg_catalog.=) t.run_id AND e.trace_id OPERATOR(pg_catalog.=) t.trace_id;
COMMENT ON VIEW {schema}.trace_summary IS 'Per trace, real or synthetic: events, distinct states and phases entered, retries (events of a type that the trace had before), duration.';

CREATE VIEW {schema}.drift AS
WITH training AS (
    SELECT (pg_catalog.sum((OPERATOR(pg_catalog.-) t.count::numeric) OPERATOR(pg_catalog.*) pg_catalog.log(2.0, t.prob::numeric)) OPERATOR(pg_catalog./) NULLIF(pg_catalog.sum(t.count), 0))::double precision AS surprise
    FROM {schema}.transitions t WHERE t.run_id OPERATOR(pg_catalog.=) 0
), days AS (
    SELECT (COALESCE(l.last_at, l.touched_at) AT TIME ZONE 'UTC')::date AS day, pg_catalog.count(*) AS traces,
           pg_catalog.sum(l.n_events) AS events, pg_catalog.sum(l.unseen) AS unseen, pg_catalog.sum(l.surprise) AS surprise
    FROM {schema}.live_traces l GROUP BY 1
)
SELECT d.day, d.traces, d.events, d.unseen, d.unseen::double precision OPERATOR(pg_catalog./) NULLIF(d.events, 0)::double precision AS unseen_share,
       d.surprise OPERATOR(pg_catalog./) NULLIF(d.events, 0)::double precision AS surprise, t.surprise AS training_surprise
FROM days d CROSS JOIN training t;
COMMENT ON VIEW {schema}.drift IS 'Per day of a live trace''s latest event (UTC): the share of events that the machine did not have where they came (in training none), and the average surprise of an event in bits beside that of training.';
