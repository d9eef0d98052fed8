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
    trigger_oid oid NOT NULL,
    before_oid oid,
    view_name text PRIMARY KEY,
    action text NOT NULL,
    checked boolean NOT NULL
);
COMMENT ON TABLE {schema}.watches IS 'The tables whose inserts this model watches. A watch is in force while the trigger of number trigger_oid (for skip also before_oid) is on the table of number watched_oid; after a restore it is made again. checked = close_traces has taken in what came between the fit and the watch.';

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
    trace_key {key_type},
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
-- It has no key, and publications of all tables ask for one where rows are deleted.
ALTER TABLE {schema}.pending REPLICA IDENTITY FULL;
COMMENT ON TABLE {schema}.pending IS 'Events that could not be scored when they were inserted, because another transaction had their trace; the next event of the trace or close_traces takes them in. Without an event: a mark that the trace must be read again; without a key: a note that rows came whose traces are not known, and in message why.';

CREATE VIEW {schema}.unjudged AS
SELECT u.trace_key, pg_catalog.count(u.event) AS events, pg_catalog.min(u.since) AS since, pg_catalog.max(u.reason) AS reason
FROM (SELECT p.trace_key, p.event, p.added_at AS since, CASE WHEN p.trace_key IS NULL THEN p.message END AS reason FROM {schema}.pending p
      UNION ALL SELECT l.trace_key, NULL, l.touched_at, NULL FROM {schema}.live_traces l WHERE l.dirty) u
GROUP BY u.trace_key;
COMMENT ON VIEW {schema}.unjudged IS 'The traces of which rows are in a watched table that could not be judged yet: how many events wait, since when; 0 where the trace must be read again. Without a key: rows whose traces are not known, and why. close_traces judges them.';

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

-- What columns hold.
COMMENT ON COLUMN {schema}.runs.run_id IS 'Number of the run; 0 is the real data.';
COMMENT ON COLUMN {schema}.runs.kind IS 'real, synthetic, anomalous or tests.';
COMMENT ON COLUMN {schema}.runs.status IS 'current, stale (of an earlier machine) or rejected (breaks a rule).';
COMMENT ON COLUMN {schema}.runs.fit IS 'Number of the fit or refresh whose machine it is from.';
COMMENT ON COLUMN {schema}.runs.seed IS 'The seed given to synthesize.';
COMMENT ON COLUMN {schema}.runs.options IS 'The options given to synthesize.';
COMMENT ON COLUMN {schema}.runs.fingerprint IS 'Fingerprint of the machine.';
COMMENT ON COLUMN {schema}.runs.generator IS 'Fingerprint of the generator.';
COMMENT ON COLUMN {schema}.runs.version IS 'Release that made the run.';
COMMENT ON COLUMN {schema}.runs.traces IS 'Number of its traces.';
COMMENT ON COLUMN {schema}.runs.events IS 'Number of its events.';
COMMENT ON COLUMN {schema}.runs.created_at IS 'When it was made.';
COMMENT ON COLUMN {schema}.phases.run_id IS 'Always 0.';
COMMENT ON COLUMN {schema}.phases.phase_id IS 'Number of the phase.';
COMMENT ON COLUMN {schema}.phases.name IS 'The most frequent event that leads there.';
COMMENT ON COLUMN {schema}.phases.visits IS 'How often traces were in it.';
COMMENT ON COLUMN {schema}.templates.run_id IS 'Always 0.';
COMMENT ON COLUMN {schema}.templates.template_id IS 'Number of the event type.';
COMMENT ON COLUMN {schema}.templates.component IS 'The part of the system that logs it.';
COMMENT ON COLUMN {schema}.templates.template IS 'The events name, or the message template with <*> for each slot.';
COMMENT ON COLUMN {schema}.templates.slots IS 'Number of slots.';
COMMENT ON COLUMN {schema}.templates.count IS 'Events of this type.';
COMMENT ON COLUMN {schema}.templates.kinds IS 'Detected kind of each slot.';
COMMENT ON COLUMN {schema}.templates.phase_id IS 'The phase that it leads to most.';
COMMENT ON COLUMN {schema}.states.run_id IS 'Always 0.';
COMMENT ON COLUMN {schema}.states.state_id IS 'Number of the state; 0 is the start.';
COMMENT ON COLUMN {schema}.states.name IS 'Its name in pictures.';
COMMENT ON COLUMN {schema}.states.kind IS 'start, end where traces ended, or normal.';
COMMENT ON COLUMN {schema}.states.visits IS 'How often traces were in it.';
COMMENT ON COLUMN {schema}.states.stops IS 'How often traces ended in it.';
COMMENT ON COLUMN {schema}.states.phase_id IS 'The phase it belongs to.';
COMMENT ON COLUMN {schema}.transitions.run_id IS 'Always 0.';
COMMENT ON COLUMN {schema}.transitions.transition_id IS 'Number of the transition.';
COMMENT ON COLUMN {schema}.transitions.src IS 'State it leaves.';
COMMENT ON COLUMN {schema}.transitions.template_id IS 'Event type that takes it.';
COMMENT ON COLUMN {schema}.transitions.component IS 'Component of that event type.';
COMMENT ON COLUMN {schema}.transitions.event IS 'Name of that event type.';
COMMENT ON COLUMN {schema}.transitions.dst IS 'State it leads to.';
COMMENT ON COLUMN {schema}.transitions.guard IS 'Condition on parameters under which it is taken.';
COMMENT ON COLUMN {schema}.transitions.count IS 'How often it was taken.';
COMMENT ON COLUMN {schema}.transitions.prob IS 'Share of the visits of its source that take it.';
COMMENT ON COLUMN {schema}.transitions.delay_min IS 'Shortest delay before the event in seconds.';
COMMENT ON COLUMN {schema}.transitions.delay_mean IS 'Mean delay in seconds.';
COMMENT ON COLUMN {schema}.transitions.delay_median IS 'Median delay in seconds.';
COMMENT ON COLUMN {schema}.transitions.delay_p99 IS '99th percentile of the delay in seconds.';
COMMENT ON COLUMN {schema}.transitions.delay_max IS 'Longest delay in seconds.';
COMMENT ON COLUMN {schema}.invariants.run_id IS 'Always 0.';
COMMENT ON COLUMN {schema}.invariants.invariant_id IS 'Number of the invariant.';
COMMENT ON COLUMN {schema}.invariants.kind IS 'AFby, NFby or AP, or a form of these with times.';
COMMENT ON COLUMN {schema}.invariants.a IS 'First event type; INITIAL for the beginning of a trace.';
COMMENT ON COLUMN {schema}.invariants.b IS 'Second event type.';
COMMENT ON COLUMN {schema}.invariants.support IS 'How often it was put to the test.';
COMMENT ON COLUMN {schema}.invariants.delay_min IS 'Shortest time between both in seconds.';
COMMENT ON COLUMN {schema}.invariants.delay_max IS 'Longest time between both in seconds.';
COMMENT ON COLUMN {schema}.invariants.a_template_id IS 'Row of templates for a.';
COMMENT ON COLUMN {schema}.invariants.b_template_id IS 'Row of templates for b.';
COMMENT ON COLUMN {schema}.guards.run_id IS 'Always 0.';
COMMENT ON COLUMN {schema}.guards.transition_id IS 'The transition that is guarded.';
COMMENT ON COLUMN {schema}.guards.alternative IS 'Conditions with the same number hold together; one alternative is enough.';
COMMENT ON COLUMN {schema}.guards.slot IS 'The parameter.';
COMMENT ON COLUMN {schema}.guards.operator IS 'How it is compared.';
COMMENT ON COLUMN {schema}.guards.value IS 'What it is compared with.';
COMMENT ON COLUMN {schema}.traces.run_id IS 'The run; 0 for real traces.';
COMMENT ON COLUMN {schema}.traces.trace_id IS 'Number of the trace, unique in the model.';
COMMENT ON COLUMN {schema}.traces.origin IS 'real or synthetic.';
COMMENT ON COLUMN {schema}.traces.trace_key IS 'The key in the source, of real traces.';
COMMENT ON COLUMN {schema}.traces.synthetic_key IS 'The key of a synthetic trace.';
COMMENT ON COLUMN {schema}.traces.started_at IS 'Time of the first event.';
COMMENT ON COLUMN {schema}.traces.ended_at IS 'Time of the last event.';
COMMENT ON COLUMN {schema}.traces.n_events IS 'Number of events.';
COMMENT ON COLUMN {schema}.traces.weight IS 'How much a synthetic trace counts where rare ones were amplified.';
COMMENT ON COLUMN {schema}.traces.log_probability IS 'Natural logarithm of its probability under the generator.';
COMMENT ON COLUMN {schema}.traces.label IS 'normal or anomalous, of synthetic traces.';
COMMENT ON COLUMN {schema}.traces.about IS 'What a synthetic trace was made for.';
COMMENT ON COLUMN {schema}.traces.trace IS 'The trace as one value.';
COMMENT ON COLUMN {schema}.traces.is_negative IS 'Whether a real trace is one that must not happen.';
COMMENT ON COLUMN {schema}.traces.mutation IS 'What was done to an anomalous trace.';
COMMENT ON COLUMN {schema}.traces.mutated_seq IS 'At which event.';
COMMENT ON COLUMN {schema}.traces.covers IS 'What a test case covers.';
COMMENT ON COLUMN {schema}.events.run_id IS 'The run; 0 for real events.';
COMMENT ON COLUMN {schema}.events.trace_id IS 'The trace.';
COMMENT ON COLUMN {schema}.events.seq IS 'Number of the event in its trace, from 1.';
COMMENT ON COLUMN {schema}.events.at IS 'When it happened.';
COMMENT ON COLUMN {schema}.events.template_id IS 'Its event type.';
COMMENT ON COLUMN {schema}.events.transition_id IS 'The transition it took.';
COMMENT ON COLUMN {schema}.events.src IS 'State before.';
COMMENT ON COLUMN {schema}.events.dst IS 'State after.';
COMMENT ON COLUMN {schema}.parameters.run_id IS 'The run; 0 for real parameters.';
COMMENT ON COLUMN {schema}.parameters.trace_id IS 'The trace.';
COMMENT ON COLUMN {schema}.parameters.seq IS 'Number of the event in its trace.';
COMMENT ON COLUMN {schema}.parameters.slot IS 'Name of the parameter, or number of the slot.';
COMMENT ON COLUMN {schema}.parameters.value IS 'Its value as text.';
COMMENT ON COLUMN {schema}.parameters.kind IS 'Its kind.';
COMMENT ON COLUMN {schema}.scores.run_id IS 'The run; 0 for real traces.';
COMMENT ON COLUMN {schema}.scores.trace_id IS 'The trace.';
COMMENT ON COLUMN {schema}.scores.score IS 'Its score in bits.';
COMMENT ON COLUMN {schema}.scores.is_anomalous IS 'Whether that is beyond the threshold.';
COMMENT ON COLUMN {schema}.watches.watched_table IS 'Name of the watched table.';
COMMENT ON COLUMN {schema}.watches.watched_oid IS 'Its oid.';
COMMENT ON COLUMN {schema}.watches.trigger_name IS 'The trigger on it.';
COMMENT ON COLUMN {schema}.watches.trigger_oid IS 'The trigger''s number: the watch is in force while this trigger is on the table of number watched_oid.';
COMMENT ON COLUMN {schema}.watches.before_oid IS 'The number of the second trigger of skip, which drops rows before they are inserted.';
COMMENT ON COLUMN {schema}.watches.view_name IS 'The view over what was found there.';
COMMENT ON COLUMN {schema}.watches.action IS 'flag, notify, raise or skip.';
COMMENT ON COLUMN {schema}.watches.checked IS 'Whether close_traces has taken in what came between the fit and the watch.';
COMMENT ON COLUMN {schema}.live_traces.trace_key IS 'The key in the source.';
COMMENT ON COLUMN {schema}.live_traces.fit IS 'Number of the fit whose machine it is scored by.';
COMMENT ON COLUMN {schema}.live_traces.n_events IS 'Events so far.';
COMMENT ON COLUMN {schema}.live_traces.score IS 'Score so far in bits.';
COMMENT ON COLUMN {schema}.live_traces.dirty IS 'Whether it must be read again.';
COMMENT ON COLUMN {schema}.live_traces.unseen IS 'Events that the machine did not have where they came.';
COMMENT ON COLUMN {schema}.live_traces.surprise IS 'Sum of the surprises of its events in bits.';
COMMENT ON COLUMN {schema}.live_traces.started_at IS 'Time of the first event.';
COMMENT ON COLUMN {schema}.live_traces.last_at IS 'Time of the latest event.';
COMMENT ON COLUMN {schema}.live_traces.touched_at IS 'When a row came last.';
COMMENT ON COLUMN {schema}.live_traces.ended_at IS 'When it was closed.';
COMMENT ON COLUMN {schema}.live_traces.state IS 'What scoring its next event needs.';
COMMENT ON COLUMN {schema}.pending.trace_key IS 'The trace.';
COMMENT ON COLUMN {schema}.pending.event IS 'The event type.';
COMMENT ON COLUMN {schema}.pending.component IS 'Its component.';
COMMENT ON COLUMN {schema}.pending.at IS 'When it happened.';
COMMENT ON COLUMN {schema}.pending.seq IS 'Its sequence number.';
COMMENT ON COLUMN {schema}.pending.parameters IS 'Its parameters.';
COMMENT ON COLUMN {schema}.pending.message IS 'The message it came in.';
COMMENT ON COLUMN {schema}.pending.watched_table IS 'The table it was inserted into.';
COMMENT ON COLUMN {schema}.pending.flagged IS 'Whether it was found anomalous already.';
COMMENT ON COLUMN {schema}.pending.added_at IS 'When it was put here.';
COMMENT ON COLUMN {schema}.anomalies.anomaly_id IS 'Number of the anomaly.';
COMMENT ON COLUMN {schema}.anomalies.found_at IS 'When it was found.';
COMMENT ON COLUMN {schema}.anomalies.watched_table IS 'The table it was inserted into.';
COMMENT ON COLUMN {schema}.anomalies.trace_key IS 'The trace.';
COMMENT ON COLUMN {schema}.anomalies.seq IS 'Number of the event in its trace.';
COMMENT ON COLUMN {schema}.anomalies.at IS 'When it happened.';
COMMENT ON COLUMN {schema}.anomalies.event IS 'The event type.';
COMMENT ON COLUMN {schema}.anomalies.kind IS 'What is odd about it.';
COMMENT ON COLUMN {schema}.anomalies.expected IS 'What was expected instead.';
COMMENT ON COLUMN {schema}.anomalies.expected_probability IS 'Probability of that.';
COMMENT ON COLUMN {schema}.anomalies.probability IS 'Probability of what came.';
COMMENT ON COLUMN {schema}.anomalies.score IS 'Score of the trace after it in bits.';
COMMENT ON COLUMN {schema}.anomalies.explanation IS 'The same in words.';
COMMENT ON COLUMN {schema}.anomalies.message IS 'The message it came in.';
COMMENT ON COLUMN {schema}.model.name IS 'Name of the model.';
COMMENT ON COLUMN {schema}.model.source IS 'Table or view it is made from.';
COMMENT ON COLUMN {schema}.model.trace_column IS 'Column with the trace key.';
COMMENT ON COLUMN {schema}.model.trace_pattern IS 'Expression that finds the trace key in the message.';
COMMENT ON COLUMN {schema}.model.trace_slot IS 'Template parameter that is the trace key.';
COMMENT ON COLUMN {schema}.model.event_column IS 'Column with the event type.';
COMMENT ON COLUMN {schema}.model.message_column IS 'Column with the message.';
COMMENT ON COLUMN {schema}.model.at_column IS 'Column with the time.';
COMMENT ON COLUMN {schema}.model.seq_column IS 'Column with the sequence number.';
COMMENT ON COLUMN {schema}.model.component_column IS 'Column with the component.';
COMMENT ON COLUMN {schema}.model.params_column IS 'Column with parameters.';
COMMENT ON COLUMN {schema}.model.refresh_by IS 'Column by which refresh finds new rows.';
COMMENT ON COLUMN {schema}.model.lateness IS 'How far back refresh looks.';
COMMENT ON COLUMN {schema}.model.events IS 'table or none: whether a row per event is stored.';
COMMENT ON COLUMN {schema}.model.created_with IS 'Release that made the model.';
COMMENT ON COLUMN {schema}.model.fits IS 'Number of fits and refreshes.';
COMMENT ON COLUMN {schema}.model.fitted_at IS 'When the latest was.';
COMMENT ON COLUMN {schema}.model.method IS 'Method of the latest fit.';
COMMENT ON COLUMN {schema}.model.fit_options IS 'Its options.';
COMMENT ON COLUMN {schema}.model.since IS 'Start of its period.';
COMMENT ON COLUMN {schema}.model.until IS 'End of its period.';
COMMENT ON COLUMN {schema}.model.high_water IS 'Latest time that was read.';
COMMENT ON COLUMN {schema}.model.traces IS 'Number of real traces.';
COMMENT ON COLUMN {schema}.model.events_read IS 'Number of real events.';
COMMENT ON COLUMN {schema}.model.states IS 'Number of states.';
COMMENT ON COLUMN {schema}.model.transitions IS 'Number of transitions.';
COMMENT ON COLUMN {schema}.model.threshold IS 'Score in bits beyond which a trace is anomalous.';
COMMENT ON COLUMN {schema}.model.templates IS 'Message templates.';
COMMENT ON COLUMN {schema}.model.prefix_tree IS 'The real traces as a prefix tree.';
COMMENT ON COLUMN {schema}.model.automaton IS 'The machine.';
COMMENT ON COLUMN {schema}.model.parse_settings IS 'How lines are read.';
COMMENT ON COLUMN {schema}.model.line_fields IS 'What the lines format gives.';
COMMENT ON COLUMN {schema}.model.lines IS 'Lines that were read.';
COMMENT ON COLUMN {schema}.model.unmatched_lines IS 'Of these, lines that no format matches.';
COMMENT ON COLUMN {schema}.model.hidden_lines IS 'Lines that a format hides.';
COMMENT ON COLUMN {schema}.model.keyless_lines IS 'Lines without a trace key.';
COMMENT ON COLUMN {schema}.model.label_column IS 'Column that labels traces.';
COMMENT ON COLUMN {schema}.model.negative_label IS 'Its value in traces that must not happen.';
COMMENT ON COLUMN {schema}.model.negative_tree IS 'Such traces as a prefix tree.';
COMMENT ON COLUMN {schema}.model.generator IS 'What synthetic traces are made from.';
COMMENT ON COLUMN {schema}.model.generator_fit IS 'Number of the fit it was learned after.';
COMMENT ON COLUMN {schema}.model.compared_traces IS 'Number of traces when methods were compared.';
COMMENT ON COLUMN {schema}.model.ends IS 'When traces start and end.';
COMMENT ON COLUMN {schema}.model.settled_before IS 'Rows before this time, in microseconds since 2000, or number are settled: refresh only checks that they are what they were.';
COMMENT ON COLUMN {schema}.model.settled_rows IS 'How many those are; NULL where the model is known not to have them all.';
COMMENT ON COLUMN {schema}.model.settled_sum IS 'Sum of their hashes.';
COMMENT ON COLUMN {schema}.model.recent_traces IS 'Traces with later rows.';
