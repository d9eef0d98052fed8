#!/usr/bin/env bash
# The demo as a user runs it, with the extension as installed: is the run accepted, are those and only those sessions
# found that misbehave, is the picture drawn, does the watch see what came later?
source "$(dirname "$0")/lib.sh"

log=$home/demo.log passed=0 failed=0
LOGFSM_INSTALLED=1 "$top/scripts/demo.sh" > "$log" 2>&1 || { tail -n 40 "$log"; fail "the demo failed; see $log"; }
# expect NAME PATTERN [not]
expect() {
    local found=no
    if grep -qE "$2" "$log"; then found=yes; fi
    if [ "$found" = "${3:-yes}" ]; then
        passed=$((passed + 1)) && echo "ok    demo/$1"
    else
        failed=$((failed + 1)) && echo "FAIL  demo/$1: see $log"
    fi
}
expect run_is_accepted 'rejected|ERROR' no
# A slow machine may add a session or two that took too long.
expect faults_are_found '^ +1650 \| +(1[3-9]|2[0-9])$'
for fault in 'database "vault" does not exist' 'role "nobody"' 'password authentication failed' 'deadlock detected' 'duplicate key value' \
    'violates not-null constraint' '"pgbench_acounts" does not exist' 'statement timeout' 'administrator command'; do
    expect "found: $fault" "^ +[0-9.]+ \| [0-9a-f.]+ \| .*$fault"
done
expect picture_is_drawn 'postgres-session.svg: [1-9][0-9]*K'
expect watch_flags_what_is_new '^ [0-9a-f.]+ \| .*DELETE FROM pgbench_history'
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
