#!/usr/bin/env python3
"""Random and hostile calls of everything that the extension offers, with an eye on the backend that runs them.

What is called is read from the catalog, so nothing new is forgotten. A finding is: a backend that is gone, an SQLSTATE of
class XX, a message of a panic, memory far beyond logfsm.memory_limit, or a call that does not end when it is cancelled.

    attack.py --host DIR --port PORT [--calls N] [--seconds N] [--seed N] [--modes mixed,accepted,models,hostile] [--slack S]

Ends with status 1 where there is a finding; each is printed with the statement that shows it.
"""

import argparse
import collections
import json
import os
import random
import re
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import values  # noqa: E402
import wire  # noqa: E402

TIMEOUT = 2.0
LIMIT_MB = 128
# Beyond this a backend holds what nobody bounded: the limit is for single values and learners, of which a call has a few.
MOST_MB = 4 * LIMIT_MB
# A backend that grows so far is ended before the machine is.
KILLED_MB = 3000
# Seconds after which a call that was cancelled long ago is given up.
STUCK = 60.0

PANIC = re.compile(r"panicked|unwrap\(\)|index out of bounds|out of range for slice|overflow|already borrowed|capacity")


class Watcher(threading.Thread):
    """Looks at the backend while a call runs: its memory, and whether it ends."""

    def __init__(self):
        super().__init__(daemon=True)
        self.pid = None
        self.started = None
        self.peak = 0
        self.ended = None
        self.start()

    def begin(self, pid):
        self.pid, self.peak, self.ended, self.started = pid, 0, None, time.monotonic()

    def end(self):
        seconds = time.monotonic() - self.started
        self.started = None
        return seconds

    def run(self):
        while True:
            time.sleep(0.02)
            started, pid = self.started, self.pid
            if started is None:
                continue
            try:
                with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
                    held = re.search(r"RssAnon:\s*(\d+)", status.read())
                if held:
                    self.peak = max(self.peak, int(held.group(1)) // 1024)
                if self.peak > KILLED_MB:
                    self.ended = "memory"
                elif time.monotonic() - started > STUCK:
                    self.ended = "not cancellable"
                if self.ended:
                    os.kill(pid, signal.SIGKILL)
                    self.started = None
            except OSError:
                continue


class Attack:
    """A session that calls, the values it calls with, and what was found."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.random = random.Random(arguments.seed)
        self.watcher = Watcher()
        self.findings = collections.OrderedDict()
        self.codes = collections.Counter()
        self.called = collections.Counter()
        self.connect()
        self.read_catalog()
        self.read_values()

    def connect(self):
        for _ in range(100):
            try:
                self.session = wire.Connection(self.arguments.host, self.arguments.port, self.arguments.database, "postgres")
                break
            except (OSError, wire.Lost, wire.SqlError):
                time.sleep(0.3)
        else:
            raise SystemExit("there is no server to attack")
        self.session.query(
            f"SET statement_timeout = '{TIMEOUT}s'; SET lock_timeout = '1s'; SET client_min_messages = error;"
            f"SET logfsm.memory_limit = '{LIMIT_MB}MB'"
        )

    def read_catalog(self):
        functions = self.session.query(
            """SELECT p.proname, p.prokind, p.proretset, p.prorettype::regtype::text, p.pronargdefaults,
                      (SELECT coalesce(json_agg(format_type(t, NULL) ORDER BY n), '[]') FROM unnest(p.proargtypes) WITH ORDINALITY AS a (t, n)),
                      to_json(coalesce(p.proargnames, '{}'))
               FROM pg_proc p WHERE p.pronamespace = 'logfsm'::regnamespace ORDER BY p.proname, p.oid"""
        )
        self.functions, self.aggregates, self.of_models = [], [], []
        for name, kind, is_set, result, defaults, types, names in functions:
            function = (name, is_set == "t", result, int(defaults), json.loads(types), json.loads(names))
            if kind == "a":
                self.aggregates.append(function)
            elif result != "trigger" and (self._names_a_model(function) or name in ("create_model", "list_models")):
                self.of_models.append(function)
            elif kind == "f" and result != "trigger":
                self.functions.append(function)
        self.operators = self.session.query(
            "SELECT oprname, oprleft::regtype::text, oprright::regtype::text FROM pg_operator WHERE oprnamespace = 'logfsm'::regnamespace ORDER BY oid"
        )
        self.casts = self.session.query(
            """SELECT castsource::regtype::text, casttarget::regtype::text FROM pg_cast
               WHERE castsource::regtype::text LIKE 'logfsm.%' OR casttarget::regtype::text LIKE 'logfsm.%' ORDER BY oid"""
        )

    @staticmethod
    def _names_a_model(function):
        _, _, _, _, types, names = function
        return bool(types) and types[0] == "text" and names[:1] == ["model"]

    def read_values(self):
        seeds, prefixes = {}, {}
        for kind in values.OWN_TYPES:
            rows = self.session.query(f"SELECT encode(logfsm.{kind}_send(v), 'hex'), split_part(v::text, ':', 1) || ':' FROM seeds.{kind}")
            seeds[kind] = [bytes.fromhex(row[0]) for row in rows]
            prefixes[kind] = rows[0][1]
        self.documents = [json.loads(row[0]) for row in self.session.query("SELECT logfsm.to_json(v)::text FROM seeds.automaton")]
        methods = self.session.query("SELECT method, option, default_value FROM logfsm.methods")
        self.methods = sorted({row[0] for row in methods})
        texts = ["orders", "steps", "numbered", "halls", "order-1", "order-17", "s1-1", "auto", "2-gram", "AFby", "AP", "NFby", "IntrBy", "INITIAL"]
        texts += ["placed", "paid", "sent", "shop", "pay", "flag", "notify", "raise", "skip", "strict", "published", "states", "transitions", "pairs"]
        texts += ["normal", "anomalous", "table", "none", "order_id", "line", "step", "at", "params", "e.params", *self.methods]
        texts += [row[0] for row in self.session.query("SELECT DISTINCT template FROM orders.templates ORDER BY 1")]
        texts += [row[0] for row in self.session.query("SELECT format FROM logfsm.formats ORDER BY 1")]
        options = sorted({row[1] for row in methods if row[1]} | {
            "seed", "first_trace", "max_length", "sampling", "amplification", "amplify_by", "rare", "tilt", "condition", "arrivals", "no_copy", "cover",
            "kind", "mutations", "edits", "beyond", "smoothing", "unchanged", "alpha", "min_probability", "min_count", "max_transitions", "max_label",
            "merge_parallel", "direction", "masks", "on_unmatched", "trace_pattern", "datetime", "timezone", "year", "formats", "trace_slot", "loss", "unknown",
        })
        choices = {
            "cover": ["states", "transitions", "pairs", "none"], "kind": ["normal", "anomalous"], "sampling": ["spread", "independent"],
            "amplify_by": ["mixture", "tilt"], "arrivals": ["empirical", "hour_of_week"], "direction": ["down", "right"], "base": self.methods,
            "determinize": ["none", "powerset", "hybrid"], "kinds": [["AFby"], ["AP", "NFby"], [], ["IntrBy"]], "k": [0, 1, 2, 3, 40],
            "mutations": [["cut"], ["drop", "repeat"], ["replace"], ["insert", "swap", "move", "unseen"], []], "on_unmatched": ["skip", "keep", "error"],
            "condition": [{"contains": "paid"}, {"length": [0, 5]}, {"length": 10**12}, {"ends_in": 1}, {"takes": 2}, {"duration": [0, 1e9]}, {"takes": -1}],
            "masks": [["\\d+"], ["(?:a?){5000}a{5000}"], [""], [".*"]], "timezone": ["UTC", "Europe/Berlin", "+25:00", "nowhere"],
            "datetime": ["%Y-%m-%d %H:%M:%S", "%", "%%%", "%Q", "%s", "%.f", "%Y" * 50], "u": [0, 1, 100, "inf"], "workers": [0, 1, 64],
        }
        self.values = values.Values(self.random, seeds, prefixes, self.documents, texts, options, choices)

    # Statements, each with the name of what it calls.

    def arguments_of(self, function):
        name, _, _, defaults, types, names = function
        given = [self.values.argument(sql_type) for sql_type in types]
        for i, sql_type in enumerate(types):
            argument = names[i] if i < len(names) else ""
            if argument == "traces" and sql_type == "bigint" and self.random.random() < 0.7:
                given[i] = str(self.random.randrange(6))
            elif argument == "method" and self.random.random() < 0.8:
                given[i] = values.quoted(self.random.choice(self.methods + ["auto"]))
            elif argument == "model" and sql_type == "text" and self.random.random() < 0.9:
                given[i] = self.random.choice(("'orders'", "'steps'", "'numbered'", "'halls'"))
            elif name == "from_json":
                document = self.random.choice(self.documents)
                given[i] = self.values.json(values.mutated_json(self.random, document) if self.random.random() < 0.9 else values.random_json(self.random))
        if defaults and self.random.random() < 0.3:
            given = given[: len(given) - self.random.randrange(defaults + 1)]
        return ", ".join(given)

    def plain(self):
        function = self.random.choice(self.functions)
        call = f"logfsm.{function[0]}({self.arguments_of(function)})"
        if function[1]:
            return function[0], f"SELECT count(*) FROM (SELECT {call} LIMIT 50) AS x"
        return function[0], f"SELECT {call}" if self.random.random() < 0.7 else f"SELECT length(({call})::text)"

    def aggregate(self):
        function = self.random.choice(self.aggregates)
        name, types = function[0], function[4]
        columns = [f"c{i}" for i in range(len(types))]
        key, options = self.values.argument("anyelement"), self.values.argument("jsonb")
        same = {"anyelement": key, '"any"': key}
        rows = []
        for _ in range(self.random.randrange(1, 6)):
            rows.append("(" + ", ".join(same.get(t) or (options if t == "jsonb" and "template" in name else self.values.argument(t)) for t in types) + ")")
        call = f"logfsm.{name}({', '.join(columns)})"
        call += self.random.choice(("", "", "", " FILTER (WHERE random() < 0.7)", " OVER ()", " OVER (ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)"))
        call = call if self.random.random() < 0.5 else f"({call})::text"
        where = " WHERE false" if self.random.random() < 0.1 else ""
        return f"aggregate {name}", f"SELECT {call} FROM (VALUES {', '.join(rows)}) AS v ({', '.join(columns)}){where}"

    def operator(self):
        name, left, right = self.random.choice(self.operators)
        return f"operator {name}", f"SELECT {self.values.argument(left)} OPERATOR(logfsm.{name}) {self.values.argument(right)}"

    def cast(self):
        source, target = self.random.choice(self.casts)
        return f"cast {source}", f"SELECT ({self.values.argument(source)})::{target}"

    def nested(self):
        """What one function makes of a value is given to another."""
        maker = self.random.choice([f for f in self.functions if f[2].startswith("logfsm.") and f[2][7:] in values.OWN_TYPES and not f[1] and "internal" not in f[4] and "cstring" not in f[4]])
        takers = [f for f in self.functions if maker[2] in f[4]]
        taker = self.random.choice(takers)
        place = self.random.choice([i for i, t in enumerate(taker[4]) if t == maker[2]])
        given = [self.values.argument(t) for t in taker[4]]
        given[place] = f"logfsm.{maker[0]}({self.arguments_of(maker)})"
        return f"{taker[0]} of {maker[0]}", f"SELECT count(*) FROM (SELECT logfsm.{taker[0]}({', '.join(given)}) LIMIT 50) AS x"

    def of_model(self):
        function = self.random.choice(self.of_models)
        # Undone, so that the next call finds the models as they were.
        return f"model {function[0]}", f"BEGIN; SELECT count(*) FROM (SELECT logfsm.{function[0]}({self.arguments_of(function)}) LIMIT 50) AS x; ROLLBACK"

    def accept(self, count):
        """Mutates values and keeps those that input takes."""
        for kind in values.OWN_TYPES:
            known = self.values.seeds[kind] + self.values.accepted[kind][-20:]
            for _ in range(count):
                data = values.mutated(self.random, self.random.choice(known))
                if self.call(f"input of {kind}", f"SELECT length(({self.values.literal(kind, data)})::text)"):
                    self.values.accepted[kind].append(data)
            del self.values.accepted[kind][:-400]

    # Running them.

    def call(self, name, sql):
        """True where it succeeds."""
        self.called[name] += 1
        code, message = "00000", ""
        self.watcher.begin(self.session.pid)
        try:
            self.session.query(sql)
        except wire.SqlError as error:
            code, message = error.code, error.message
        except wire.Lost as error:
            code, message = "lost", str(error)
        seconds = self.watcher.end() if self.watcher.started else STUCK
        self.codes[code] += 1
        if code == "lost":
            self.found(self.watcher.ended or "crash", name, sql, message)
            time.sleep(0.5)
            self.connect()
            return False
        if code.startswith("XX") or PANIC.search(message) and not code.startswith(("22", "54")):
            self.found(f"error {code}", name, sql, message)
        if self.watcher.peak > MOST_MB:
            self.found("memory", name, sql, f"{self.watcher.peak} MB")
        if self.watcher.peak > MOST_MB // 2:
            # What is kept from call to call is not counted against the next one.
            self.session.close()
            self.connect()
        if self.arguments.slack and seconds > TIMEOUT + self.arguments.slack:
            self.found("slow to cancel", name, sql, f"{seconds:.1f} s")
        if sql.startswith("BEGIN") and code != "00000":
            self.session.query("ROLLBACK")
        return code == "00000"

    def found(self, kind, name, sql, message):
        key = (kind, name.split(" of ")[0], re.sub(r"\d+", "N", re.sub(r'"[^"]*"', '"…"', message))[:100])
        if key not in self.findings:
            print(f"FOUND {kind}: {name}: {message[:300]}\n    {sql[:1500]}", flush=True)
            if self.arguments.keep:
                with open(self.arguments.keep, "a", encoding="utf-8") as kept:
                    kept.write(json.dumps({"kind": kind, "name": name, "message": message, "sql": sql}) + "\n")
        self.findings[key] = self.findings.get(key, 0) + 1

    def hold(self, document):
        """Puts an automaton where calls find it; again after the backend was replaced. False where it is refused."""
        self.session.query("CREATE TEMP TABLE IF NOT EXISTS hostile (v logfsm.automaton)")
        if self.session.query("SELECT 1 FROM hostile"):
            return True
        try:
            self.session.query(f"INSERT INTO hostile SELECT logfsm.from_json({self.values.json(document)})")
            return True
        except wire.SqlError:
            return False

    def hostile(self, size):
        """Every function that takes an automaton with each of those that were built to hurt."""
        takers = [function for function in self.functions if "logfsm.automaton" in function[4]]
        for name, document in values.hostile_automata(size).items():
            if not self.call(f"building {name}", f"SELECT length(logfsm.from_json({self.values.json(document)})::text)"):
                continue
            for function in takers:
                for method in self.methods if function[0] == "infer" else [None]:
                    given = ["(SELECT v FROM hostile)" if t == "logfsm.automaton" else self.values.argument(t) for t in function[4]]
                    given = given[: len(given) - function[3]]
                    if method:
                        given = [given[0], values.quoted(method)]
                    if self.hold(document):
                        call = f"logfsm.{function[0]}({', '.join(given)})"
                        self.call(f"{function[0]} of {name}", f"SELECT count(*) FROM (SELECT {call} LIMIT 50) AS x")
            self.session.close()
            self.connect()

    def run(self):
        modes = {
            "mixed": ((self.plain, 50), (self.aggregate, 15), (self.operator, 4), (self.cast, 3), (self.nested, 26), (self.of_model, 2)),
            "accepted": ((self.plain, 40), (self.aggregate, 6), (self.operator, 4), (self.nested, 50)),
            "models": ((self.of_model, 1),),
        }
        chosen = self.arguments.modes.split(",")
        if "hostile" in chosen:
            self.hostile(self.arguments.size)
        for mode in (mode for mode in chosen if mode in modes):
            makers, weights = zip(*modes[mode])
            self.values.prefer_accepted = mode == "accepted"
            until, calls = time.monotonic() + self.arguments.seconds, 0
            while calls < self.arguments.calls and time.monotonic() < until:
                if mode != "models" and calls % 2000 == 0:
                    self.accept(self.arguments.mutants)
                name, sql = self.random.choices(makers, weights)[0]()
                self.call(name, sql)
                calls += 1
                if self.arguments.verbose and calls % 2000 == 0:
                    print(mode, calls, dict(self.codes.most_common(8)), flush=True)
        total = sum(self.called.values())
        print(f"{total} calls of {len(self.called)} kinds, results {dict(self.codes.most_common(12))}, {len(self.findings)} findings")
        for key, count in self.findings.items():
            print(f"    {count} × {key}")
        return 1 if self.findings else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", required=True)
    parser.add_argument("--database", default="attack")
    parser.add_argument("--calls", type=int, default=10**9)
    parser.add_argument("--seconds", type=float, default=1e9)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mutants", type=int, default=50, help="mutations of each type tried now and then")
    parser.add_argument("--modes", default="mixed,accepted,models,hostile")
    parser.add_argument("--size", type=int, default=2000, help="states of the hostile automata")
    parser.add_argument("--slack", type=float, default=0, help="seconds after its timeout in which a call must end; 0: not looked at")
    parser.add_argument("--keep", help="a file for the statements of findings")
    parser.add_argument("--verbose", action="store_true")
    sys.exit(Attack(parser.parse_args()).run())


if __name__ == "__main__":
    main()
