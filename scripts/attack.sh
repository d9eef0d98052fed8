#!/usr/bin/env bash
# Attacks: random, mutated and hostile calls of everything that the extension offers, with an eye on crashes, internal
# errors, memory beyond logfsm.memory_limit and calls that do not end. Parts are the files tests/attack/*.sh; each gets
# the cluster in PGHOST and PGPORT, and CALLS.
#
#   scripts/attack.sh [short | PART …]      # short: some minutes, for `make test`; otherwise 200,000 calls
#
# CALLS sets how many random calls of a kind are made, SEED what they are.
source "$(dirname "$0")/lib.sh"
[ "${LOGFSM_INSTALLED:-}" = 1 ] || { "$top/scripts/setup.sh"; install_extension release; }

parts=() short=
for argument in "$@"; do
    case $argument in
        short) short=yes ;;
        *) parts+=("$argument") ;;
    esac
done
if [ "${#parts[@]}" = 0 ]; then
    for file in "$top"/tests/attack/*.sh; do
        file=${file##*/}
        parts+=("${file%.sh}")
    done
fi
if [ -n "$short" ]; then export SHORT=yes CALLS=${CALLS:-500}; else export CALLS=${CALLS:-100000}; fi
export SEED=${SEED:-1}

start_cluster attack "fsync = off" "log_min_messages = panic" "autovacuum = off" "max_connections = 20" "restart_after_crash = on"
trap 'stop_cluster attack' EXIT
export PATH=$bin:$PATH

passed=0 failed=0
for part in "${parts[@]}"; do
    [ -f "$top/tests/attack/$part.sh" ] || fail "there is no attack $part in tests/attack"
    say "attack: $part"
    if bash "$top/tests/attack/$part.sh"; then
        passed=$((passed + 1)) && echo "ok    attack/$part"
    else
        failed=$((failed + 1)) && echo "FAIL  attack/$part"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
