#!/usr/bin/env bash
# What a watch costs: COPY, single-row inserts with fsync, and single-row inserts inside one transaction, each beside the
# same without a watch and with the same check in PL/pgSQL, in one run. Medians of REPEATS; prints ratios.
#
#   [ROWS=1000000] [REPEATS=3] [SECONDS_EACH=8] benches/watch/run.sh
source "$(dirname "$0")/../../scripts/lib.sh"
"$top/scripts/setup.sh"
[ "${LOGFSM_INSTALLED:-}" = 1 ] || install_extension release

rows=${ROWS:-1000000} repeats=${REPEATS:-3} each=${SECONDS_EACH:-8}
start_cluster bench-watch "shared_buffers = 512MB" "max_wal_size = 8GB" "checkpoint_timeout = 30min" "autovacuum = off" "jit = off"
trap 'stop_cluster bench-watch' EXIT
query() { psql -X -q -A -t -v ON_ERROR_STOP=1 -c "SET client_min_messages = error" -c "$1"; }
query "CREATE EXTENSION logfsm"
psql -X -q -v ON_ERROR_STOP=1 -v rows="$rows" -f "$top/benches/watch/tables.sql" > /dev/null
query "COPY (SELECT trace_id, at, event FROM feed ORDER BY n) TO '$cluster/feed'; COPY (SELECT trace_id, at, event FROM feed ORDER BY n LIMIT $rows / 10) TO '$cluster/feed.small'"

median() { sort -n | awk '{v[NR] = $1} END {print (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2}'; }
# Milliseconds of one statement.
ms() {
    psql -X -q -A -t -v ON_ERROR_STOP=1 -o /dev/null <<SQL 2>&1 | awk '/^Time: / {ms += $2} END {print ms}'
SET client_min_messages = error;
\timing on
$1
SQL
}
watch_by() {
    unwatch "$2"
    case $1 in
        none) ;;
        plpgsql) query "CREATE TRIGGER pl_check AFTER INSERT ON $2 REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION pl_check()" ;;
        *) query "SELECT logfsm.watch('shop', action => '$1', on_table => '$2')" > /dev/null ;;
    esac
}
unwatch() { query "SELECT logfsm.unwatch('shop'); DROP TRIGGER IF EXISTS pl_check ON $1" > /dev/null; }
empty() { query "TRUNCATE log, bare, parts, pl_live, pl_anomalies, shop.live_traces, shop.pending, shop.anomalies RESTART IDENTITY" && query "CHECKPOINT"; }

say "$rows rows in $((rows / 20)) traces; medians of $repeats; $(nproc) cores, PostgreSQL $PG_MAJOR"
printf '| %-58s | %10s | %8s | %8s |\n' "what" "per row, µs" "ratio" "limit"
printf '|%s|%s|%s|%s|\n' "$(printf '%.0s-' {1..60})" "------------:" "---------:" "---------:"
line() { printf '| %-58s | %11s | %8s | %8s |\n' "$1" "$2" "$3" "$4"; }

# copies NAME TABLE FILE ROWS LIMIT ACTION …: COPY without and with each kind of watch.
copies() {
    local name=$1 table=$2 file=$3 n=$4 limit=$5 action i times floor= t
    shift 5
    declare -A medians
    # Turn by turn, so that what else the machine does meets all of them.
    for i in $(seq "$repeats"); do
        for action in none "$@"; do
            watch_by "$action" "$table"
            empty
            ms "COPY $table (trace_id, at, event) FROM '$cluster/$file';" >> "$cluster_times/$table.$file.$action"
        done
    done
    for action in none "$@"; do
        t=$(median < "$cluster_times/$table.$file.$action")
        floor=${floor:-$t}
        line "COPY, $name, $([ "$action" = none ] && echo "no watch" || echo "$action")" "$(awk -v t="$t" -v n="$n" 'BEGIN {printf "%.2f", t * 1000 / n}')" \
            "$(awk -v t="$t" -v f="$floor" 'BEGIN {printf "%.2f", t / f}')" "$([ "$action" = flag ] && echo "$limit")"
    done
    unwatch "$table"
}
cluster_times=$(mktemp -d)
trap 'rm -rf "$cluster_times"; stop_cluster bench-watch' EXIT
copies "identity key and index (trace_id, at)" log feed "$rows" 1.5 flag notify raise
copies "bare table" bare feed "$rows" 3.5 flag
copies "identity key and index, a tenth of the rows" log feed.small $((rows / 10)) "" flag plpgsql skip
copies "partitioned, a tenth of the rows" parts feed.small $((rows / 10)) "" flag

# Single rows, one transaction each, with fsync: whole traces of six events.
cat > "$cluster_times/single.sql" <<'SQL'
\set t random(1, 2000000000)
INSERT INTO log (trace_id, at, event) VALUES (:t, clock_timestamp(), 'login');
INSERT INTO log (trace_id, at, event) VALUES (:t, clock_timestamp(), 'view');
INSERT INTO log (trace_id, at, event) VALUES (:t, clock_timestamp(), 'view');
INSERT INTO log (trace_id, at, event) VALUES (:t, clock_timestamp(), 'search');
INSERT INTO log (trace_id, at, event) VALUES (:t, clock_timestamp(), 'add');
INSERT INTO log (trace_id, at, event) VALUES (:t, clock_timestamp(), 'view');
SQL
for i in $(seq "$repeats"); do
    for action in none flag plpgsql; do
        watch_by "$action" log
        empty
        "$bin/pgbench" -n -c 1 -T "$each" -M prepared -f "$cluster_times/single.sql" postgres 2> /dev/null \
            | awk '/^latency average/ {print $4 * 1000 / 6}' >> "$cluster_times/single.$action"
    done
done
floor=
for action in none flag plpgsql; do
    t=$(median < "$cluster_times/single.$action")
    floor=${floor:-$t}
    line "single rows, each committed with fsync, $([ "$action" = none ] && echo "no watch" || echo "$action")" "$(awk -v t="$t" 'BEGIN {printf "%.0f", t}')" \
        "$(awk -v t="$t" -v f="$floor" 'BEGIN {printf "%.2f", t / f}')" "$([ "$action" = flag ] && echo 1.3)"
done

# Single-row statements inside one transaction.
n=$((rows / 20))
loop="DO \$\$ DECLARE r record; BEGIN FOR r IN SELECT trace_id, at, event FROM feed WHERE n <= $n ORDER BY n LOOP INSERT INTO log (trace_id, at, event) VALUES (r.trace_id, r.at, r.event); END LOOP; END \$\$;"
for i in $(seq "$repeats"); do
    for action in none flag plpgsql; do
        watch_by "$action" log
        empty
        ms "$loop" >> "$cluster_times/loop.$action"
    done
done
floor=
for action in none flag plpgsql; do
    t=$(median < "$cluster_times/loop.$action")
    floor=${floor:-$t}
    line "single rows in one transaction, $([ "$action" = none ] && echo "no watch" || echo "$action")" "$(awk -v t="$t" -v n="$n" 'BEGIN {printf "%.1f", t * 1000 / n}')" \
        "$(awk -v t="$t" -v f="$floor" -v n="$n" 'BEGIN {printf "+%.1f µs", (t - f) * 1000 / n}')" "$([ "$action" = flag ] && echo "+25 µs")"
done
