#!/usr/bin/env bash
# What needs several sessions or tools beside psql: cancel in the middle of fit, two fits at once, readers during a
# fit, a transaction open during refresh, dump and restore.
source "$(dirname "$0")/lib.sh"

passed=0 failed=0
start_cluster sessions "fsync = off" "log_min_messages = fatal"
trap 'stop_cluster sessions' EXIT

ok() { passed=$((passed + 1)) && echo "ok    sessions/$1"; }
bad() { failed=$((failed + 1)) && printf 'FAIL  sessions/%s: %s\n' "$1" "$2"; }
# expect NAME WANT SQL: the query's result is WANT.
expect() {
    local got
    got=$(query "$3" 2>&1 || true)
    if [ "$got" = "$2" ]; then ok "$1"; else bad "$1" "got '$got', want '$2'"; fi
}
query() { psql -X -q -A -t -v ON_ERROR_STOP=1 -c "SET client_min_messages = error" -c "$1"; }
# wait_for SQL: until the query says t, ten seconds at most.
wait_for() {
    local i
    for i in $(seq 100); do
        [ "$(query "$1")" = t ] && return 0
        sleep 0.1
    done
    return 1
}
running() { wait_for "SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name LIKE 'logfsm $1 m%' AND pid <> pg_backend_pid()"; }

query "CREATE EXTENSION logfsm;
       CREATE TABLE log AS SELECT i / 20 AS id, 'e' || (i * 7 + i / 20) % 13 AS event, timestamptz '2026-01-01' + i * interval '1 ms' AS at, i AS seq
       FROM generate_series(0, 599999) i;
       CREATE INDEX ON log (id);
       SELECT logfsm.create_model('m', source => 'log', trace => 'id', event => 'event', at => 'at', seq => 'seq');
       SELECT logfsm.fit('m');
       CREATE VIEW mine AS SELECT src, event, dst, prob FROM m.transitions" > /dev/null
before=$(query "SELECT md5(string_agg(t::text, ',' ORDER BY transition_id)) FROM m.transitions t")

# A cancelled fit leaves the last good model.
psql -X -q -c "SELECT logfsm.fit('m', 'k_tails', '{\"k\": 0}')" > "$home/sessions-cancel.out" 2>&1 &
if running fit; then
    sleep 0.3
    query "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'logfsm fit m%'" > /dev/null
fi
wait
grep -q 'canceling statement due to user request' "$home/sessions-cancel.out" && ok cancel_is_an_error || bad cancel_is_an_error "$(cat "$home/sessions-cancel.out")"
expect cancelled_fit_leaves_the_model "$before" "SELECT md5(string_agg(t::text, ',' ORDER BY transition_id)) FROM m.transitions t"
expect cancelled_fit_leaves_no_tables 0 "SELECT count(*) FROM pg_class WHERE relnamespace = 'm'::regnamespace AND relname LIKE '%\_fit\_2%'"
expect cancelled_fit_leaves_no_locks 0 "SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation WHERE c.relnamespace = 'm'::regnamespace AND l.pid <> pg_backend_pid()"
expect cancelled_fit_leaves_no_temporary_files 0 "SELECT count(*) FROM pg_ls_tmpdir()"

# Two fits at once: the second fails at once; readers see the old rows meanwhile, and a user's view goes on.
psql -X -q -c "SELECT logfsm.fit('m')" > "$home/sessions-first.out" 2>&1 &
running fit || bad fit_shows_progress "no application_name"
ok fit_shows_progress
second=$(psql -X -q -v VERBOSITY=verbose -c "SELECT logfsm.fit('m')" 2>&1 || true)
if grep -q '55P03' <<< "$second" && grep -q 'DETAIL' <<< "$second" && grep -q 'HINT' <<< "$second"; then ok second_fit_fails_at_once; else bad second_fit_fails_at_once "$second"; fi
expect readers_do_not_wait "$(query "SELECT count(*) FROM mine")" "SET statement_timeout = '500ms'; SELECT count(*) FROM mine"
still=$(query "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'logfsm fit m%'")
[ "$still" = 1 ] && ok reader_ran_during_the_fit || bad reader_ran_during_the_fit "the fit had ended"
wait
expect view_survives_a_refit t "SELECT count(*) > 0 FROM mine"
expect refit_of_the_same_data_is_the_same "$before" "SELECT md5(string_agg(t::text, ',' ORDER BY transition_id)) FROM m.transitions t"

# A reader in a long transaction delays the swap, but nobody who comes later.
(psql -X -q -c "BEGIN" -c "SELECT count(*) FROM m.transitions" -c "SELECT pg_sleep(6)" -c "COMMIT" > /dev/null 2>&1) &
psql -X -q -c "SELECT logfsm.fit('m')" > "$home/sessions-swap.out" 2>&1 &
running fit
worst=0
for _ in $(seq 20); do
    t0=$(date +%s%N)
    query "SELECT count(*) FROM m.transitions" > /dev/null
    t=$((($(date +%s%N) - t0) / 1000000))
    [ "$t" -gt "$worst" ] && worst=$t
    sleep 0.2
done
wait
[ "$worst" -lt 1500 ] && ok "later_readers_do_not_queue_behind_the_swap" || bad later_readers_do_not_queue_behind_the_swap "waited $worst ms"

# A transaction open during one refresh and committed later is picked up by the next.
mkfifo "$home/sessions.pipe" 2> /dev/null || true
(psql -X -q > /dev/null 2>&1 < "$home/sessions.pipe") &
exec 9> "$home/sessions.pipe"
echo "BEGIN; INSERT INTO log VALUES (900001, 'open', '2026-01-01 00:10:00', 1);" >&9
wait_for "SELECT count(*) > 0 FROM pg_stat_activity WHERE state = 'idle in transaction'"
query "INSERT INTO log VALUES (900002, 'open', '2026-01-01 00:10:01', 1)"
expect refresh_takes_what_is_committed "1|0" "SELECT new_traces || '|' || missing_rows FROM logfsm.refresh('m')"
echo "COMMIT;" >&9
exec 9>&-
wait
rm -f "$home/sessions.pipe"
expect refresh_picks_up_what_was_open "1|0" "SELECT new_traces || '|' || missing_rows FROM logfsm.refresh('m')"

# Two writers of the same live traces, in opposite order: no deadlock, no failed insert.
query "SELECT logfsm.watch('m')" > /dev/null
for order in ASC DESC; do
    psql -X -q -v ON_ERROR_STOP=1 > "$home/sessions-$order.out" 2>&1 <<SQL &
DO \$\$
DECLARE r int;
BEGIN
    FOR r IN SELECT i FROM generate_series(1, 40) i ORDER BY i $order LOOP
        INSERT INTO log VALUES (r, 'nonsense', now(), 1);
        PERFORM pg_sleep(0.005);
    END LOOP;
END
\$\$;
SQL
done
wait
if grep -q ERROR "$home"/sessions-ASC.out "$home"/sessions-DESC.out; then bad opposite_writers_do_not_deadlock "$(cat "$home"/sessions-ASC.out "$home"/sessions-DESC.out)"; else ok opposite_writers_do_not_deadlock; fi
expect opposite_writers_lose_no_rows 80 "SELECT count(*) FROM log WHERE event = 'nonsense'"

# Dump and restore: whole database with an active watch and a run; then the schema goes without a trace.
query "DELETE FROM log WHERE event = 'nonsense'; SELECT logfsm.fit('m'); SELECT logfsm.synthesize('m', 50, 1)" > /dev/null
digest="SELECT md5((SELECT string_agg(e::text, ',' ORDER BY run_id, trace_id, seq) FROM m.events e) || (SELECT logfsm.fingerprint(automaton) FROM m.model)
        || (SELECT string_agg(t.trace::text, ',' ORDER BY run_id, trace_id) FROM m.traces t))"
want=$(query "$digest")
"$bin/pg_dump" -Fc -f "$home/sessions.dump" postgres
createdb restored
"$bin/pg_restore" --exit-on-error -d restored "$home/sessions.dump" && ok restore_without_errors || bad restore_without_errors "pg_restore failed"
rm -f "$home/sessions.dump"
PGDATABASE=restored expect restored_model_is_the_same "$want" "$digest"
# A watch is the trigger and the table that it was made on, by number: a restored one waits until it is made again.
PGDATABASE=restored query "INSERT INTO log VALUES (777777, 'nonsense', now(), 1)" 2> /dev/null
PGDATABASE=restored expect restored_watch_waits 0 "SELECT count(*) FROM m.anomalies WHERE trace_key = 777777"
PGDATABASE=restored query "SELECT logfsm.watch('m'); INSERT INTO log VALUES (777778, 'nonsense', now(), 1)" > /dev/null
PGDATABASE=restored expect restored_watch_flags_once_made_again 1 "SELECT count(*) FROM m.anomalies WHERE trace_key = 777778"
PGDATABASE=restored expect restored_model_can_be_fitted t "SELECT traces > 0 FROM logfsm.fit('m')"
PGDATABASE=restored query "DROP VIEW mine; SET client_min_messages = error; DROP SCHEMA m CASCADE" > /dev/null
PGDATABASE=restored expect dropped_schema_leaves_no_trigger 0 "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal"
PGDATABASE=restored expect insert_after_drop "" "INSERT INTO log VALUES (1, 'x', now(), 1)"

echo "sessions: $passed passed, $failed failed"
[ "$failed" = 0 ]
