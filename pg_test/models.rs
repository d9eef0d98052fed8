//! Models inside one transaction.

#[pgrx::pg_schema]
mod tests {
    use pgrx::prelude::*;

    fn one<T: FromDatum + IntoDatum>(query: &str) -> T {
        Spi::get_one(query).expect("query runs").expect("value is not NULL")
    }

    fn model() {
        Spi::run(
            "CREATE TABLE log AS SELECT i / 4 AS id, (ARRAY['open', 'read', 'write', 'close'])[1 + i % 4] AS event,
                    timestamptz '2026-01-01' + i * interval '1 s' AS at FROM generate_series(0, 399) i;
             SELECT logfsm.create_model('m', source => 'log', trace => 'id', event => 'event', at => 'at');
             SELECT logfsm.fit('m')",
        )
        .expect("model");
    }

    #[pg_test]
    fn refresh_after_new_rows_equals_a_fit() {
        model();
        Spi::run(
            "INSERT INTO log SELECT 1000 + i / 3, (ARRAY['open', 'fail', 'close'])[1 + i % 3], timestamptz '2026-01-01 00:06:00' + i * interval '1 s'
             FROM generate_series(0, 29) i;
             INSERT INTO log VALUES (99, 'late', timestamptz '2026-01-01 00:07:00')",
        )
        .expect("rows");
        Spi::run("SELECT logfsm.refresh('m')").expect("refresh");
        let refreshed: String =
            one("SELECT logfsm.fingerprint(prefix_tree) || logfsm.fingerprint(automaton) FROM m.model");
        Spi::run("SELECT logfsm.fit('m')").expect("fit");
        assert_eq!(
            refreshed,
            one::<String>("SELECT logfsm.fingerprint(prefix_tree) || logfsm.fingerprint(automaton) FROM m.model")
        );
    }

    #[pg_test]
    fn events_none_keeps_no_event_rows_but_learns_generates_and_scores() {
        model();
        Spi::run(
            "SELECT logfsm.create_model('n', source => 'log', trace => 'id', event => 'event', at => 'at', events => 'none');
             SELECT logfsm.fit('n'); SELECT logfsm.synthesize('n', 10, 1)",
        )
        .expect("model");
        assert_eq!(0, one::<i64>("SELECT count(*) FROM n.events"));
        assert_eq!(110, one::<i64>("SELECT count(*) FROM n.scores"));
        assert!(one::<bool>("SELECT m.automaton OPERATOR(logfsm.=) n.automaton FROM m.model m, n.model n"));
    }

    #[pg_test]
    fn reads_of_timestamps_without_time_zone_do_not_follow_the_session() {
        Spi::run(
            "CREATE TABLE plain AS SELECT 1 AS id, 'e' || i AS event, timestamp '2026-03-29 00:30' + i * interval '1 hour' AS at FROM generate_series(0, 5) i;
             SELECT logfsm.create_model('p', source => 'plain', trace => 'id', event => 'event', at => 'at')",
        )
        .expect("model");
        let fingerprints: Vec<String> = ["UTC", "Europe/Berlin", "America/New_York"]
            .iter()
            .map(|zone| {
                Spi::run(&format!("SET LOCAL TimeZone = '{zone}'; SELECT logfsm.fit('p')")).expect("fit");
                one("SELECT logfsm.fingerprint(automaton) FROM p.model")
            })
            .collect();
        assert!(fingerprints.iter().all(|f| *f == fingerprints[0]), "{fingerprints:?}");
    }
}
