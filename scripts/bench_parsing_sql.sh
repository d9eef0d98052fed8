#!/usr/bin/env bash
# Parsing through SQL on the lines of LOGFSM_DATA, repeated to LINES (a million): lines per second of each function in one
# backend, beside counting the lines and beside the core on the same lines in the same run. Medians of REPEATS.
source "$(dirname "$0")/lib.sh"
[ -n "${LOGFSM_DATA:-}" ] || fail "set LOGFSM_DATA to the directory of data sets"
"$top/scripts/setup.sh"
[ "${LOGFSM_INSTALLED:-}" = 1 ] || install_extension release

wanted=${LINES:-1000000} repeats=${REPEATS:-3}
work=$home/bench-parsing-sql
rm -rf "$work" && mkdir -p "$work"
(cd "$top" && cargo bench --quiet --bench parsing -- export "$work")
gzip -dc "$LOGFSM_DATA/hdfs_raw/HDFS_20000.log.gz" > "$work/HDFS_raw.txt"
start_cluster bench_parsing "shared_buffers = 1GB" "max_wal_size = 8GB" "fsync = off" "max_parallel_workers_per_gather = 0" \
    "autovacuum = off" "jit = off"
trap 'stop_cluster bench_parsing' EXIT
query() { psql -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }
query -c "CREATE EXTENSION logfsm" 2> /dev/null || query -c "CREATE SCHEMA logfsm; CREATE EXTENSION logfsm"

# load NAME FILE: the lines of a file, repeated, as a table; and the templates of its lines.
load() {
    query <<SQL
CREATE TABLE once (line text);
\\copy once from '$2' (format csv, delimiter E'\\x01', quote E'\\x02')
CREATE TABLE $1 AS SELECT line FROM once, generate_series(1, greatest(1, $wanted / (SELECT count(*) FROM once)));
DROP TABLE once;
CREATE TABLE $1_model AS SELECT logfsm.template_agg(line) AS templates FROM $1;
VACUUM ANALYZE $1;
SQL
}

median() { sort -n | awk '{v[NR] = $1} END {print (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }

# time_it TABLE NAME EXPRESSION: of every line.
time_it() {
    local i times=() lines
    lines=$(query -c "SELECT count(*) FROM $1")
    for i in $(seq "$repeats"); do
        times+=("$(query -o /dev/null <<SQL 2>&1 | awk '/^Time: / {print $2}'
SELECT count($3) FROM (SELECT line FROM $1 LIMIT 1) AS warm;
\\timing on
SELECT count($3) FROM $1;
SQL
)")
    done
    printf '%s\n' "${times[@]}" | median | awk -v t="$1" -v n="$2" -v l="$lines" '{printf "| %-9s | %-44s | %10.0f |\n", t, n, l / $1 * 1000}'
}

say "lines per second; medians of $repeats; PostgreSQL $PG_MAJOR"
printf '| %-9s | %-44s | %10s |\n|-----------|%s|-----------:|\n' lines statement "lines/s" "$(printf '%.0s-' {1..46})"
load hdfs "$work/HDFS_20000.txt"
load bgl "$work/BGL_5000.txt"
load hdfs_raw "$work/HDFS_raw.txt"
for lines in hdfs bgl; do
    templates="(SELECT templates FROM ${lines}_model)"
    time_it $lines "count(line)" "line"
    time_it $lines "template_id" "logfsm.template_id($templates, line)"
    time_it $lines "parse" "logfsm.parse($templates, line)"
    time_it $lines "read_line, no format (what fit calls)" "logfsm.read_line('{}', $templates, line)"
done
query -c "CREATE TABLE hdfs_raw_messages AS SELECT logfsm.template_agg((logfsm.parse_line(line, 'hdfs')).message) AS templates FROM hdfs_raw"
templates="(SELECT templates FROM hdfs_raw_messages)"
pattern='blk_-?\\d+'
time_it hdfs_raw "count(line)" "line"
time_it hdfs_raw "read_message, format hdfs (what fit mines)" "logfsm.read_message('{\"formats\": [\"hdfs\"]}', line)"
time_it hdfs_raw "read_line, format hdfs, block ids as keys" "logfsm.read_line('{\"formats\": [\"hdfs\"], \"trace_pattern\": \"$pattern\"}', $templates, line)"
say "the core on the same lines"
(cd "$top" && cargo bench --quiet --bench parsing -- speed)
