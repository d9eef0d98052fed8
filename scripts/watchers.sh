#!/usr/bin/env bash
# Eight writers on the same 1,000 watched traces: single rows, many rows, transactions in opposite orders, rollbacks,
# savepoints, REPEATABLE READ, SERIALIZABLE, late rows; close_traces runs meanwhile, and the server is killed in the middle. In the end
# live traces equal the whole traces exactly, nothing is lost, and nobody ran into a deadlock.
#
#   [WATCHERS_SECONDS=8] scripts/watchers.sh      # 60 for the long version
source "$(dirname "$0")/lib.sh"

seconds=${1:-${WATCHERS_SECONDS:-8}}
passed=0 failed=0
ok() { passed=$((passed + 1)) && echo "ok    watchers/$1"; }
bad() { failed=$((failed + 1)) && printf 'FAIL  watchers/%s: %s\n' "$1" "$2"; }
expect() {
    local got
    got=$(query "$3" 2>&1 || true)
    if [ "$got" = "$2" ]; then ok "$1"; else bad "$1" "got '$got', want '$2'"; fi
}
query() { psql -X -q -A -t -v ON_ERROR_STOP=1 -c "SET client_min_messages = error" -c "$1"; }

start_cluster watchers "fsync = off" "log_min_messages = warning" "max_connections = 40" "deadlock_timeout = 200ms"
work=$(mktemp -d)
trap 'rm -rf "$work"; stop_cluster watchers' EXIT

query "CREATE EXTENSION logfsm;
       CREATE TABLE log (n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, trace_id integer, event text, at timestamptz, seq bigint);
       CREATE INDEX ON log (trace_id, at);
       CREATE SEQUENCE seqs CACHE 1;
       INSERT INTO log (trace_id, event, at, seq) SELECT -i, (ARRAY['open', 'read', 'write', 'close'])[o], timestamptz '2026-01-01' + i * interval '1 s', o
       FROM generate_series(1, 200) i, generate_series(1, 4) o WHERE o <> 1 + i % 3;
       SELECT logfsm.create_model('m', source => 'log', trace => 'trace_id', event => 'event', at => 'at', seq => 'seq');
       SELECT logfsm.fit('m');
       SELECT logfsm.watch('m')" > /dev/null

# One row of trace :T: any event, one in ten late, one in fifty of an unknown type.
row() { echo "(CAST($1 AS integer), (ARRAY['open', 'read', 'write', 'close', 'fly'])[1 + floor(random() * 4.02)::int], clock_timestamp() - (random() < 0.1)::int * interval '1 s', nextval('seqs'))"; }
into="INSERT INTO log (trace_id, event, at, seq) VALUES"
cat > "$work/single.sql" <<SQL
\set t random(1, 1000)
$into $(row :t);
SQL
cat > "$work/many.sql" <<SQL
\set t random(1, 900)
$into $(row :t), $(row ':t + 7'), $(row ':t + 99'), $(row :t), $(row ':t + 3'), $(row ':t + 99');
SQL
for order in up down; do
    {
        echo '\set t random(1, 990)'
        echo '\set back random(1, 4)'
        echo 'BEGIN;'
        for i in $([ $order = up ] && seq 0 5 || seq 5 -1 0); do echo "$into $(row ":t + $i");"; done
        printf '\\if :back = 1\nROLLBACK;\n\\else\nCOMMIT;\n\\endif\n'
    } > "$work/$order.sql"
done
cat > "$work/repeatable.sql" <<SQL
\set t random(1, 1000)
BEGIN ISOLATION LEVEL REPEATABLE READ;
$into $(row :t);
$into $(row :t), $(row '1001 - :t');
COMMIT;
SQL
cat > "$work/serializable.sql" <<SQL
\set t random(1, 1000)
BEGIN ISOLATION LEVEL SERIALIZABLE;
$into $(row :t);
$into $(row :t), $(row '1001 - :t');
COMMIT;
SQL
cat > "$work/savepoint.sql" <<SQL
\set t random(1, 1000)
BEGIN;
$into $(row :t);
SAVEPOINT a;
$into $(row :t), $(row '1001 - :t');
SAVEPOINT b;
$into $(row :t);
RELEASE b;
ROLLBACK TO a;
$into $(row '1001 - :t'), $(row :t);
COMMIT;
SQL

# Writers for some seconds, with close_traces beside them: write SECONDS.
write() {
    local files=() script
    for script in single many up down repeatable serializable savepoint; do files+=(-f "$work/$script.sql@$([ $script = single ] && echo 4 || echo 1)"); done
    "$bin/pgbench" -n -c 8 -j 2 -T "$1" -M prepared "${files[@]}" postgres > "$work/pgbench.out" 2>&1 &
    writers=$!
    local until=$((SECONDS + $1))
    while [ "$SECONDS" -lt "$until" ]; do
        psql -X -q -A -t -c "SELECT logfsm.close_traces('m', '2 s')" > "$work/close.out" 2>&1 || cat "$work/close.out" >> "$work/close.errors"
        sleep 0.3
    done
}

half=$(((seconds + 1) / 2))
write "$half"
if wait "$writers"; then ok writers_never_fail; else bad writers_never_fail "$(tail -n 5 "$work/pgbench.out")"; fi
echo "      $(grep -E 'number of transactions actually' "$work/pgbench.out")"
failed_transactions=$(sed -n 's/^number of failed transactions: \([0-9]*\).*/\1/p' "$work/pgbench.out" | head -n 1)
[ "${failed_transactions:-0}" = 0 ] && ok no_serialization_failure || bad no_serialization_failure "$failed_transactions transactions"
[ ! -e "$work/close.errors" ] && ok close_traces_never_fails || bad close_traces_never_fails "$(head -n 3 "$work/close.errors")"

# Killed in the middle of writing.
write "$half" &
closer=$!
sleep $((half / 2 + 1))
server=$(as_server head -n 1 "$cluster/data/postmaster.pid")
children=$(ps -o pid= --ppid "$server")
as_server kill -9 "$server" $children 2> /dev/null || true
wait "$closer" 2> /dev/null || true
# A dead process may stay in the table until its parent looks.
for _ in $(seq 100); do
    ps -o stat= -p "$server" $children | grep -qv '^Z' || break
    sleep 0.1
done
rm -f "$work/close.errors"
start() { as_server "$bin/pg_ctl" -D "$cluster/data" -l "$cluster/server.out" -w -t 60 start > /dev/null 2>&1; }
start || { sleep 3 && start; } || { as_server rm -f "$cluster/data/postmaster.pid" && start; } || bad restart "the server does not start"
write 3
if wait "$writers"; then ok writers_go_on_after_a_crash; else bad writers_go_on_after_a_crash "$(tail -n 5 "$work/pgbench.out")"; fi

deadlocks=$(as_server grep -c 'deadlock detected' "$cluster/server.out" || true)
[ "$deadlocks" = 0 ] && ok no_deadlock || bad no_deadlock "$deadlocks in the log"
warnings=$(as_server grep -c 'logfsm watch' "$cluster/server.out" || true)
[ "$warnings" = 0 ] && ok no_warning_of_the_watch || bad no_warning_of_the_watch "$(as_server grep 'logfsm watch' "$cluster/server.out" | sort | uniq -c | sort -rn | head -n 3)"

# Every event was counted before anything was read again, or waits for that.
expect nothing_is_lost_before_closing 0 "
    SELECT count(*) FROM (SELECT trace_id, count(*) AS n FROM log WHERE trace_id > 0 GROUP BY 1) c
    LEFT JOIN m.live_traces l ON l.trace_key = c.trace_id
    WHERE NOT coalesce(l.dirty, false) AND coalesce(l.n_events, 0) + (SELECT count(*) FROM m.pending p WHERE p.trace_key = c.trace_id) <> c.n"
echo "      $(query "SELECT format('%s rows, %s pending, %s live, %s dirty', (SELECT count(*) FROM log), (SELECT count(*) FROM m.pending), count(*), count(*) FILTER (WHERE dirty)) FROM m.live_traces")"
query "SELECT logfsm.close_traces('m', '0')" > /dev/null
expect nothing_is_pending 0 "SELECT count(*) FROM m.pending"
expect all_traces_are_live 0 "SELECT count(*) FROM (SELECT DISTINCT trace_id FROM log WHERE trace_id > 0) t FULL JOIN (SELECT * FROM m.live_traces WHERE trace_key > 0) l ON l.trace_key = t.trace_id WHERE l.trace_key IS NULL OR t.trace_id IS NULL OR l.ended_at IS NULL OR l.dirty"
expect incremental_scores_equal_batch_scores 0 "
    SELECT count(*) FROM (SELECT trace_id, logfsm.trace_agg(event, at, seq) AS trace FROM log WHERE trace_id > 0 GROUP BY 1) t
    JOIN m.live_traces l ON l.trace_key = t.trace_id CROSS JOIN m.model m
    WHERE l.score IS DISTINCT FROM logfsm.score(m.automaton, t.trace) OR l.n_events <> logfsm.length(t.trace)"
# The anomalies that close_traces finds by reading everything again are all there already.
query "TRUNCATE m.live_traces; SELECT logfsm.close_traces('m', '1 day', recheck => true)" > /dev/null
expect reading_again_gives_the_same 0 "
    SELECT count(*) FROM (SELECT trace_id, logfsm.trace_agg(event, at, seq) AS trace FROM log WHERE trace_id > 0 GROUP BY 1) t
    LEFT JOIN m.live_traces l ON l.trace_key = t.trace_id WHERE l.n_events IS DISTINCT FROM logfsm.length(t.trace)"

echo "watchers: $passed passed, $failed failed"
[ "$failed" = 0 ]
