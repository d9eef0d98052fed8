#!/usr/bin/env bash
# Runs the examples of README.md in order, in a fresh database of a private cluster, so that the examples are tests.
#
# Blocks run as the unprivileged role "reader", who may create schemas in its database. The fence says what else to do:
#   ```sql              runs; an error is a failure
#   ```sql superuser    runs as superuser
#   ```sql error 22023  must fail with this SQLSTATE
#   ```sql skip         is not run
#   ```sh run           runs in a shell, with PGHOST, PGPORT, PGUSER and PGDATABASE set
#   ```text output      must be among what the sql block before it printed, line by line; see "plain" below
#   ```text             shows something else
# The extension must be installed in the private prefix: LOGFSM_INSTALLED=0 builds and installs it first.
source "$(dirname "$0")/lib.sh"

[ -x "$bin/postgres" ] || fail "there is no private Postgres in $prefix: run scripts/setup.sh"
[ "${LOGFSM_INSTALLED:-1}" = 1 ] || install_extension release
readme=${1:-$top/README.md}

work=$(mktemp -d)
trap 'rm -rf "$work"; stop_cluster readme' EXIT
start_cluster readme "fsync = off" "autovacuum = off"
psql=("$bin/psql" -X -q -v ON_ERROR_STOP=1 -v VERBOSITY=verbose)
"${psql[@]}" -c "CREATE ROLE reader LOGIN" -c "CREATE ROLE app LOGIN" -c "CREATE ROLE other_analyst LOGIN"
for database in readme other; do
    "${psql[@]}" -c "CREATE DATABASE $database" -c "GRANT CREATE ON DATABASE $database TO reader"
    "${psql[@]}" -d "$database" -c "GRANT CREATE ON SCHEMA public TO reader"
done
"${psql[@]}" -d other -c "CREATE EXTENSION logfsm"

# One file per block: line number, fence and text.
awk -v work="$work" '
    /^```/ && !inside { fence = substr($0, 4); inside = 1; line = NR + 1; file = sprintf("%s/%05d", work, line); printf "" > file; print fence > (file ".fence"); close(file ".fence"); next }
    /^```/ { inside = 0; close(file); next }
    inside { print > file }' "$readme"

# Output without what differs from run to run or does not show: times of day and days (but not of the example's own year),
# digits of a number after the sixth, the width of columns, how many rows there are, empty lines.
plain() {
    sed -E -e '/^\([0-9]+ rows?\)$/d' -e '/^ *$/d' \
        -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([+-][0-9]{2}(:?[0-9]{2})?|Z)?/<time>/g' "$1" |
        perl -pe 's/(?<![\w.])(\d+\.\d{4,}(e-?\d+)?)(?![\w.])/sprintf("%.6g", $1)/ge; s/-{2,}/--/g; s/ +//g'
}
# Whether the lines of one file are in another one, in a row.
among() {
    perl -e 'local $/; open A, "<", $ARGV[0]; open B, "<", $ARGV[1]; ($a, $b) = ("\n" . <A>, "\n" . <B>); exit(index($b, $a) < 0)' "$1" "$2"
}

passed=0 failed=0 skipped=0
: > "$work/printed"
result() {
    if [ "$1" = ok ]; then passed=$((passed + 1)); return; fi
    failed=$((failed + 1))
    printf 'FAIL  README.md line %d (%s): %s\n' "$((10#$line))" "$fence" "$2"
    sed 's/^/      /' "$work/out" | tail -n 30
}
export PGDATABASE=readme PGUSER=reader PGOPTIONS="-c client_min_messages=warning"
for file in "$work"/*.fence; do
    fence=$(cat "$file")
    block=${file%.fence}
    line=${block##*/}
    case $fence in
        "sql")
            if "${psql[@]}" -f "$block" > "$work/out" 2>&1; then result ok; else result fail "an error"; fi ;;
        "sql superuser")
            if "${psql[@]}" -U postgres -f "$block" > "$work/out" 2>&1; then result ok; else result fail "an error"; fi ;;
        "sql error "*)
            if "${psql[@]}" -f "$block" > "$work/out" 2>&1; then result fail "no error"
            elif grep -q "ERROR:  ${fence##* }: " "$work/out"; then result ok
            else result fail "another error"; fi ;;
        "sh run")
            if (cd "$work" && PATH="$bin:$PATH" bash -euo pipefail "$block") > "$work/out" 2>&1; then result ok; else result fail "an error"; fi ;;
        "text output")
            plain "$block" > "$work/shown"
            plain "$work/printed" > "$work/plain"
            if among "$work/shown" "$work/plain"; then result ok
            else cp "$work/printed" "$work/out"; result fail "the block before it prints something else"; fi ;;
        "sql skip") skipped=$((skipped + 1)) ;;
        "text" | "sh") : > "$work/out" ;;
        *) : > "$work/out"; result fail "unknown mark" ;;
    esac
    case $fence in sql*) cp "$work/out" "$work/printed" ;; esac
    [ -z "${LOGFSM_README_VERBOSE:-}" ] || { printf -- '--- line %d\n' "$((10#$line))"; cat "$work/out" 2> /dev/null || true; }
done

# The reference is complete: every function, type, view, setting, method and option of the extension, and every table,
# view and column option of a model, is named in it.
"${psql[@]}" -At -U postgres > "$work/names" << 'SQL'
WITH members AS (
    SELECT d.classid, d.objid FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass
    WHERE e.extname = 'logfsm' AND d.deptype = 'e'
)
SELECT p.proname || '(' FROM members JOIN pg_proc p ON classid = 'pg_proc'::regclass AND objid = p.oid
WHERE p.proname !~ '_(in|out|recv|send|transition|combine|final|serial|deserial|cmp|eq|ne|lt|le|gt|ge|hash|hash_extended)$'
UNION SELECT t.typname FROM members JOIN pg_type t ON classid = 'pg_type'::regclass AND objid = t.oid
UNION SELECT c.relname FROM members JOIN pg_class c ON classid = 'pg_class'::regclass AND objid = c.oid
UNION SELECT name FROM pg_settings WHERE name LIKE 'logfsm.%'
UNION SELECT '`' || method || '`' FROM logfsm.methods UNION SELECT '`' || option || '`' FROM logfsm.methods
UNION SELECT '`' || relname || '`' FROM pg_class WHERE relnamespace = 'shop'::regnamespace AND relkind IN ('r', 'p', 'v') AND relname !~ '_(fit|run|of)_[0-9]+$'
ORDER BY 1;
SQL
missing=
while read -r name; do
    [ -z "$name" ] || grep -qF -- "$name" "$readme" || missing+=" $name"
done < "$work/names"
line=1 fence=reference
echo "not in it:$missing" > "$work/out"
if [ -z "$missing" ]; then result ok; else result fail "the reference is incomplete"; fi

[ "$skipped" = 0 ] || echo "readme: $skipped blocks are marked skip"
echo "readme: $passed passed, $failed failed"
[ "$failed" = 0 ]
