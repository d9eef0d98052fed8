#!/usr/bin/env bash
# Boundaries between roles that need several sessions, and docs/security.md beside the catalog: each entry point of the
# extension has its row there, and each row its entry point.
source "$(dirname "$0")/lib.sh"

passed=0 failed=0
start_cluster security "fsync = off" "log_min_messages = fatal"
trap 'kill "${holders[@]}" 2> /dev/null || true; stop_cluster security' EXIT
holders=()

ok() { passed=$((passed + 1)) && echo "ok    security/$1"; }
bad() { failed=$((failed + 1)) && printf 'FAIL  security/%s: %s\n' "$1" "$2"; }
psql=("$bin/psql" -X -q -A -t -v ON_ERROR_STOP=1 -v VERBOSITY=verbose)
query() { "${psql[@]}" -c "SET client_min_messages = error; SET statement_timeout = '20s'" "${@/#/-c}"; }
# expect NAME WANT SQL …: the last statement's result is WANT.
expect() {
    local name=$1 want=$2 got
    shift 2
    got=$(query "$@" 2>&1 | tail -n 1 || true)
    if [ "$got" = "$want" ]; then ok "$name"; else bad "$name" "got '$got', want '$want'"; fi
}
# Keeps a session with a transaction open: hold SQL.
hold() {
    "${psql[@]}" -c "BEGIN" -c "$1" -c "SELECT pg_sleep(120)" > /dev/null 2>&1 &
    holders+=($!)
    local i
    for i in $(seq 100); do
        [ "$("${psql[@]}" -c "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND pid <> pg_backend_pid()")" = "${#holders[@]}" ] && return 0
        sleep 0.1
    done
    fail "no session holds: $1"
}

# The entry points: what the extension has in the catalog, and what docs/security.md lists.
query "CREATE EXTENSION logfsm" > /dev/null
"${psql[@]}" > "$home/security.catalog" <<'SQL'
SELECT DISTINCT CASE
    WHEN p.proname ~ '_(in|out|recv|send)$' AND EXISTS (SELECT FROM pg_type t WHERE p.oid IN (t.typinput, t.typoutput, t.typreceive, t.typsend))
        THEN 'input and output of ' || regexp_replace(p.proname, '_(in|out|recv|send)$', '')
    WHEN EXISTS (SELECT FROM pg_aggregate a WHERE p.oid IN (a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn))
        THEN 'parts of aggregates'
    WHEN EXISTS (SELECT FROM pg_operator o WHERE o.oprcode = p.oid) OR EXISTS (SELECT FROM pg_amproc a WHERE a.amproc = p.oid)
        THEN 'operators and operator classes'
    WHEN EXISTS (SELECT FROM pg_cast c WHERE c.castfunc = p.oid) THEN 'casts'
    ELSE p.proname || '(' || regexp_replace(regexp_replace(pg_get_function_identity_arguments(p.oid), 'logfsm\.', '', 'g'), ', OUT .*', '') || ')' END
FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass AND e.extname = 'logfsm'
JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
UNION SELECT 'view ' || c.relname FROM pg_class c WHERE c.relnamespace = 'logfsm'::regnamespace AND c.relkind = 'v';
SQL
LC_ALL=C sort -u "$home/security.catalog" -o "$home/security.catalog"
# Rows of the table between its two marks; a first cell may list several, each in backticks.
sed -n '/<!-- entry points -->/,/<!-- end of entry points -->/p' "$top/docs/security.md" | { grep '^| `' || true; } | cut -d '|' -f 2 \
    | grep -o '`[^`]*`' | tr -d '`' | LC_ALL=C sort > "$home/security.listed"
twice=$(uniq -d "$home/security.listed")
if [ -z "$twice" ]; then ok no_entry_point_is_listed_twice; else bad no_entry_point_is_listed_twice "$twice"; fi
missing=$(LC_ALL=C comm -23 "$home/security.catalog" "$home/security.listed")
if [ -z "$missing" ]; then ok every_entry_point_has_a_row; else bad every_entry_point_has_a_row "$missing"; fi
gone=$(LC_ALL=C comm -13 "$home/security.catalog" <(uniq "$home/security.listed"))
if [ -z "$gone" ]; then ok every_row_has_an_entry_point; else bad every_row_has_an_entry_point "$gone"; fi

query "CREATE ROLE owner; CREATE ROLE stranger; CREATE ROLE reader; GRANT CREATE ON DATABASE postgres TO owner, stranger;
       CREATE TABLE log AS SELECT i::text AS id, e AS event, timestamptz '2026-01-01' + i * interval '1 min' + o * interval '1 s' AS at
       FROM generate_series(1, 20) i, unnest(array['open', 'read', 'close']) WITH ORDINALITY u (e, o);
       GRANT SELECT ON log TO PUBLIC;
       SET ROLE owner;
       CREATE SCHEMA place;
       SELECT logfsm.create_model('m', source => 'log', trace => 'id', event => 'event', at => 'at', schema => 'place');
       SELECT logfsm.create_model('n', source => 'log', trace => 'id', event => 'event', at => 'at');
       GRANT USAGE ON SCHEMA place, n TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA place TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA n TO reader;
       SET ROLE stranger;
       CREATE SCHEMA other;
       CREATE TABLE other.model OF logfsm.model_info;
       INSERT INTO other.model (name, source, events, fits) VALUES ('n', 'log', 'table', 0);
       SELECT logfsm.create_model('m', source => 'log', trace => 'id', event => 'event', at => 'at');
       GRANT USAGE ON SCHEMA other, m TO PUBLIC; GRANT SELECT ON other.model TO PUBLIC; GRANT SELECT ON ALL TABLES IN SCHEMA m TO PUBLIC" > /dev/null

# Strangers hold locks on what looks like a model: nobody waits for them.
hold "SET ROLE stranger; LOCK TABLE other.model, m.model"
for role in owner reader postgres; do
    expect "listing_passes_over_what_is_locked_for_$role" "n" "SET ROLE $role" "SELECT string_agg(name, ' ' ORDER BY name) FROM logfsm.models WHERE schema <> 'place'"
done
expect own_model_is_found 20 "SET ROLE owner" "SELECT traces FROM logfsm.fit('m')"
expect own_model_of_the_schema_is_found 20 "SET ROLE owner" "SELECT traces FROM logfsm.fit('n')"
expect a_superuser_finds_models 20 "SELECT traces FROM logfsm.fit('n')"
expect readers_read 4 "SET ROLE reader" "SELECT count(*) FROM logfsm.explain('n', '1')"
expect a_reader_does_not_wait_for_strangers 4 "SET ROLE reader" "SELECT count(*) FROM logfsm.explain('m', '1')"
nowhere=$(query "SELECT logfsm.fit('nowhere')" 2>&1 || true)
if grep -q 42704 <<< "$nowhere"; then ok a_name_that_nobody_has; else bad a_name_that_nobody_has "$nowhere"; fi

# A temporary table of another session, and rows that would fill memory.
hold "CREATE TEMP TABLE model OF logfsm.model_info; INSERT INTO model (name, source, events, fits) VALUES ('t', 'x', 'table', 0); GRANT SELECT ON model TO PUBLIC"
expect listing_passes_over_temporary_tables f "SELECT bool_or(schema LIKE 'pg\_temp%') FROM logfsm.models"
query "SET ROLE stranger; CREATE SCHEMA large; CREATE TABLE large.model OF logfsm.model_info; GRANT USAGE ON SCHEMA large TO PUBLIC;
       INSERT INTO large.model (name, source, events, fits, parse_settings, trace_pattern)
       VALUES ('l', repeat('x', 100000000), 'table', 0, '{}', NULL); GRANT SELECT ON large.model TO PUBLIC" > /dev/null
expect listing_passes_over_rows_of_no_model f "SELECT bool_or(name = 'l') FROM logfsm.models"
# fit waits for a lock as long as the session says.
hold "SET ROLE owner; SELECT count(*) FROM n.traces"
started=$(date +%s%N)
waited=$(query "SET ROLE owner" "SET lock_timeout = '300ms'" "SELECT logfsm.fit('n')" 2>&1 || true)
took=$((($(date +%s%N) - started) / 1000000))
if grep -q 55P03 <<< "$waited" && [ "$took" -lt 5000 ]; then ok fit_honours_lock_timeout; else bad fit_honours_lock_timeout "$took ms: $waited"; fi

echo "security: $passed passed, $failed failed"
[ "$failed" = 0 ]
