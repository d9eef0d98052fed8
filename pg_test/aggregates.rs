//! Aggregates under plans that pg_regress cannot force or compare as well.
// Calls functions as an executor does that gives no expression, which only raw calls can do.
#![allow(unsafe_code)]

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

    /// A value of a type, for the arguments of transitions.
    fn sample(type_name: &str) -> &'static str {
        match type_name {
            "bigint" | "integer" | "smallint" => "1",
            "uuid" => "'00000000-0000-0000-0000-000000000001'",
            "timestamp with time zone" => "timestamptz '2026-01-01'",
            "jsonb" => "'{}'",
            "logfsm.trace" => "(SELECT logfsm.trace_agg('a', now()))",
            "logfsm.automaton" => {
                "(SELECT logfsm.prefix_tree_agg(t) FROM (SELECT logfsm.trace_agg('a', now()) AS t) s)"
            }
            "logfsm.templates" => "(SELECT logfsm.template_agg('a b'))",
            "logfsm.invariant_counts" => {
                "(SELECT logfsm.mine_invariants(t) FROM (SELECT logfsm.trace_agg('a', now()) AS t) s)"
            }
            _ => "'a'",
        }
    }

    /// Calls a function with NULL and then these values, and without an expression.
    ///
    /// # Safety
    /// The values are of the types that it declares.
    unsafe fn call_bare(function: pg_sys::Oid, values: &[pg_sys::Datum]) -> bool {
        // SAFETY: as fmgr.h says; the frame has room for all arguments.
        unsafe {
            let mut found: pg_sys::FmgrInfo = std::mem::zeroed();
            pg_sys::fmgr_info(function, &mut found);
            let size =
                size_of::<pg_sys::FunctionCallInfoBaseData>() + (values.len() + 1) * size_of::<pg_sys::NullableDatum>();
            let frame = pg_sys::palloc0(size).cast::<pg_sys::FunctionCallInfoBaseData>();
            (*frame).flinfo = &mut found;
            (*frame).nargs = values.len() as i16 + 1;
            let arguments = (*frame).args.as_mut_slice(values.len() + 1);
            arguments[0].isnull = true;
            for (argument, value) in arguments[1..].iter_mut().zip(values) {
                argument.value = *value;
            }
            found.fn_addr.expect("address")(frame);
            !(*frame).isnull
        }
    }

    #[pg_test]
    fn transitions_of_pushed_aggregates_need_no_expression() {
        // Citus calls them so on the shards.
        let query = "SELECT a.aggtransfn::oid::bigint || ';' || array_to_string(ARRAY(
                         SELECT format_type(t, NULL) FROM unnest(f.proargtypes) WITH ORDINALITY u (t, n) WHERE n > 1 ORDER BY n), ',')
                     FROM pg_aggregate a JOIN pg_proc p ON p.oid = a.aggfnoid JOIN pg_proc f ON f.oid = a.aggtransfn
                     WHERE p.pronamespace = 'logfsm'::regnamespace AND a.aggtranstype <> 'internal'::regtype
                       AND NOT EXISTS (SELECT FROM unnest(p.proargtypes) t JOIN pg_type ON pg_type.oid = t WHERE typtype = 'p')";
        let functions: Vec<String> = one(&format!("SELECT array_agg(DISTINCT f) FROM ({query}) x (f)"));
        assert!(functions.len() > 30, "{functions:?}");
        for function in functions {
            let (oid, types) = function.split_once(';').expect("types");
            let values: Vec<pg_sys::Datum> = types
                .split(',')
                .map(|name| {
                    let text: String = one(&format!("SELECT ({}::{name})::text", sample(name)));
                    let text = std::ffi::CString::new(text).expect("no NUL");
                    let oid: pg_sys::Oid = one(&format!("SELECT '{name}'::regtype::oid"));
                    // SAFETY: input functions take C strings.
                    unsafe {
                        let (mut input, mut parameter) = (pg_sys::InvalidOid, pg_sys::InvalidOid);
                        pg_sys::getTypeInputInfo(oid, &mut input, &mut parameter);
                        pg_sys::OidInputFunctionCall(input, text.as_ptr().cast_mut(), parameter, -1)
                    }
                })
                .collect();
            let oid = pg_sys::Oid::from(oid.parse::<u32>().expect("oid"));
            // SAFETY: values of the declared types.
            assert!(unsafe { call_bare(oid, &values) }, "{function}");
        }
    }
}
