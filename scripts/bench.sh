#!/usr/bin/env bash
# Times the whole way on one table of about 2.2 million events, in one run, beside what plain SQL needs for the like:
# prints milliseconds and ratios to the floor. EVENTS sets the size, REPEATS how often each statement runs (the median
# counts). The data are sessions of a small generated shop: no download.
source "$(dirname "$0")/lib.sh"
"$top/scripts/setup.sh"
[ "${LOGFSM_INSTALLED:-}" = 1 ] || install_extension release

events=${EVENTS:-2200000} repeats=${REPEATS:-3}
start_cluster bench "shared_buffers = 1GB" "work_mem = 64MB" "max_wal_size = 8GB" "fsync = off" \
    "max_parallel_workers_per_gather = ${WORKERS:-0}" "autovacuum = off" "jit = off"
trap 'stop_cluster bench' EXIT
psql -X -q -v ON_ERROR_STOP=1 -v events="$events" -f "$top/benches/shop.sql"

# Milliseconds of one or several statements: run SQL.
run() {
    psql -X -q -A -t -v ON_ERROR_STOP=1 -o /dev/null <<SQL 2>&1 | awk '/^Time: / {ms += $2} END {print ms}'
SET client_min_messages = error;
\timing on
$1
SQL
}

median() { sort -n | awk '{v[NR] = $1} END {print (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }

floor= results=()
# time_it NAME SQL [SETUP SQL]: the first one is the floor.
time_it() {
    local name=$1 sql=$2 ms i times=()
    for i in $(seq "$repeats"); do
        times+=("$(run "$sql")")
    done
    ms=$(printf '%s\n' "${times[@]}" | median)
    floor=${floor:-$ms}
    results+=("$(awk -v n="$name" -v ms="$ms" -v f="$floor" -v e="$count" 'BEGIN {printf "| %-52s | %9.0f | %6.2f | %8.2f |", n, ms, ms / f, e / ms / 1000}')")
    echo "${results[-1]}"
}

count=$(psql -X -A -t -c "SELECT count(*) FROM log")
traces=$(psql -X -A -t -c "SELECT count(DISTINCT trace) FROM log")
say "$count events in $traces traces; medians of $repeats; $(nproc) cores, PostgreSQL $PG_MAJOR, ${WORKERS:-0} parallel workers"
printf '| %-52s | %9s | %6s | %8s |\n' "statement" "ms" "/floor" "M ev./s"
printf '|%s|%s|%s|%s|\n' "$(printf '%.0s-' {1..54})" "----------:" "-------:" "---------:"
time_it "floor: array_agg(event ORDER BY at), count distinct" "SELECT count(*) FROM (SELECT DISTINCT array_agg(event ORDER BY at) FROM log GROUP BY trace) v;"
time_it "count(*)" "SELECT count(*) FROM log;"
time_it "trace_agg" "SELECT count(t) FROM (SELECT logfsm.trace_agg(event, at) AS t FROM log GROUP BY trace) s;"
time_it "trace_agg + prefix_tree_agg" "SELECT logfsm.fingerprint(logfsm.prefix_tree_agg(t)) FROM (SELECT logfsm.trace_agg(event, at) AS t FROM log GROUP BY trace) s;"
time_it "floor of tables: CREATE TABLE AS … ORDER BY + key" "BEGIN; CREATE TABLE sorted AS SELECT trace, row_number() OVER (PARTITION BY trace ORDER BY at) AS seq, event, at FROM log ORDER BY trace, at; ALTER TABLE sorted ADD PRIMARY KEY (trace, seq); ROLLBACK;"
time_it "fit without event rows" "SELECT logfsm.fit('lean');"
time_it "fit, all tables, keys and foreign keys" "SELECT logfsm.fit('full');"
time_it "score of every trace" "SELECT sum(logfsm.score(m.automaton, t.trace)) FROM full_model m, \"full\".traces t;"
time_it "generate, as many traces" "SELECT count(*) FROM (SELECT logfsm.generate(automaton, $traces, 42) FROM full_model) g;"
time_it "synthesize into tables, as many traces" "BEGIN; SELECT logfsm.synthesize('full', $traces, 42); ROLLBACK;"
time_it "refresh after one new trace" "BEGIN; INSERT INTO log VALUES ('new', 'browse', now()); SELECT logfsm.refresh('full'); ROLLBACK;"
