//! Bounds: reaching the memory limit is an error, not an out-of-memory kill.

#[pgrx::pg_schema]
mod tests {
    use pgrx::prelude::*;

    #[pg_test(error = "the prefix tree needs more than the memory limit of 1048576 bytes")]
    fn the_memory_limit_is_an_error() {
        Spi::run("SET LOCAL logfsm.memory_limit = '1MB'").expect("set");
        Spi::run(
            "SELECT logfsm.prefix_tree_agg(t) FROM (
                SELECT logfsm.trace_agg('e' || hashint4(i) % 1000, i) AS t FROM generate_series(1, 100000) i GROUP BY i / 10) s",
        )
        .expect("query");
    }
}
