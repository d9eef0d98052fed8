#!/usr/bin/env bash
# The pg_regress suite: what a user sees in psql. Runs it in a temporary instance of the private Postgres, as root or as
# an ordinary user; the extension must be installed there already.
#
#   scripts/regress.sh [--update] [test …]      # all tests, or those named; --update takes the results as expected
source "$(dirname "$0")/lib.sh"

update=
tests=()
for argument in "$@"; do
    case $argument in
        --update) update=yes ;;
        -*) fail "unknown option $argument; usage: regress.sh [--update] [test …]" ;;
        *) argument=${argument##*/}; tests+=("${argument%.sql}") ;;
    esac
done

suite=$top/tests/pg_regress
export LC_ALL=C
if [ "${#tests[@]}" = 0 ]; then
    for file in "$suite"/sql/*.sql; do
        file=${file##*/}
        tests+=("${file%.sql}")
    done
fi
for test in "${tests[@]}"; do
    [ -f "$suite/sql/$test.sql" ] || fail "there is no test $test in $suite/sql"
done

pg_regress=$prefix/lib/postgresql/$PG_MAJOR/lib/pgxs/src/test/regress/pg_regress
[ -x "$bin/postgres" ] || fail "there is no private Postgres in $prefix: run scripts/setup.sh"
[ -x "$pg_regress" ] || fail "$pg_regress is missing: install postgresql-server-dev-$PG_MAJOR"
[ -f "$prefix/share/postgresql/$PG_MAJOR/extension/logfsm.control" ] || fail "logfsm is not installed in $prefix"

# The server's user may not be able to read the checkout, so it gets a copy.
work=$home/regress.$$
cleanup() { rm -rf "$work"; }
trap cleanup EXIT
server_directory "$home/server"
mkdir -p "$work"
cp -R "$suite" "$work/input"
mkdir -p "$work/input/expected"
for test in "${tests[@]}"; do
    # A test without expected output yet fails with all of its output as the difference.
    [ -f "$work/input/expected/$test.out" ] || : > "$work/input/expected/$test.out"
done
mkdir -p "$work/output"
# Each test runs in a database of its own, "regress", copied from the one that pg_regress prepares.
cat > "$work/launch" <<'END'
#!/bin/sh
psql -X -q -d postgres -c 'SET client_min_messages = error' -c 'DROP DATABASE IF EXISTS regress WITH (FORCE)' \
    -c 'CREATE DATABASE regress TEMPLATE regression' || exit 2
for argument; do
    shift
    [ "$argument" != regression ] || argument=regress
    set -- "$@" "$argument"
done
exec "$@"
END
chmod 755 "$work/launch"
printf '%s\n' "max_worker_processes = 16" "fsync = off" "jit = off" "log_min_messages = error" "statement_timeout = 60s" > "$work/temp.conf"
if [ "$(id -u)" = 0 ]; then chown -R postgres: "$work"; fi
chmod -R go-rwx "$work"

status=0
as_server env -u PGHOST -u PGPORT -u PGDATABASE -u PGOPTIONS PATH="$bin:$PATH" "$pg_regress" \
    --bindir="$bin" --inputdir="$work/input" --outputdir="$work/output" --temp-instance="$work/instance" \
    --temp-config="$work/temp.conf" --encoding=UTF8 --no-locale --dbname=regression --load-extension=logfsm --launcher="$work/launch" \
    "${tests[@]}" 2>&1 | tee "$work/summary" || status=$?

if [ -n "$update" ]; then
    for test in "${tests[@]}"; do
        if [ -f "$work/output/results/$test.out" ]; then cp "$work/output/results/$test.out" "$suite/expected/$test.out"; fi
    done
elif [ -f "$work/output/regression.diffs" ]; then
    sed -e "s|$work/input|tests/pg_regress|; s|$work/output|.|" "$work/output/regression.diffs"
fi
if [ "$status" != 0 ] && ! grep -qE '^(test|ok|not ok) ' "$work/summary"; then
    tail -n 40 "$work/output/log/"*.log "$work/input/log/"*.log 2> /dev/null || true
fi
# PostgreSQL 15 says "test name ... ok 12 ms", later ones "ok 1 - name 12 ms".
passed=$(grep -cE '^(test .*\.\.\. +ok |ok +[0-9]+ +[-+] )' "$work/summary" || true)
failed=$((${#tests[@]} - passed))
echo "regress: $passed passed, $failed failed"
[ "$status" = 0 ] && [ "$failed" = 0 ]
