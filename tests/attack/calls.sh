#!/usr/bin/env bash
# Random, mutated and hostile calls: see attack.py. The short form leaves out the automata that were built to hurt, and
# does not look at how long calls take: that depends on the machine.
set -euo pipefail
here=$(dirname "$0")
command -v python3 > /dev/null || { echo "python3 is missing: 1 skipped"; exit 0; }
psql -X -q -d postgres -c "CREATE DATABASE attack"
psql -X -q -v ON_ERROR_STOP=1 -d attack -c "CREATE EXTENSION logfsm" -f "$here/seed.sql" > /dev/null
export PYTHONDONTWRITEBYTECODE=1
if [ "${SHORT:-}" = yes ]; then
    exec python3 "$here/attack.py" --host "$PGHOST" --port "$PGPORT" --seed "$SEED" --calls "$CALLS" --mutants 20 --modes mixed,accepted,models
fi
exec python3 "$here/attack.py" --host "$PGHOST" --port "$PGPORT" --seed "$SEED" --calls "$CALLS" --mutants 200 --size 20000 --slack 2 --verbose
