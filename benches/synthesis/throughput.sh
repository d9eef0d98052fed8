#!/usr/bin/env bash
# Events a second through SQL and the memory that generating takes: generate streamed in the target list, and synthesize
# into keyed, foreign-key-checked tables, rules checked, without parameters and with one and two an event. The models are
# of the normal HDFS sequences of LOGFSM_DATA, with times and parameters made up. EVENTS sets how many are generated,
# ONLY=generate or ONLY=synthesize leaves the other out.
source "$(dirname "$0")/../../scripts/lib.sh"
[ -n "${LOGFSM_DATA:-}" ] || fail "set LOGFSM_DATA to the directory with hdfs/hdfs_loghub_sequences.csv.gz"
"$top/scripts/setup.sh"
[ "${LOGFSM_INSTALLED:-}" = 1 ] || install_extension release

events=${EVENTS:-2000000}
start_cluster throughput "shared_buffers = 1GB" "work_mem = 16MB" "maintenance_work_mem = 64MB" "max_wal_size = 16GB" \
    "fsync = off" "autovacuum = off" "jit = off"
trap 'stop_cluster throughput' EXIT
psql -X -q -v ON_ERROR_STOP=1 <<SQL
SET client_min_messages = warning;
\o /dev/null
CREATE EXTENSION logfsm;
CREATE TABLE sequences (trace_id text, label integer, event_ids text);
\copy sequences from program 'gzip -dc $LOGFSM_DATA/hdfs/hdfs_loghub_sequences.csv.gz' csv header
CREATE TABLE log AS
SELECT s.n AS trace, 'E' || e.event AS event,
       timestamptz '2026-01-01Z' + s.n * interval '40 s' + e.n * (s.n * 37 % 1000) * interval '1 ms' AS at, e.n AS seq,
       jsonb_build_object('block', 'blk_' || (s.n * 7919131 + 1000000007)) AS one,
       jsonb_build_object('block', 'blk_' || (s.n * 7919131 + 1000000007), 'size', (s.n * 31 + e.n) % 4000) AS two
FROM (SELECT row_number() OVER () AS n, event_ids FROM sequences WHERE label = 0) s
CROSS JOIN LATERAL string_to_table(s.event_ids, ' ') WITH ORDINALITY AS e (event, n);
SELECT logfsm.create_model('none', source => 'log', trace => 'trace', event => 'event', at => 'at', seq => 'seq');
SELECT logfsm.create_model('one', source => 'log', trace => 'trace', event => 'event', at => 'at', seq => 'seq', params => 'one');
SELECT logfsm.create_model('two', source => 'log', trace => 'trace', event => 'event', at => 'at', seq => 'seq', params => 'two');
SELECT logfsm.fit(m) FROM unnest(ARRAY['none', 'one', 'two']) m;
SQL
traces=$(psql -X -A -t -c "SELECT ($events / avg(n_events))::bigint FROM none.traces WHERE run_id = 0")

# The private memory of a backend in MB while a statement runs, beyond what it had once its model was in memory.
measure() {
    local name=$1 warm=$2 statement=$3 pid start now peak=0
    exec 3> >(psql -X -q -A -t -o "$home/throughput.out" > "$home/throughput.time" 2>&1)
    {
        echo "SET client_min_messages = error;"
        echo "$warm"
        echo "SELECT pg_backend_pid() \\g $home/throughput.pid"
    } >&3
    until [ -s "$home/throughput.pid" ]; do sleep 0.05; done
    pid=$(tr -d ' \n' < "$home/throughput.pid")
    # Without a process of its own: what is measured needs the processors.
    private() {
        local key value rest
        now=
        while read -r key value rest; do [ "$key" = RssAnon: ] && now=$value; done 2> /dev/null < "/proc/$pid/status" || true
    }
    private && start=$now
    printf '%s\n' '\timing on' "$statement" '\timing off' "\\! touch $home/throughput.done" '\q' >&3
    exec 3>&-
    until [ -e "$home/throughput.done" ]; do
        private
        [ "${now:-0}" -gt "$peak" ] && peak=$now
        sleep 0.2
    done
    rm -f "$home/throughput.pid" "$home/throughput.done"
    grep -v '^Time' "$home/throughput.time" >&2 || true
    awk -v n="$name" -v e="$events" -v p="$peak" -v s="${start:-0}" \
        '/^Time: / {ms += $2} END {printf "| %-44s | %9.0f | %9.0f | %8.1f |\n", n, ms, e / ms * 1000, (p > s ? p - s : 0) / 1024}' \
        "$home/throughput.time"
}

say "$events events in $traces traces; $(nproc) cores, PostgreSQL $PG_MAJOR"
printf '| %-44s | %9s | %9s | %8s |\n' "statement" "ms" "events/s" "MB more"
printf '|%s|%s|%s|%s|\n' "$(printf '%.0s-' {1..46})" "----------:" "----------:" "---------:"
for model in none one two; do
    case $model in none) with="no parameters" ;; one) with="one parameter an event" ;; two) with="two parameters an event" ;; esac
    generate="SELECT count(*) FROM (SELECT logfsm.generate(generator, NUMBER, 1) FROM $model.model OFFSET 0) g;"
    [ "${ONLY:-generate}" != generate ] || measure "generate, $with" "${generate/NUMBER/100}" "${generate/NUMBER/$traces}"
    synthesize="BEGIN; SELECT logfsm.synthesize('$model', NUMBER, 1); ROLLBACK;"
    [ "${ONLY:-synthesize}" != synthesize ] || measure "synthesize, $with" "${synthesize/NUMBER/100}" "${synthesize/NUMBER/$traces}"
done
