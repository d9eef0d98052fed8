#!/usr/bin/env bash
# What changed between two builds: each statement runs on both in turn, in one run, and the ratio of the medians of
# processor time is printed. The other build is a commit of this project, built in a worktree of its own and kept for the next time.
#
#   [EVENTS=1100000] [REPEATS=7] benches/against.sh COMMIT
source "$(dirname "$0")/../scripts/lib.sh"
commit=${1:?usage: benches/against.sh COMMIT}
"$top/scripts/setup.sh"
[ "${LOGFSM_INSTALLED:-}" = 1 ] || install_extension release

events=${EVENTS:-1100000} repeats=${REPEATS:-7}
other=$home/builds/$(git -C "$top" rev-parse --short "$commit")
if [ ! -e "$other/home/built" ]; then
    say "Building $commit in $other"
    mkdir -p "$other"
    [ -d "$other/tree" ] || git -C "$top" worktree add --quiet --detach "$other/tree" "$commit"
    (export LOGFSM_HOME=$other/home && "$other/tree/scripts/setup.sh" && bash -c "source '$other/tree/scripts/lib.sh'; install_extension release")
    touch "$other/home/built"
fi

settings=("shared_buffers = 512MB" "work_mem = 64MB" "max_wal_size = 8GB" "checkpoint_timeout = 30min" "fsync = off"
    "max_parallel_workers_per_gather = 0" "autovacuum = off" "jit = off")
start_cluster against "${settings[@]}"
now_host=$PGHOST now_port=$PGPORT
(export LOGFSM_HOME=$other/home && source "$top/scripts/lib.sh" && start_cluster against "${settings[@]}" && printf '%s %s\n' "$PGHOST" "$PGPORT" > "$other/address")
read -r then_host then_port < "$other/address"
stop_both() { stop_cluster against; (export LOGFSM_HOME=$other/home && source "$top/scripts/lib.sh" && stop_cluster against); }
trap stop_both EXIT

# on now|then psql's arguments …
on() {
    local host=${1}_host port=${1}_port
    shift
    PGHOST=${!host} PGPORT=${!port} psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"
}
for build in now then; do
    on "$build" -v events="$events" -f "$top/benches/shop.sql"
    on "$build" -c "SELECT setseed(0.5)" -c "CREATE TABLE feed AS SELECT 'f' || trace AS trace, event, at + interval '1 day' AS at FROM log WHERE hashtext(trace) & 7 = 0" \
        -c "CREATE TABLE watched (LIKE log); CREATE TABLE small AS SELECT * FROM feed LIMIT 20000" \
        -c "CREATE TABLE rich AS SELECT trace, event, at, jsonb_build_object('n', hashtext(trace) & 63, 'of', event) AS params FROM log WHERE hashtext(trace) & 7 = 0" \
        -c "SELECT logfsm.create_model('guard', source => 'log', trace => 'trace', event => 'event', at => 'at', events => 'none'), logfsm.create_model('rich_model', source => 'rich', trace => 'trace', event => 'event', at => 'at', params => 'params')" \
        -c "SELECT logfsm.fit('guard'), logfsm.fit('full'), logfsm.fit('rich_model')" -c "SELECT logfsm.watch('guard', on_table => 'watched')" -c "VACUUM ANALYZE" > /dev/null 2>&1
done

# Milliseconds that the backend was on a processor for a statement: what else the machine does counts least so.
ms() {
    on "$1" <<SQL 2>&1 | awk '/^cpu / {ms = $2 / 1e6 - ms} END {print ms}'
SET client_min_messages = error;
SELECT pg_catalog.pg_backend_pid() AS pid \\gset
\\o /dev/null
$3
\\o
\\echo cpu \`cut -d ' ' -f 1 /proc/:pid/schedstat\`
\\o /dev/null
$2
\\o
\\echo cpu \`cut -d ' ' -f 1 /proc/:pid/schedstat\`
\\o /dev/null
$4
SQL
}
median() { sort -n | awk '{v[NR] = $1} END {print (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }

# compare NAME SQL [BEFORE] [AFTER]: BEFORE and AFTER are not timed.
compare() {
    local name=$1 i build
    rm -f "$cluster_times".*
    for i in $(seq "$repeats"); do
        # Who goes first changes, so that neither always meets a warmer machine.
        for build in $([ $((i % 2)) = 0 ] && echo now then || echo then now); do
            ms "$build" "$2" "${3:-}" "${4:-}" >> "$cluster_times.$build"
        done
    done
    awk -v n="$name" -v a="$(median < "$cluster_times.then")" -v b="$(median < "$cluster_times.now")" \
        'BEGIN {printf "| %-44s | %10.1f | %10.1f | %6.3f |\n", n, a, b, b / a}'
}
cluster_times=$home/against.times

say "$events events; medians of $repeats, processor time of the backend; $commit beside this tree"
printf '| %-44s | %10s | %10s | %6s |\n|%s|%s|%s|%s|\n' statement "then, ms" "now, ms" ratio "$(printf '%.0s-' {1..46})" "-----------:" "-----------:" "-------:"
compare "fit, all tables" "SELECT logfsm.fit('full');"
compare "fit without event rows" "SELECT logfsm.fit('lean');"
compare "fit with parameters" "SELECT logfsm.fit('rich_model');"
compare "refresh after 1 %" "SELECT logfsm.refresh('full');" "BEGIN; INSERT INTO log SELECT 'n' || trace, event, at + interval '30 days' FROM log WHERE hashtext(trace) % 100 = 7;" "ROLLBACK;"
compare "refresh of nothing" "SELECT logfsm.refresh('full');" "BEGIN;" "ROLLBACK;"
compare "watched INSERT of 20,000 rows" "INSERT INTO watched SELECT * FROM small;" "BEGIN;" "ROLLBACK;"
compare "watched INSERT of one row, 300 times" "DO \$\$ BEGIN FOR i IN 1..300 LOOP INSERT INTO watched VALUES ('w' || i, 'login', '2026-06-01'); END LOOP; END \$\$;" "BEGIN;" "ROLLBACK;"
compare "check_run" "SELECT count(*) FROM logfsm.check_run('full', 0);"
for build in now then; do on "$build" -o /dev/null -c "SET client_min_messages = error" -c "SELECT logfsm.synthesize('full', 1000, 1)"; done
compare "transition_matrix, 20 times" "SELECT count(*) FROM generate_series(1, 20), logfsm.transition_matrix('full', 1);"
compare "models, 20 times" "SELECT count(*) FROM generate_series(1, 20), logfsm.models;"
compare "score of every trace" "SELECT sum(logfsm.score(m.automaton, t.trace)) FROM full_model m, \"full\".traces t;"
compare "trace_agg and prefix_tree_agg" "SELECT logfsm.fingerprint(logfsm.prefix_tree_agg(t)) FROM (SELECT logfsm.trace_agg(event, at) AS t FROM log GROUP BY trace) s;"
compare "synthesize 10,000 traces" "SELECT logfsm.synthesize('full', 10000, 42);" "BEGIN;" "ROLLBACK;"
