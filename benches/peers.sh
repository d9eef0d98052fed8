#!/usr/bin/env bash
# Ours beside others on the same rows, in one run: the SQL floor, DuckDB, pm4py and AALpy (PyPI), on HDFS-like events
# sampled from LOGFSM_DATA, at sizes that grow to EVENTS. Writes benches/RESULTS.md.
# SIZES sets the numbers of traces (122 thousand, 220 thousand, 2.2 million, 12.6 million and 50 million events, and
# doublings between), REPEATS how often each statement runs (the median counts).
source "$(dirname "$0")/../scripts/lib.sh"
[ -n "${LOGFSM_DATA:-}" ] || fail "set LOGFSM_DATA to the directory with hdfs/hdfs_loghub_sequences.csv.gz"
"$top/scripts/setup.sh"
[ "${LOGFSM_INSTALLED:-}" = 1 ] || install_extension release

venv=$home/venv
if [ ! -x "$venv/bin/python" ]; then
    say "Installing DuckDB, pm4py, AALpy and psycopg from PyPI into $venv"
    python3 -m venv "$venv" || fail "python3-venv is needed for this bench"
fi
"$venv/bin/pip" install --quiet duckdb pm4py aalpy "psycopg[binary]" pandas pyarrow

start_cluster peers "shared_buffers = 1GB" "work_mem = 64MB" "maintenance_work_mem = 256MB" "max_wal_size = 16GB" "fsync = off" "autovacuum = off" "jit = off"
# Its tables take 20 GB: they do not stay.
trap 'stop_cluster peers; rm -rf "$home/peers"' EXIT
"$venv/bin/python" "$top/benches/peers.py" --sequences "$LOGFSM_DATA/hdfs/hdfs_loghub_sequences.csv.gz" \
    --sizes "${SIZES:-6400,11500,20312,40625,81250,115000,162500,325000,650000,2580000}" --repeats "${REPEATS:-1}" --work "$home" --out "$top/benches/RESULTS.md"
