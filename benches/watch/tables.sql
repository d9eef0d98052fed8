-- A small shop: 20 event types, traces of about 20 events, 200 of them at a time; a training set and a feed of :rows rows.
CREATE FUNCTION step(trace bigint, i integer) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN i = 0 THEN 'login' WHEN i = 19 THEN 'logout' WHEN i = 18 THEN 'pay'
                ELSE (ARRAY['view', 'view', 'search', 'add', 'view', 'remove', 'compare', 'review'])[1 + (hashint8(trace * 31 + i) & 7)] END $$;
CREATE TABLE training AS
SELECT t AS trace_id, timestamptz '2026-01-01' + t * interval '1 s' + i * interval '200 ms' AS at, step(t, i) AS event
FROM generate_series(1, 10000) t, generate_series(0, 19) i;  -- as fast as the feed
-- Interleaved: 200 traces are under way at any time.
CREATE TABLE feed AS
SELECT row_number() OVER (ORDER BY t / 200, i, t) AS n, 1000000 + t AS trace_id, step(t, i) AS event
FROM generate_series(0, :rows / 20 - 1) t, generate_series(0, 19) i;
ALTER TABLE feed ADD COLUMN at timestamptz;
UPDATE feed SET at = timestamptz '2026-02-01' + n * interval '1 ms';
CREATE INDEX ON feed (n);
CREATE TABLE log (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, trace_id bigint NOT NULL, at timestamptz NOT NULL, event text NOT NULL);
CREATE INDEX ON log (trace_id, at);
CREATE TABLE bare (trace_id bigint NOT NULL, at timestamptz NOT NULL, event text NOT NULL);
CREATE TABLE parts (trace_id bigint NOT NULL, at timestamptz NOT NULL, event text NOT NULL) PARTITION BY HASH (trace_id);
CREATE TABLE parts_0 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 1);
SELECT logfsm.create_model('shop', source => 'training', trace => 'trace_id', event => 'event', at => 'at', events => 'none');
SELECT logfsm.fit('shop', 'k_tails', '{"k": 1}');

-- The same check in PL/pgSQL: state by trace, transitions by state and event, surprise added up.
CREATE TABLE pl_live (trace_id bigint PRIMARY KEY, state integer NOT NULL, score double precision NOT NULL, last_at timestamptz NOT NULL, n integer NOT NULL) WITH (fillfactor = 70);
CREATE TABLE pl_anomalies (trace_id bigint, at timestamptz, event text, score double precision);
CREATE TABLE pl_transitions (src integer, event text, dst integer, prob double precision, PRIMARY KEY (src, event));
INSERT INTO pl_transitions SELECT DISTINCT ON (src, event) src, event, dst, prob FROM shop.transitions ORDER BY src, event, prob DESC;
ANALYZE;
CREATE FUNCTION pl_check() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    r record; t pl_transitions; live pl_live;
BEGIN
    FOR r IN SELECT trace_id, at, event FROM new_rows ORDER BY trace_id, at LOOP
        SELECT * INTO live FROM pl_live WHERE trace_id = r.trace_id FOR UPDATE;
        IF NOT FOUND THEN
            live := (r.trace_id, 0, 0, r.at, 0);
        END IF;
        SELECT * INTO t FROM pl_transitions WHERE src = live.state AND event = r.event;
        IF FOUND THEN
            live.state := t.dst;
            IF t.prob < 0.01 THEN live.score := live.score - log(2, t.prob::numeric); END IF;
        ELSE
            live.score := live.score + 10;
            INSERT INTO pl_anomalies VALUES (r.trace_id, r.at, r.event, live.score);
        END IF;
        INSERT INTO pl_live VALUES (live.trace_id, live.state, live.score, r.at, live.n + 1)
            ON CONFLICT (trace_id) DO UPDATE SET state = EXCLUDED.state, score = EXCLUDED.score, last_at = EXCLUDED.last_at, n = EXCLUDED.n;
    END LOOP;
    RETURN NULL;
END $$;
