//! Bounds: the memory limit is an error with a hint, and a cancelled call leaves the backend usable.

#[pgrx::pg_schema]
mod tests {
    use pgrx::prelude::*;

    #[pg_test(error = "the prefix tree needs more than the memory limit of 1048576 bytes")]
    fn the_memory_limit_is_an_error() {
        Spi::run("SET LOCAL logfsm.memory_limit = '1MB'").expect("set");
        Spi::run(
            "SELECT logfsm.prefix_tree_agg(t) FROM (
                SELECT logfsm.trace_agg('e' || (i * 7919) % 1000, i) AS t FROM generate_series(1, 100000) i GROUP BY i / 10) s",
        )
        .expect("query");
    }

    #[pg_test(error = "canceling statement due to statement timeout")]
    fn generation_can_be_cancelled() {
        Spi::run("CREATE TABLE m AS SELECT logfsm.prefix_tree_agg(t) AS a FROM (SELECT logfsm.trace_agg('x', i) AS t FROM generate_series(1, 3) i) s")
            .expect("machine");
        Spi::run("SET LOCAL statement_timeout = '200ms'").expect("set");
        // The timer is armed per statement of the client: arm it here.
        unsafe { pgrx::pg_sys::enable_timeout_after(pgrx::pg_sys::TimeoutId::STATEMENT_TIMEOUT, 200) };
        Spi::run("SELECT count(*) FROM m, logfsm.generate(a, 100000000000) g").expect("query");
    }
}
