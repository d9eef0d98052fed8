#!/usr/bin/env bash
# Every test: the core without Postgres, in-database tests, pg_regress, several sessions at once, cancelling, a standby,
# rights, attacks, several nodes, watches under load, the README's examples, the demo, server logs, acceptance on shared data.
# Each part prints what it ran; the last line sums up.
source "$(dirname "$0")/lib.sh"
"$top/scripts/setup.sh"

passed=0 failed=0 skipped=0 summary=()

# Adds up "N WORD" in a file: count WORD FILE. None is 0.
count() { { grep -oE "[0-9]+ $1" "$2" || true; } | awk '{n += $1} END {print n + 0}'; }

# Runs a part and adds up its cargo or "N passed, M failed" lines: part NAME COMMAND …
part() {
    local name=$1 log=$home/test-$1.log status=0 p f s
    shift
    say "$name"
    set +e
    "$@" 2>&1 | tee "$log" | grep -vE '^ +(Compiling|Checking|Running|Downloaded|Downloading|Finished|Doc-tests)|^$'
    status=${PIPESTATUS[0]}
    set -e
    p=$(count passed "$log") f=$(count failed "$log") s=$(count '(skipped|ignored)' "$log")
    if [ "$status" != 0 ] && [ "$f" = 0 ]; then f=1; fi
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    summary+=("$(printf '%-12s %5d passed %4d failed %4d skipped' "$name" "$p" "$f" "$s")")
}

in_database() {
    local run_as=()
    server_directory "$home/server"
    mkdir -p "$home/pgrx-test"
    if [ "$(id -u)" = 0 ]; then
        chown postgres: "$home/pgrx-test"
        run_as=(--runas postgres)
    fi
    chmod 755 "$home"
    (cd "$top" && env -u RUST_BACKTRACE cargo pgrx test "pg$PG_MAJOR" --no-default-features "${run_as[@]}" --pgdata "$home/pgrx-test/data" -- in_database)
}

cd "$top"
part core cargo test --quiet --no-fail-fast
part in-database in_database
install_extension debug
part regress "$top/scripts/regress.sh"
part sessions "$top/scripts/sessions.sh"
part cancel env LOGFSM_INSTALLED=1 ROUNDS=22 EVENTS=100000 BUFFERS=128MB "$top/scripts/cancel.sh"
part standby "$top/scripts/standby.sh"
part security "$top/scripts/security.sh"
part attack env LOGFSM_INSTALLED=1 "$top/scripts/attack.sh" short
part nodes "$top/scripts/nodes.sh"
part watchers "$top/scripts/watchers.sh"
part readme "$top/scripts/readme.sh"
part demo "$top/scripts/demo_test.sh"
part server-logs "$top/scripts/server_logs.sh"
part acceptance "$top/scripts/acceptance.sh"

say "Summary"
printf '%s\n' "${summary[@]}"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
