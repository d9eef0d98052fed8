"""Times logfsm beside plain SQL, DuckDB, pm4py and AALpy on the same rows; see peers.sh."""

import argparse
import csv
import gzip
import multiprocessing
import os
import platform
import resource
import statistics
import subprocess
import threading
import time
from importlib.metadata import version

import duckdb
import psycopg

LOAD = """
DROP TABLE IF EXISTS log;
CREATE TABLE log AS
SELECT 'blk_' || s AS trace, 'E' || e.event AS event,
       timestamptz '2026-01-01' + s * interval '50 ms' + e.n * (1 + abs(hashint8(s)) % 7) * interval '900 ms' AS at
FROM generate_series(1, {traces}) s
JOIN normal n ON n.n = abs(hashint8extended(s, 42)) % (SELECT count(*) FROM normal)
CROSS JOIN LATERAL unnest(n.events) WITH ORDINALITY e (event, n)
ORDER BY 3, 1, e.n;
ANALYZE log;
"""
FLOOR = "SELECT count(*) FROM (SELECT DISTINCT array_agg(event ORDER BY at) FROM log GROUP BY trace) v"
TABLES = """CREATE TABLE sorted AS SELECT trace, row_number() OVER (PARTITION BY trace ORDER BY at) AS seq, event, at
FROM log ORDER BY trace, at; ALTER TABLE sorted ADD PRIMARY KEY (trace, seq); DROP TABLE sorted"""
GROUPED = """SELECT logfsm.fingerprint(logfsm.prefix_tree_agg(t))
FROM (SELECT logfsm.trace_agg(event, at) AS t FROM log GROUP BY trace) s"""
ONE_STEP = "SELECT logfsm.fingerprint(logfsm.prefix_tree_agg(trace, event, at)) FROM log"
# Beyond so many traces only what must end within bounded memory runs.
MOST_WHOLE = 1_000_000
VARIANTS = 'SELECT v, count(*) FROM (SELECT list(event ORDER BY "at") AS v FROM log GROUP BY trace) GROUP BY v'


class Memory(threading.Thread):
    """Samples a process's private memory; its peak in MB beyond the start."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.peak, self.done = pid, 0, threading.Event()
        self.start_at = self.now()

    def now(self):
        with open(f"/proc/{self.pid}/status") as status:
            return sum(int(line.split()[1]) for line in status if line.startswith("RssAnon")) / 1024

    def run(self):
        while not self.done.wait(0.02):
            self.peak = max(self.peak, self.now() - self.start_at)


def in_postgres(workers, statement, repeats, work_mem="64MB"):
    """Median seconds and peak private MB of the backend for a statement."""
    times, peaks = [], []
    for _ in range(repeats):
        with psycopg.connect(autocommit=True) as connection:
            connection.execute(f"SET max_parallel_workers_per_gather = {workers}")
            connection.execute(f"SET max_parallel_maintenance_workers = {workers}")
            connection.execute(f"SET work_mem = '{work_mem}'")
            connection.execute("SET client_min_messages = error")
            memory = Memory(connection.info.backend_pid)
            memory.start()
            start = time.perf_counter()
            connection.execute(statement)
            times.append(time.perf_counter() - start)
            memory.done.set()
            memory.join()
            peaks.append(memory.peak)
    return statistics.median(times), max(peaks)


def in_process(function, argument):
    """Seconds and peak MB of a function in a process of its own."""

    def child(pipe):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        seconds = function(argument)
        pipe.send((seconds, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024))

    ours, theirs = multiprocessing.get_context("fork").Pipe()
    process = multiprocessing.get_context("fork").Process(target=child, args=(theirs,))
    process.start()
    theirs.close()
    try:
        result = ours.recv()
    except EOFError:
        result = (None, None)
    process.join()
    return result


def duck(threads):
    def run(path):
        connection = duckdb.connect()
        connection.execute(f"SET threads = {threads}")
        connection.execute(f"CREATE TABLE log AS SELECT * FROM read_csv('{path}')")
        start = time.perf_counter()
        connection.execute(VARIANTS).fetchall()
        return time.perf_counter() - start

    return run


def pm4py_dfg(path):
    import pandas
    import pm4py

    frame = pandas.read_csv(path, parse_dates=["at"])
    frame = pm4py.format_dataframe(frame, case_id="trace", activity_key="event", timestamp_key="at")
    start = time.perf_counter()
    pm4py.discover_dfg(frame)
    pm4py.get_variants(frame)
    return time.perf_counter() - start


def aalpy_alergia(path):
    from aalpy.learning_algs import run_Alergia

    traces = {}
    with open(path) as rows:
        for row in csv.DictReader(rows):
            traces.setdefault(row["trace"], []).append(row["event"])
    data = [["start", *trace] for trace in traces.values()]
    start = time.perf_counter()
    run_Alergia(data, automaton_type="mc", eps=0.05, print_info=False)
    return time.perf_counter() - start


def compared(path, repeats):
    """All that is measured at every size."""
    return [
        ("floor: array_agg(event ORDER BY at), count distinct", *in_postgres(0, FLOOR, repeats)),
        ("count(*)", *in_postgres(0, "SELECT count(*) FROM log", repeats)),
        ("prefix_tree_agg over rows", *in_postgres(0, ONE_STEP, repeats)),
        ("prefix_tree_agg over rows, 2 workers", *in_postgres(2, ONE_STEP, repeats)),
        ("prefix_tree_agg over trace_agg", *in_postgres(0, GROUPED, repeats)),
        ("floor of tables: CREATE TABLE AS ... ORDER BY + key", *in_postgres(0, TABLES, repeats)),
        ("fit without events", *in_postgres(0, "SELECT logfsm.fit('lean')", repeats)),
        ("fit without events, 2 workers", *in_postgres(2, "SELECT logfsm.fit('lean')", repeats)),
        ("fit, all tables, indexes, foreign keys", *in_postgres(0, "SELECT logfsm.fit('whole')", repeats)),
        ("fit, all tables, 2 workers", *in_postgres(2, "SELECT logfsm.fit('whole')", repeats)),
        ("refresh after 1 % new rows, all tables", *refreshed()),
        ("DuckDB variants, 1 thread (table in memory)", *in_process(duck(1), path)),
        ("DuckDB variants, 2 threads", *in_process(duck(2), path)),
    ]


def refreshed():
    """Seconds and peak MB of a refresh after the last 1 % of the period came, on a model of all the rest."""
    with psycopg.connect(autocommit=True) as connection:
        connection.execute("SET client_min_messages = error")
        cut = connection.execute("SELECT max(at) - (max(at) - min(at)) * 0.01 FROM log").fetchone()[0]
        connection.execute("DROP SCHEMA IF EXISTS grown CASCADE")
        connection.execute("DROP TABLE IF EXISTS part")
        connection.execute("CREATE TABLE part (LIKE log)")
        copied = "INSERT INTO part SELECT * FROM log WHERE at {} %s ORDER BY at"
        connection.execute("SET work_mem = '256MB'")
        connection.execute(copied.format("<="), (cut,))
        connection.execute(
            """SELECT logfsm.create_model('grown', source => 'part', trace => 'trace', event => 'event', at => 'at',
                   lateness => '1 minute')"""
        )
        connection.execute("SELECT logfsm.fit('grown')")
        connection.execute(copied.format(">"), (cut,))
    measured = in_postgres(2, "SELECT logfsm.refresh('grown')", 1)
    with psycopg.connect(autocommit=True) as connection:
        connection.execute("SET client_min_messages = error")
        connection.execute("DROP SCHEMA grown CASCADE")
        connection.execute("DROP TABLE part")
    return measured


def main():
    parser = argparse.ArgumentParser()
    for name in ("sequences", "sizes", "repeats", "work", "out"):
        parser.add_argument(f"--{name}", required=True)
    options = parser.parse_args()
    repeats = int(options.repeats)
    with gzip.open(options.sequences, "rt") as rows:
        normal = [row["event_ids"].split() for row in csv.DictReader(rows) if row["label"] == "0"]
    with psycopg.connect(autocommit=True) as connection:
        connection.execute("SET client_min_messages = error")
        connection.execute("CREATE EXTENSION logfsm")
        connection.execute("CREATE TABLE normal (n bigint, events text[])")
        with connection.cursor().copy("COPY normal FROM STDIN") as copy:
            for n, events in enumerate(normal):
                copy.write_row((n, events))
        server = connection.execute("SHOW server_version").fetchone()[0]

    lines = []
    for traces in map(int, options.sizes.split(",")):
        with psycopg.connect(autocommit=True) as connection:
            connection.execute("SET client_min_messages = error")
            connection.execute("SET work_mem = '256MB'")
            for statement in filter(str.strip, LOAD.format(traces=traces).split(";")):
                connection.execute(statement)
            events = connection.execute("SELECT count(*) FROM log").fetchone()[0]
            for model, kind in (("lean", "none"), ("whole", "table")):
                connection.execute(f"DROP SCHEMA IF EXISTS {model} CASCADE")
                connection.execute(
                    "SELECT logfsm.create_model(%s, source => 'log', trace => 'trace', event => 'event', at => 'at', events => %s)",
                    (model, kind),
                )
        path = os.path.join(options.work, "peers.csv")
        if traces <= MOST_WHOLE:
            with psycopg.connect() as connection, open(path, "wb") as out:
                with connection.cursor().copy("COPY log TO STDOUT (FORMAT csv, HEADER)") as copy:
                    for chunk in copy:
                        out.write(chunk)
        if traces > MOST_WHOLE:
            rows = [
                ("count(*)", *in_postgres(0, "SELECT count(*) FROM log", repeats)),
                ("prefix_tree_agg over trace_agg", *in_postgres(0, GROUPED, repeats)),
                ("fit without events", *in_postgres(0, "SELECT logfsm.fit('lean')", repeats)),
            ]
        else:
            rows = compared(path, repeats)
        if events < 3_000_000:
            rows.append(("pm4py directly-follows graph and variants (frame in memory)", *in_process(pm4py_dfg, path)))
        if events < 300_000:
            rows.append(("AALpy Alergia (lists in memory)", *in_process(aalpy_alergia, path)))
        floor = rows[0][1]
        base = "floor" if traces <= MOST_WHOLE else "count(*)"
        lines += [
            f"\n## {events:,} events, {traces:,} traces\n",
            f"| | seconds | / {base} | M events/s | peak MB |",
            "|---|---:|---:|---:|---:|",
        ]
        for name, seconds, peak in rows:
            if seconds is None:
                lines.append(f"| {name} | failed | | | |")
                continue
            lines.append(f"| {name} | {seconds:.2f} | {seconds / floor:.2f} | {events / seconds / 1e6:.2f} | {peak:.0f} |")
        print("\n".join(lines[-len(rows) - 3 :]), flush=True)
        if os.path.exists(path):
            os.remove(path)

    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    with open("/proc/cpuinfo") as cpu:
        model = next((line.split(":")[1].strip() for line in cpu if line.startswith("model name")), platform.machine())
    packages = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "pm4py", "aalpy"))
    head = f"""# Measured side by side

`LOGFSM_DATA=... benches/peers.sh`, one run, commit {commit}, medians of {repeats}. {os.cpu_count()} cores ({model}), PostgreSQL {server}, {packages}.
HDFS-like events: normal traces sampled with replacement, rows in order of arrival, trace key and event type as text. work_mem 64 MB.
Peak MB is private memory of the backend (of the process for Python peers), beyond what it had before. Peers in Python start with their data in memory.
"""
    with open(options.out, "w") as out:
        out.write(head + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
