#!/usr/bin/env bash
# The main job on real input: the state machine of a Postgres session, learned from a private cluster's own server log.
#
#   scripts/demo.sh        run it; the cluster is stopped at the end
#   scripts/demo.sh keep   the same, but leave the cluster running and say how to connect (also LOGFSM_KEEP=1)
#   scripts/demo.sh stop   stop a cluster left running
#
# LOGFSM_INSTALLED=1 takes the extension as it is installed in the private prefix, without building.
source "$(dirname "$0")/lib.sh"

mode=${1:-run}
[ "${LOGFSM_KEEP:-0}" = 1 ] && [ "$mode" = run ] && mode=keep
case $mode in
    run | keep) ;;
    stop) stop_cluster demo; echo "The demo's cluster is stopped."; exit ;;
    *) fail "usage: scripts/demo.sh [run|keep|stop]" ;;
esac

"$top/scripts/setup.sh"
find_postgres
find_home
[ "${LOGFSM_INSTALLED:-0}" = 1 ] || install_extension release
out=$top/demo-out
mkdir -p "$out"

psql=("$bin/psql" -X -q -v ON_ERROR_STOP=1)
# Runs one of demo/*.sql as a role: run ROLE FILE [psql argument …].
run() { "${psql[@]}" -U "$1" -d logs "${@:3}" -f "$top/demo/$2"; }

finished=0
finish() {
    if [ "$mode" = keep ] && [ "$finished" = 1 ]; then return; fi
    stop_cluster demo
}
trap finish EXIT

unset PGSERVICE PGPASSWORD PGOPTIONS PGAPPNAME
say "Starting a private cluster that logs in CSV"
start_cluster demo "logging_collector = on" "log_destination = 'csvlog'" "log_filename = 'server.log'" \
    "log_file_mode = 0600" "log_timezone = 'UTC'" "timezone = 'UTC'" "deadlock_timeout = '200ms'" "autovacuum = off" "fsync = off"
log=$cluster/data/log/server.csv
# One role logs in with a password, so that a login can fail.
as_server sed -i '1i local all visitor scram-sha-256' "$cluster/data/pg_hba.conf"
"${psql[@]}" -f "$top/demo/roles.sql"
"$bin/pgbench" -i -q -s 5 bank > "$home/pgbench.log" 2>&1
"${psql[@]}" -d bank -f "$top/demo/bank.sql"

# Turns the server's logging of sessions and statements on or off.
logging() {
    local on=$1 duration=0
    [ "$on" = on ] || duration=-1
    "${psql[@]}" -c "ALTER SYSTEM SET log_connections = $on" -c "ALTER SYSTEM SET log_disconnections = $on" \
        -c "ALTER SYSTEM SET log_min_duration_statement = $duration" -c "SELECT pg_reload_conf()" > "$home/logging.log"
    sleep 0.5
}
# A client of the bank that may fail: its errors are what we are after. customer USER DATABASE [SQL …], or SQL as input.
customer() {
    local user=$1 database=$2 statement
    local commands=()
    shift 2
    for statement in "$@"; do commands+=(-c "$statement"); done
    PGAPPNAME=till PGCONNECT_TIMEOUT=10 "$bin/psql" -X -q -w -U "$user" -d "$database" "${commands[@]}" >> "$home/customers.log" 2>&1 || true
}
# Sends what the log has beyond a number of bytes, as a role that may insert into the log table and nothing else.
ship() { as_server tail -c "+$(($1 + 1))" "$log" | run shipper ship.sql; }
bench() { PGAPPNAME=till "$bin/pgbench" -n -U teller "$@" bank >> "$home/pgbench.log" 2>&1; }

say "Driving it: 1,637 sessions by pgbench, and 13 that misbehave"
logging on
# Sessions of one transaction, then longer ones: most are short, a few are long.
bench -C -S -c 8 -j 4 -t 60
bench -C -N -c 8 -j 4 -t 30
bench -C -c 4 -j 4 -t 60
for transactions in 2 3 4 6; do
    bench -S -c 50 -j 4 -t "$transactions"
    bench -N -c 50 -j 4 -t "$transactions"
    bench -c 50 -j 4 -t "$transactions"
done
bench -S -c 40 -j 4 -t 10
bench -N -c 20 -j 4 -t 10

for _ in 1 2 3; do PGPASSWORD=guess customer visitor bank "SELECT 1;"; done
customer nobody bank "SELECT 1;"
customer teller vault "SELECT 1;"
customer teller bank "INSERT INTO pgbench_branches VALUES (1, 0);"
customer teller bank "BEGIN;" "UPDATE pgbench_accounts SET abalance = NULL WHERE aid = 1;" "END;"
customer teller bank "SELECT abalance FROM pgbench_acounts WHERE aid = 1;"
PGOPTIONS="-c statement_timeout=100ms" customer teller bank "SELECT pg_sleep(30);"
customer teller bank "BEGIN;" "UPDATE pgbench_accounts SET abalance = abalance + 1000000 WHERE aid = 7;"
# Two that lock the same two rows in opposite order.
transfer() {
    customer teller bank << SQL
BEGIN;
UPDATE pgbench_accounts SET abalance = abalance + -5 WHERE aid = $1;
\! sleep 0.4
UPDATE pgbench_accounts SET abalance = abalance + 5 WHERE aid = $2;
END;
SQL
}
transfer 1 2 & transfer 2 1 & wait %1 %2
# One that is thrown out.
customer teller bank "SELECT pg_sleep(31);" &
for _ in $(seq 50); do
    thrown_out=$("${psql[@]}" -At -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(31);'")
    [ -n "$thrown_out" ] && break
    sleep 0.1
done
wait
logging off

say "Loading the server log into a table"
run postgres load.sql
ship 0
run analyst loaded.sql

say "Learning the machine of a session, as the unprivileged role \"analyst\""
run analyst learn.sql

say "Generating 1,000 synthetic sessions with seed 42"
run analyst synthesize.sql

say "Scoring all sessions: which are surprising, and why"
run analyst score.sql

say "Drawing the machine"
run analyst draw.sql -At -o "$out/postgres-session.svg"
ls -s --block-size=K "$out/postgres-session.svg" | sed 's/^ *\([0-9]*K\) .*/demo-out\/postgres-session.svg: \1/'

say "Watching the table while new log lines arrive"
run analyst watch.sql > "$home/watch.log"
read_before=$(as_server stat -c %s "$log")
logging on
bench -C -c 2 -t 2
customer teller bank "BEGIN;" "UPDATE pgbench_accounts SET abalance = abalance + 1000000 WHERE aid = 8;" \
    "DELETE FROM pgbench_history;" "END;"
logging off
ship "$read_before"
run analyst flagged.sql

finished=1
say "What to try next"
connect="$bin/psql -h $PGHOST -p $PGPORT -U analyst logs"
if [ "$mode" = keep ]; then
    cat << END
The cluster is still running.
  connect   $connect
  try       SELECT * FROM logfsm.models;
            SELECT * FROM session.anomalies;
            SELECT * FROM logfsm.explain('session', (SELECT trace_key FROM session.real_traces ORDER BY score DESC LIMIT 1));
  stop      scripts/demo.sh stop
END
else
    cat << END
Open demo-out/postgres-session.svg in a browser. The cluster is stopped; "make demo-keep" runs this again and leaves
it running, so that you can query the model session yourself. README.md explains each function with an example.
END
fi
