#!/usr/bin/env bash
# Cancels statements at random times, all in one session, and looks at what is left of them: memory, temporary files,
# locks, tables, files. ROUNDS sets how often (200 for `make cancel`), EVENTS how many rows the log has. Prints how long
# statements went on after the cancel; only what is left behind is a failure, unless MOST gives seconds that none may
# take longer than.
source "$(dirname "$0")/lib.sh"
[ "${LOGFSM_INSTALLED:-}" = 1 ] || { "$top/scripts/setup.sh"; install_extension release; }

rounds=${ROUNDS:-200} events=${EVENTS:-2200000} passed=0 failed=0
start_cluster cancel "fsync = off" "log_min_messages = fatal" "max_wal_size = 8GB" "autovacuum = off" "shared_buffers = ${BUFFERS:-1GB}"
trap 'stop_cluster cancel' EXIT
query() { psql -X -q -A -t -v ON_ERROR_STOP=1 -c "SET client_min_messages = error" -c "$1"; }
expect() {
    if [ "$2" = "$3" ]; then passed=$((passed + 1)); echo "ok    cancel/$1"; else failed=$((failed + 1)); echo "FAIL  cancel/$1: got '$2', want '$3'"; fi
}

psql -X -q -v ON_ERROR_STOP=1 <<SQL > /dev/null
SET client_min_messages = error;
CREATE EXTENSION logfsm;
CREATE TABLE log AS SELECT i / 20 AS id, 'e' || hashint4(i % 20 + 20 * (i / 20 % 200)) % 13 AS event, timestamptz '2026-01-01' + i * interval '1 ms' AS at
FROM generate_series(0, $events - 1) i;
ANALYZE log;
SELECT logfsm.create_model('m', source => 'log', trace => 'id', event => 'event', at => 'at', lateness => '1 second');
SELECT logfsm.fit('m');
INSERT INTO log SELECT id + 100000000, event, at + interval '1 year' FROM log WHERE id < $events / 2000;
CREATE TABLE times (statement text, ms double precision);
-- Cancels what a backend is doing and waits until it has stopped; NULL if it was doing nothing.
CREATE FUNCTION cancel(backend integer) RETURNS double precision LANGUAGE plpgsql AS '
DECLARE start timestamptz;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = backend AND state = ''active'') THEN RETURN NULL; END IF;
    start := clock_timestamp();
    PERFORM pg_cancel_backend(backend);
    LOOP
        PERFORM pg_stat_clear_snapshot();
        EXIT WHEN NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = backend AND state = ''active'');
        PERFORM pg_sleep(0.001);
    END LOOP;
    RETURN extract(epoch FROM clock_timestamp() - start) * 1000;
END';
SQL

statements=(
    "SELECT logfsm.fit('m')"
    "SELECT logfsm.refresh('m')"
    "SELECT logfsm.synthesize('m', $events / 40)"
    "SELECT logfsm.fingerprint(logfsm.prefix_tree_agg(id, event, at)) FROM log"
    "SELECT logfsm.fingerprint(logfsm.prefix_tree_agg(t)) FROM (SELECT logfsm.trace_agg(event, at) AS t FROM log GROUP BY id) s"
    "SELECT logfsm.infer(prefix_tree, 'auto') FROM m.model"
    "SELECT logfsm.infer(prefix_tree, 'k_tails', '{\"k\": 0}') FROM m.model"
    "SELECT sum(logfsm.score(m.automaton, t.trace)) FROM m.model m, m.traces t"
    "SELECT count(*) FROM m.model, LATERAL logfsm.generate(automaton, $events / 20) g"
    "SELECT logfsm.score_traces('m')"
    "SELECT logfsm.template_agg(event || ' took ' || id || ' ms at ' || at) FROM log"
)
state() {
    query "SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM (TABLE m.transitions UNION ALL SELECT 0, count(*), sum(n_events), 0, NULL, '', 0, NULL, 0, 0, 0, 0, 0, 0, 0 FROM m.traces) t"
    query "SELECT string_agg(relname || relkind::text, ',' ORDER BY relname) FROM pg_class WHERE relnamespace = 'm'::regnamespace"
}
before=$(state)

# The one session that all is run in.
mkfifo "$home/cancel.fifo" 2> /dev/null || true
psql -X -q -A -t -f "$home/cancel.fifo" > "$home/cancel.out" 2>&1 &
worker=$!
exec 7> "$home/cancel.fifo"
echo "SET client_min_messages = error; SET statement_timeout = '120s'; SELECT pg_backend_pid();" >&7
until [ -s "$home/cancel.out" ]; do sleep 0.05; done
backend=$(head -n 1 "$home/cancel.out")
private() { awk '/^RssAnon/ {print $2}' "/proc/$backend/status" 2> /dev/null || as_server awk '/^RssAnon/ {print $2}' "/proc/$backend/status"; }
idle() { until [ "$(query "SELECT state <> 'active' FROM pg_stat_activity WHERE pid = $backend")" = t ]; do sleep 0.02; done; }

# How long each takes when it is left alone: cancels come at any time of it. What it does is undone.
whole=()
for statement in "${statements[@]}"; do
    start=$(date +%s%N)
    printf 'BEGIN; %s; ROLLBACK;\n' "$statement" >&7
    sleep 0.05
    idle
    whole+=($((($(date +%s%N) - start) / 1000000)))
done
RANDOM=42 cancelled=0 tried=0 first=
while [ "$cancelled" -lt "$rounds" ] && [ "$tried" -lt $((rounds * 4)) ]; do
    at=$((tried % ${#statements[@]})) tried=$((tried + 1))
    printf '%s;\n' "BEGIN; ${statements[$at]}; ROLLBACK" >&7
    sleep "$(awk -v r="$RANDOM" -v ms="${whole[$at]}" 'BEGIN {print r / 32768 * ms / 1000}')"
    ms=$(query "SELECT cancel($backend)")
    idle
    printf 'ROLLBACK;\n' >&7
    if [ -n "$ms" ]; then
        cancelled=$((cancelled + 1))
        query "INSERT INTO times VALUES (\$\$${statements[$at]}\$\$, $ms)"
    fi
    # Every statement once: what is kept for the life of a backend is there now.
    if [ -z "$first" ] && [ "$cancelled" -ge $((rounds / 2)) ]; then first=$(private); fi
done
sleep 0.1
last=$(private)
printf 'SELECT 1;\n' >&7
idle
errors=$(grep -c 'canceling statement due to user request' "$home/cancel.out" || true)

query "SELECT count(*) || ' cancelled: median ' || round(percentile_cont(0.5) WITHIN GROUP (ORDER BY ms)) || ' ms, 95th percentile '
        || round(percentile_cont(0.95) WITHIN GROUP (ORDER BY ms)) || ' ms, most ' || round(max(ms)) || ' ms' FROM times"
psql -X -q -c "SELECT left(statement, 70) AS statement, count(*), round(percentile_cont(0.5) WITHIN GROUP (ORDER BY ms)) AS median_ms, round(max(ms)) AS most_ms FROM times GROUP BY 1 ORDER BY 4 DESC"
echo "private memory of the backend: $((first / 1024)) MB after half of them, $((last / 1024)) MB after all"
expect was_cancelled "$([ "$errors" -ge $((cancelled * 9 / 10)) ] && echo yes || echo "$errors of $cancelled")" yes
expect leaves_no_memory "$([ "$last" -le $((first + first / 4 + 65536)) ] && echo yes || echo "$first kB, then $last kB")" yes
expect leaves_the_models "$(state)" "$before"
expect leaves_no_locks "$(query "SELECT count(*) FROM pg_locks WHERE pid = $backend AND locktype <> 'virtualxid'")" 0
expect leaves_no_temporary_files "$(query "SELECT count(*) FROM pg_ls_tmpdir()")" 0
query CHECKPOINT
expect leaves_no_files "$(query "SELECT count(*) FROM pg_ls_dir('base/' || (SELECT oid FROM pg_database WHERE datname = current_database())) f (name)
    WHERE name ~ '^[0-9]+\$' AND NOT EXISTS (SELECT FROM pg_class c WHERE pg_relation_filenode(c.oid)::text = name)")" 0
if [ -n "${MOST:-}" ]; then expect ends_in_time "$(query "SELECT max(ms) <= $MOST * 1000 FROM times")" t; fi
exec 7>&-
wait "$worker" || true
echo "cancel: $passed passed, $failed failed"
[ "$failed" = 0 ]
