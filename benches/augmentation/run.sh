#!/usr/bin/env bash
# The augmentation study: installs the extension into the private prefix, starts a private cluster, runs study.py.
# benches/augmentation/run.sh [--log hdfs|adfa] [--seeds n] [--sizes i …]; needs LOGFSM_DATA.
source "$(dirname "$0")/../../scripts/lib.sh"
[ -n "${LOGFSM_DATA:-}" ] || fail "set LOGFSM_DATA to the directory of data sets"
venv=${VENV:-$home/venv-augmentation}
if [ ! -x "$venv/bin/python" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet numpy scikit-learn 'psycopg[binary]'
fi
[ "${LOGFSM_INSTALLED:-0}" = 1 ] || install_extension release
trap 'stop_cluster augmentation' EXIT
start_cluster augmentation "fsync = off" "autovacuum = off"
"$bin/psql" -Xqc "CREATE EXTENSION logfsm"
"$venv/bin/python" "$top/benches/augmentation/study.py" "$@"
