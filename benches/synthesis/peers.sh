#!/usr/bin/env bash
# Our generator beside those of pm4py and SDV (PyPI) in one run: all learn from the same half of the normal HDFS
# sequences of LOGFSM_DATA and are compared with the other half. Prints one table.
# TRACES sets how many traces the others make (200), EPOCHS what PAR is trained for (its full-batch steps take about half
# a minute each on two cores; SDV's default of 128 takes an hour), ONLY which of them run.
source "$(dirname "$0")/../../scripts/lib.sh"
[ -n "${LOGFSM_DATA:-}" ] || fail "set LOGFSM_DATA to the directory with hdfs/hdfs_loghub_sequences.csv.gz"

venv=${VENV:-$home/venv-synthesis} work=$home/peers-synthesis
if [ ! -x "$venv/bin/python" ]; then
    say "Installing pm4py and SDV from PyPI into $venv"
    python3 -m venv "$venv" || fail "python3-venv is needed for this bench"
    "$venv/bin/pip" install --quiet pm4py sdv
fi
mkdir -p "$work"
bench() { (cd "$top" && cargo bench --quiet --bench synthesis -- "$1" "$work"); }
bench peers-export
"$venv/bin/python" "$top/benches/synthesis/peers.py" "$work" --traces "${TRACES:-200}" --epochs "${EPOCHS:-8}" --only "${ONLY:-dfg,stochastic,hma,par}"
"$venv/bin/pip" list 2> /dev/null | grep -E '^(pm4py|sdv|torch) '
bench peers
