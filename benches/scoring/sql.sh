#!/usr/bin/env bash
# Events per second of score, align and explain through SQL, one backend, no parallel workers: on HDFS (LOGFSM_DATA), whose
# traces have no times, and on generated traces with times. Medians of REPEATS, in one run, beside reading the traces
# and beside pm4py's alignments (PyPI) of the same anomalies to the same machine.
#
#   [REPEATS=5] [ONLY_SCORE=1] benches/scoring/sql.sh
source "$(dirname "$0")/../../scripts/lib.sh"
[ -n "${LOGFSM_DATA:-}" ] || fail "set LOGFSM_DATA to the directory with hdfs/hdfs_logdeep_sequences.csv.gz"
"$top/scripts/setup.sh"
[ "${LOGFSM_INSTALLED:-}" = 1 ] || install_extension release

repeats=${REPEATS:-5}
start_cluster bench-score "shared_buffers = 512MB" "work_mem = 256MB" "fsync = off" "autovacuum = off" "jit = off" "max_parallel_workers_per_gather = 0"
trap 'stop_cluster bench-score' EXIT
query() { psql -X -q -A -t -v ON_ERROR_STOP=1 -c "SET client_min_messages = error" -c "$1"; }
query "CREATE EXTENSION logfsm"
query "CREATE TABLE hdfs (trace_id text, source_file text, label text, event_ids text)"
zcat "$LOGFSM_DATA/hdfs/hdfs_logdeep_sequences.csv.gz" | psql -X -q -v ON_ERROR_STOP=1 -c "COPY hdfs FROM STDIN CSV HEADER"
query "
CREATE TABLE traces (source text, trace logfsm.trace);
ALTER TABLE traces ALTER trace SET STORAGE MAIN;
INSERT INTO traces
SELECT CASE WHEN source_file = 'hdfs_train' THEN 'train' WHEN source_file = 'hdfs_test_abnormal' THEN 'anomalies' ELSE 'normals' END,
       (SELECT logfsm.trace_agg(e, n) FROM unnest(string_to_array(event_ids, ' ')) WITH ORDINALITY u (e, n))
FROM hdfs WHERE source_file IN ('hdfs_train', 'hdfs_test_abnormal') OR (source_file LIKE 'robust%' AND label = '0');
-- Each trace some times, so that a statement takes long enough; and a shop's traces, every one with times of its own.
INSERT INTO traces SELECT source, trace FROM traces CROSS JOIN generate_series(1, 9) WHERE source <> 'train';
INSERT INTO traces
SELECT CASE WHEN t <= 10000 THEN 'train with times' ELSE 'with times' END,
       logfsm.trace_agg(CASE WHEN i = 0 THEN 'login' WHEN i = 19 THEN 'logout' WHEN i = 18 THEN 'pay'
                             ELSE (ARRAY['view', 'view', 'search', 'add', 'view', 'remove', 'compare', 'review'])[1 + (hashint8(t * 31 + i) & 7)] END,
                        timestamptz '2026-01-01' + t * interval '1 s' + i * interval '200 ms' + (hashint8(t + i) & 65535) * interval '1 us')
FROM generate_series(1::bigint, 110000) t, generate_series(0, 19) i GROUP BY t;
CREATE TABLE machines (source text, automaton logfsm.automaton);
INSERT INTO machines SELECT source, logfsm.infer(logfsm.prefix_tree_agg(trace)) FROM traces WHERE source LIKE 'train%' GROUP BY source;
ANALYZE"

say "Events per second through SQL, one backend; medians of $repeats; PostgreSQL $PG_MAJOR, $(nproc) cores"
printf '| %-34s | %-12s | %10s | %8s |\n' "statement" "traces" "M events/s" "wanted"
printf '|%s|%s|%s|%s|\n' "$(printf '%.0s-' {1..36})" "$(printf '%.0s-' {1..14})" "-----------:" "---------:"
# rate NAME EXPRESSION SOURCE WANTED [LIMIT]: events a second of an expression over the traces of a source.
rate() {
    local events ms i learned=train limit=${5:+LIMIT $5}
    [ "$3" = "with times" ] && learned='train with times'
    query "DROP TABLE IF EXISTS chosen; CREATE TABLE chosen AS SELECT trace FROM traces WHERE source = '$3' $limit; ANALYZE chosen"
    events=$(query "SELECT sum(logfsm.length(trace)) FROM chosen")
    ms=$(for i in $(seq "$repeats"); do
        psql -X -q -A -t -v ON_ERROR_STOP=1 -o /dev/null -c '\timing on' -c "SELECT $2 FROM chosen, machines m WHERE m.source = '$learned'" | awk '/^Time: / {print $2}'
    done | sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}')
    printf '| %-34s | %-12s | %10s | %8s |\n' "$1" "$3" "$(awk -v e="$events" -v ms="$ms" 'BEGIN {printf "%.3f", e / ms / 1000}')" "$4"
}
for source in normals anomalies 'with times'; do
    rate "read the traces" "sum(logfsm.length(trace))" "$source" ""
    rate "score" "sum(logfsm.score(m.automaton, trace))" "$source" 1
done
[ "${ONLY_SCORE:-0}" = 1 ] && exit
rate "align" "count((SELECT sum(cost) FROM logfsm.align(m.automaton, trace)))" normals 0.1 20000
rate "align" "count((SELECT sum(cost) FROM logfsm.align(m.automaton, trace)))" anomalies 0.1 20000
rate "explain" "count((SELECT sum(contribution) FROM logfsm.explain(m.automaton, trace)))" anomalies "" 5000

venv=$home/pm4py
if [ ! -x "$venv/bin/python" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet pm4py
fi
query "SELECT json_build_object(
    'transitions', (SELECT json_agg(json_build_array(t.src, t.event, t.dst)) FROM machines m, LATERAL logfsm.transitions(m.automaton) t WHERE m.source = 'train'),
    'ends', (SELECT json_agg(s.state_id) FROM machines m, LATERAL logfsm.states(m.automaton) s WHERE m.source = 'train' AND s.stops > 0),
    'traces', (SELECT json_agg(events) FROM (SELECT (SELECT json_agg(e.event ORDER BY e.seq) FROM logfsm.events(c.trace) e) AS events FROM traces c WHERE source = 'anomalies' LIMIT 100) l))" > "$home/align.json"
"$venv/bin/python" "$top/benches/scoring/align_peer.py" "$home/align.json"
