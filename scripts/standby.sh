#!/usr/bin/env bash
# What reads a model works on a hot standby, made by pg_basebackup; what writes says that it cannot.
source "$(dirname "$0")/lib.sh"

passed=0 failed=0
standby=$home/standby_copy
stop_standby() {
    as_server "$bin/pg_ctl" -D "$standby" -m fast -w stop > /dev/null 2>&1 || true
    rm -rf "$standby"
}
trap 'stop_standby; stop_cluster standby' EXIT
stop_standby
start_cluster standby "log_min_messages = fatal" "max_wal_senders = 4"

ok() { passed=$((passed + 1)) && echo "ok    standby/$1"; }
bad() { failed=$((failed + 1)) && printf 'FAIL  standby/%s: %s\n' "$1" "$2"; }
psql=("$bin/psql" -X -q -A -t -v ON_ERROR_STOP=1 -v VERBOSITY=verbose)

"${psql[@]}" > /dev/null 2> "$home/standby.err" <<'SQL' || fail "$(cat "$home/standby.err")"
SET client_min_messages = error;
CREATE EXTENSION logfsm;
CREATE TABLE log AS SELECT i::text AS id, e AS event, timestamptz '2026-01-01' + i * interval '1 min' + o * interval '1 s' AS at
FROM generate_series(1, 20) i, unnest(array['open'] || array_fill('read'::text, array[1 + i % 4]) || array['close']) WITH ORDINALITY u (e, o);
SELECT logfsm.create_model('m', source => 'log', trace => 'id', event => 'event', at => 'at');
SELECT logfsm.fit('m');
SELECT logfsm.synthesize('m', 5, 1);
CREATE TABLE labels AS SELECT id AS trace_key, id = '1' AS is_anomalous FROM log GROUP BY id;
SQL
server_directory "$standby"
as_server "$bin/pg_basebackup" -h "$PGHOST" -p "$PGPORT" -U postgres -D "$standby" -R -X stream --no-sync -c fast \
    || fail "pg_basebackup failed"
primary=$PGPORT
PGPORT=$(free_port)
as_server "$bin/pg_ctl" -D "$standby" -o "-p $PGPORT" -l "$standby/server.out" -w -t 60 start > /dev/null \
    || { as_server cat "$standby/server.out" >&2; fail "the standby did not start"; }
[ "$("${psql[@]}" -c 'SELECT pg_is_in_recovery()')" = t ] || fail "the server is no standby"

# Each gives on the standby what it gives on the primary.
while IFS= read -r call; do
    want=$("${psql[@]}" -p "$primary" -c "SELECT md5(COALESCE(string_agg(x::text, ','), '')) FROM $call x" 2>&1 || true)
    got=$("${psql[@]}" -c "SELECT md5(COALESCE(string_agg(x::text, ','), '')) FROM $call x" 2>&1 || true)
    if [ "$got" = "$want" ] && [[ "$got" =~ ^[0-9a-f]{32}$ ]]; then ok "$call"; else bad "$call" "got '$got', want '$want'"; fi
done <<'CALLS'
logfsm.models
logfsm.explain('m', '1')
logfsm.explain('m', 's1-1')
logfsm.check_run('m', 0)
logfsm.check_run('m', 1)
logfsm.fidelity('m', 1)
logfsm.parameter_fidelity('m', 1)
logfsm.transition_matrix('m', 1)
logfsm.transition_matrix_svg('m', 1)
logfsm.spectra('m', 1)
logfsm.check_invariants('m')
logfsm.violations('m', 'NFby', 'open', 'close')
logfsm.traces_through('m', array[1])
logfsm.evaluate('m', 'labels')
logfsm.cross_validate('m', 'k_tails', 2)
(SELECT method, recall FROM logfsm.compare_methods('m', '["k_tails"]', 2))
(SELECT logfsm.states(automaton) FROM m.model)
CALLS

# What writes is refused by name: SQLSTATE 25006 with a hint.
while IFS= read -r call; do
    got=$("${psql[@]}" -c "SELECT $call" 2>&1 || true)
    if grep -q 'ERROR:  25006: cannot ' <<< "$got" && grep -q HINT <<< "$got"; then ok "$call"; else bad "$call" "$got"; fi
done <<'CALLS'
logfsm.fit('m')
logfsm.refresh('m')
logfsm.synthesize('m', 5, 1)
logfsm.drop_run('m', 1)
logfsm.score_traces('m')
logfsm.recalibrate('m')
logfsm.watch('m')
logfsm.unwatch('m')
logfsm.close_traces('m')
logfsm.drop_model('m')
logfsm.create_model('k', 'log', trace => 'id', event => 'event', at => 'at')
CALLS

echo "standby: $passed passed, $failed failed"
[ "$failed" = 0 ]
