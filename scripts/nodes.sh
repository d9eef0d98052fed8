#!/usr/bin/env bash
# More than one machine, with plain Postgres: two nodes keep their shards, a coordinator rolls up what they learned
# and ships the machine back as a value. Two clusters of our own, joined by postgres_fdw.
source "$(dirname "$0")/lib.sh"

passed=0 failed=0
ok() { passed=$((passed + 1)) && echo "ok    nodes/$1"; }
bad() { failed=$((failed + 1)) && printf 'FAIL  nodes/%s: %s\n' "$1" "$2"; }
# on NODE: psql there.
on() {
    local -n node=node_$1
    shift
    PGHOST=${node[0]} PGPORT=${node[1]} psql -X -q -A -t -v ON_ERROR_STOP=1 -c "SET client_min_messages = error" "$@"
}
expect() {
    local got
    got=$(on a -c "$3" 2>&1 || true)
    if [ "$got" = "$2" ]; then ok "$1"; else bad "$1" "got '$got', want '$2'"; fi
}

trap 'stop_cluster node-a; stop_cluster node-b' EXIT
start_cluster node-a "fsync = off"
node_a=("$PGHOST" "$PGPORT")
start_cluster node-b "fsync = off"
node_b=("$PGHOST" "$PGPORT")

# Each node: half of the traces, and views that give what it learned. Node a is the coordinator too.
for node in a b; do
    on "$node" -v half="$([ "$node" = a ] && echo 0 || echo 1)" -f - <<'SQL'
CREATE EXTENSION logfsm;
CREATE EXTENSION postgres_fdw;
CREATE TABLE whole AS
SELECT 'order ' || i / 12 AS trace, 'step ' || (i * 7 + i / 12 * i) % 9 AS event, timestamptz '2026-01-01' + i * interval '17 ms' AS at,
       format('worker %s finished job %s in %s ms', i % 3, i, i * 13 % 977) AS line
FROM generate_series(0, 23999) i;
CREATE TABLE log AS SELECT * FROM whole WHERE (right(trace, 1) < '5') = (:half = 0);
CREATE VIEW learned AS
SELECT (SELECT logfsm.prefix_tree_agg(trace, event, at) FROM log) AS tree,
       (SELECT logfsm.template_agg(line) FROM log) AS templates,
       (SELECT logfsm.mine_invariants(t) FROM (SELECT logfsm.trace_agg(event, at) AS t FROM log GROUP BY trace) AS traces) AS invariants;
CREATE TABLE shipped (machine logfsm.automaton);
CREATE VIEW scores AS
SELECT trace, logfsm.score(machine, t) AS score FROM shipped, (SELECT trace, logfsm.trace_agg(event, at) AS t FROM log GROUP BY trace) AS traces;
CREATE VIEW generated AS
SELECT n, logfsm.generate_trace(machine, 42, n) AS trace FROM shipped, generate_series(1 + :half * 500::bigint, 500 + :half * 500::bigint) AS n;
SQL
done
on a -v host="${node_b[0]}" -v port="${node_b[1]}" -f - <<'SQL'
SELECT format('CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host %L, port %L, dbname ''postgres'')', :'host', :'port') \gexec
CREATE USER MAPPING FOR CURRENT_USER SERVER other OPTIONS (user 'postgres');
CREATE SCHEMA other;
IMPORT FOREIGN SCHEMA public LIMIT TO (learned, shipped, scores, generated) FROM SERVER other INTO other;
CREATE TABLE model AS
SELECT logfsm.rollup(tree) AS tree, logfsm.rollup(templates) AS templates, logfsm.rollup(invariants) AS invariants
FROM (SELECT * FROM learned UNION ALL SELECT * FROM other.learned) AS parts;
INSERT INTO shipped SELECT logfsm.infer(tree) FROM model;
INSERT INTO other.shipped SELECT machine FROM shipped;
SQL

expect rolled_up_tree_is_that_of_the_whole t "SELECT tree::text = (SELECT logfsm.prefix_tree_agg(trace, event, at)::text FROM whole) FROM model"
expect rolled_up_templates_are_those_of_the_whole t "SELECT templates::text = (SELECT logfsm.template_agg(line)::text FROM whole) FROM model"
expect rolled_up_invariants_are_those_of_the_whole t "SELECT invariants::text = (SELECT logfsm.mine_invariants(t)::text FROM (SELECT logfsm.trace_agg(event, at) AS t FROM whole GROUP BY trace) AS traces) FROM model"
expect nodes_score_as_one "2000 2000" "SELECT count(*) || ' ' || count(*) FILTER (WHERE s.score = logfsm.score(m.machine, w.t))
    FROM (SELECT * FROM scores UNION ALL SELECT * FROM other.scores) AS s
    JOIN (SELECT trace, logfsm.trace_agg(event, at) AS t FROM whole GROUP BY trace) AS w USING (trace), shipped AS m"
expect nodes_generate_as_one "1000 1000" "SELECT count(*) || ' ' || count(*) FILTER (WHERE g.trace::text = logfsm.generate_trace(m.machine, 42, g.n)::text)
    FROM (SELECT * FROM generated UNION ALL SELECT * FROM other.generated) AS g, shipped AS m"

echo "nodes: $passed passed, $failed failed"
[ "$failed" = 0 ]
