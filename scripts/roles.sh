#!/usr/bin/env bash
# Roles against each other: for every hostile object in tests/attack/roles, in a database of its own, every entry point
# of layer 2 is called by every role. Code of a hostile role must run as that role only; no call may crash the server,
# raise an internal error or wait for the hostile role.
#
#   scripts/roles.sh [object …]      # all hostile objects, or those named
#
# An object is a psql script. Its first line says who makes it: "-- owner" (of model and source), "-- source" (of a
# source that another role made a model of) or "-- superuser"; further words on that line are settings of the case:
# "hold" keeps the script's session open, with its locks, while the calls run; with "listing" only models are listed.
source "$(dirname "$0")/lib.sh"

suite=$top/tests/attack/roles
objects=()
for argument in "$@"; do argument=${argument##*/}; objects+=("${argument%.sql}"); done
if [ "${#objects[@]}" = 0 ]; then
    for file in "$suite"/*.sql; do file=${file##*/}; objects+=("${file%.sql}"); done
fi

passed=0 failed=0
ok() { passed=$((passed + 1)) && echo "ok    roles/$1"; }
bad() { failed=$((failed + 1)) && printf 'FAIL  roles/%s: %s\n' "$1" "$2"; }

start_cluster roles "fsync = off" "log_min_messages = error" "log_line_prefix = '%d|%u|'" "max_connections = 40" "autovacuum = off" "statement_timeout = 10s"
work=$(mktemp -d)
holder=
trap '[ -z "$holder" ] || kill "$holder" 2> /dev/null || true; rm -rf "$work"; stop_cluster roles' EXIT

run_as() { # ROLE DATABASE FILE: prints what psql prints
    PGOPTIONS="-c client_min_messages=error" psql -X -q -A -t -v VERBOSITY=verbose -U "$1" -d "$2" -f "$3" 2>&1
}

# Two databases to copy: in one "hostile" owns model and source; in the other it owns the source of a model of "victim".
psql -X -q -v ON_ERROR_STOP=1 -f "$suite/setup/roles.sql"
for case in owner source; do
    createdb -O postgres "base_$case" 2> /dev/null || psql -X -q -c "CREATE DATABASE base_$case"
    for part in trap log "$case"; do
        psql -X -q -v ON_ERROR_STOP=1 -d "base_$case" -f "$suite/setup/$part.sql" > "$work/setup.out" 2>&1 || { cat "$work/setup.out"; fail "the set-up of the $case case failed"; }
    done
done

# Every function with a model's name among its arguments is called by the matrix.
psql -X -q -A -t -d base_owner -c "SELECT DISTINCT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = 'logfsm' AND 'model' = ANY (p.proargnames) AND p.prokind = 'f' ORDER BY 1" > "$work/names"
missing=
while read -r name; do
    grep -q "logfsm\.$name *(" "$suite"/setup/calls.sql || missing+=" $name"
done < "$work/names"
if [ -z "$missing" ]; then ok "every entry point is called"; else bad "every entry point is called" "not called:$missing"; fi

log=$cluster/server.out
for object in "${objects[@]}"; do
    script=$suite/$object.sql
    [ -f "$script" ] || { bad "$object" "there is no such script"; continue; }
    read -r _ case settings < "$script" || true
    maker=hostile base=owner
    [ "$case" != superuser ] || maker=postgres
    [ "$case" != source ] || base=source
    database=case_$object
    psql -X -q -c "DROP DATABASE IF EXISTS $database WITH (FORCE)" -c "CREATE DATABASE $database TEMPLATE base_$base" 2> /dev/null
    psql -X -q -c "GRANT CREATE, TEMPORARY ON DATABASE $database TO hostile, victim"
    before=$(as_server wc -c < "$log")
    if [[ $settings == *hold* ]]; then
        (cat "$script"; echo "SELECT pg_sleep(600);") > "$work/hold.sql"
        PGOPTIONS="-c statement_timeout=0" psql -X -q -U "$maker" -d "$database" -f "$work/hold.sql" > "$work/$object.made" 2>&1 &
        holder=$!
        sleep 0.5
    else
        run_as "$maker" "$database" "$script" > "$work/$object.made" || true
    fi
    if grep -q "ERROR:" "$work/$object.made"; then sed 's/^/      /' "$work/$object.made"; bad "$object" "the hostile object cannot be made"; fi

    problems=
    for role in postgres victim hostile reader inserter stranger; do
        calls=$suite/setup/calls.sql
        if [[ $settings == *listing* ]]; then
            calls=$work/calls.sql
            grep -E "^\\\\set|logfsm\.(list_)?models" "$suite/setup/calls.sql" > "$calls"
        fi
        run_as "$role" "$database" "$calls" > "$work/out" || true
        sed 's/^/      /' "$work/out" > "$work/$object.$role"
        if grep -qE "server closed the connection|terminating connection" "$work/out"; then
            problems+=$'\n'"the server crashed when $role called"
            for _ in $(seq 100); do psql -X -q -c "SELECT 1" > /dev/null 2>&1 && break; sleep 0.1; done
        fi
        internal=$(grep -oE "ERROR:  XX[0-9A-Z]{3}: .*" "$work/out" | sort -u | head -n 3 || true)
        [ -z "$internal" ] || problems+=$'\n'"internal error when $role called: $internal"
        waited=$(grep -c "ERROR:  57014" "$work/out" || true)
        [ "$waited" = 0 ] || problems+=$'\n'"$waited calls of $role ran into the statement timeout"
    done
    if [ -n "$holder" ]; then kill "$holder" 2> /dev/null || true; wait "$holder" 2> /dev/null || true; holder=; fi

    # "TRAP" lines say as whom code of "hostile" ran. An inserter runs what belongs to the table itself, as always in Postgres.
    sprung=$(as_server tail -c "+$((before + 1))" "$log" | grep -aoE "^$database\|[a-z]+\|LOG:  TRAP [a-z]+ .*" | sed -E 's/^[^|]*\|([a-z]+)\|LOG:  TRAP ([a-z]+) (.*)/\1 \2 \3/' \
        | awk '$2 != "hostile" && !($3 == "table" && $1 == $2)' | sort | uniq -c | sort -rn | head -n 6 || true)
    [ -z "$sprung" ] || problems+=$'\n'"code of hostile ran as others (count, session, role, where):"$'\n'"$sprung"
    super=$(psql -X -q -A -t -c "SELECT rolname FROM pg_roles WHERE rolsuper AND rolname <> 'postgres'" 2>&1 || true)
    if [ -n "$super" ]; then
        problems+=$'\n'"became superuser: $super"
        psql -X -q -c "ALTER ROLE hostile NOSUPERUSER" || true
    fi
    if [ -z "$problems" ]; then ok "$object"; else bad "$object" "$problems"; fi
    [ -n "${LOGFSM_KEEP:-}" ] || psql -X -q -c "DROP DATABASE IF EXISTS $database WITH (FORCE)" 2> /dev/null || true
    if [ -n "${LOGFSM_KEEP:-}" ]; then mkdir -p "$LOGFSM_KEEP"; cp "$work/$object".* "$LOGFSM_KEEP/"; fi
done
echo "roles: $passed passed, $failed failed"
[ "$failed" = 0 ]
