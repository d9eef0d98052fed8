#!/usr/bin/env bash
# In-database acceptance on real logs: each file of tests/acceptance is a psql script that fails where a number is off.
# The data come from the directory named by LOGFSM_DATA; without it the scripts are skipped, and that is said.
source "$(dirname "$0")/lib.sh"

passed=0 failed=0 skipped=0
if [ -z "${LOGFSM_DATA:-}" ] || [ ! -d "${LOGFSM_DATA:-}" ]; then
    skipped=$(find "$top/tests/acceptance" -name '*.sql' | wc -l)
    say "LOGFSM_DATA is not set: $skipped acceptance scripts on shared data are skipped"
else
    start_cluster acceptance "fsync = off" "max_wal_size = 4GB" "shared_buffers = 256MB"
    trap 'stop_cluster acceptance' EXIT
    for script in "$top"/tests/acceptance/*.sql; do
        name=$(basename "$script" .sql)
        createdb "$name"
        if (cd "$top" && psql -X -q -v ON_ERROR_STOP=1 -v data="$LOGFSM_DATA" -d "$name" -f "$script") > "$home/acceptance-$name.log" 2>&1; then
            passed=$((passed + 1)) && echo "ok    acceptance/$name"
        else
            failed=$((failed + 1)) && echo "FAIL  acceptance/$name" && tail -n 20 "$home/acceptance-$name.log"
        fi
    done
fi
echo "acceptance: $passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
