//! Aggregates under plans that pg_regress cannot force or compare as well.

#[pgrx::pg_schema]
mod tests {
    use pgrx::prelude::*;

    fn one<T: FromDatum + IntoDatum>(query: &str) -> T {
        Spi::get_one(query).expect("query runs").expect("value is not NULL")
    }

    fn log(rows: u32) {
        let create = format!(
            "CREATE TABLE log AS SELECT i % 997 AS id, 'e' || (i % 1000) * (i % 1000) % 7 AS event, timestamptz '2026-01-01' + (i % 5000) * interval '1 s' AS at,
             i AS seq, 'c' || i % 3 AS component, jsonb_build_object('n', i % 11) AS params FROM generate_series(1, {rows}) i"
        );
        Spi::run(&create).expect("table");
    }

    #[pg_test]
    fn every_overload_is_the_same_in_parallel_and_serial_plans() {
        log(20_000);
        for arguments in [
            "event, at",
            "event, at, seq",
            "event, at, seq, component",
            "event, at, seq, component, params",
            "event, seq",
        ] {
            let query = format!(
                "SELECT logfsm.fingerprint(logfsm.prefix_tree_agg(t)) FROM (SELECT logfsm.trace_agg({arguments}) AS t FROM log GROUP BY id) s"
            );
            Spi::run("SET LOCAL max_parallel_workers_per_gather = 0").expect("set");
            let serial: String = one(&query);
            for setting in [
                "max_parallel_workers_per_gather = 2",
                "parallel_setup_cost = 0",
                "parallel_tuple_cost = 0",
                "min_parallel_table_scan_size = 0",
                "work_mem = '64kB'",
            ] {
                Spi::run(&format!("SET LOCAL {setting}")).expect("set");
            }
            assert_eq!(serial, one::<String>(&query), "{arguments}");
        }
    }

    #[pg_test]
    fn traces_in_one_group_per_call_survive_hash_aggregation_that_spills() {
        log(50_000);
        Spi::run("SET LOCAL work_mem = '64kB'; SET LOCAL enable_sort = off").expect("set");
        assert_eq!(
            50_000,
            one::<i64>(
                "SELECT sum(logfsm.length(t))::bigint FROM (SELECT logfsm.trace_agg(event, at, seq) AS t FROM log GROUP BY seq) s"
            )
        );
    }

    #[pg_test]
    fn a_moving_window_gives_the_tree_of_each_prefix() {
        log(200);
        let traces: Vec<i64> = one("SELECT array_agg(n ORDER BY id) FROM (
                SELECT id, (SELECT value::bigint FROM logfsm.stats(tree) WHERE name = 'traces') AS n FROM (
                    SELECT id, logfsm.prefix_tree_agg(t) OVER (ORDER BY id) AS tree
                    FROM (SELECT id, logfsm.trace_agg(event, at) AS t FROM log GROUP BY id) a LIMIT 5) b) c");
        assert_eq!(traces, [1, 2, 3, 4, 5]);
    }

    #[pg_test]
    fn generated_traces_are_the_same_by_row_and_by_value() {
        log(5_000);
        let same: bool = one(
            "WITH m AS MATERIALIZED (SELECT logfsm.infer(logfsm.prefix_tree_agg(t), 'k_tails', '{\"k\": 1}') AS a
                          FROM (SELECT logfsm.trace_agg(event, at, seq) AS t FROM log GROUP BY id) s),
             rows AS (SELECT g.trace, logfsm.trace_agg(g.event, g.at, g.seq) AS t FROM m, logfsm.generate(a, 50, 9) g GROUP BY 1)
             SELECT bool_and(logfsm.variant(r.t) = logfsm.variant(logfsm.generate_trace(a, 9, r.trace))
                             AND logfsm.duration(r.t) = logfsm.duration(logfsm.generate_trace(a, 9, r.trace))) FROM rows r, m",
        );
        assert!(same);
    }
}
