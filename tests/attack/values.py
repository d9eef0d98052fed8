"""Arguments for calls, by type: valid ones, mutated ones, and hostile ones that are built to be valid and to hurt."""

import base64
import json

OWN_TYPES = ("trace", "automaton", "templates", "trace_set", "invariant_counts", "generator")

INTEGERS = (0, 1, -1, 2, 3, 5, 7, 10, 31, 32, 63, 64, 65, 100, 127, 128, 255, 1000, 4096, 65535, 65536, 2**24, 2**31 - 1, -(2**31))
BIG_INTEGERS = INTEGERS + (2**31, 2**32, 2**40 - 1, 2**40, 2**53, 2**62, 2**63 - 1, -(2**63) + 1)
FLOATS = ("0", "-0", "1", "-1", "0.5", "0.001", "1.0000001", "1e-300", "1e300", "4.9e-324", "NaN", "Infinity", "-Infinity")
TIMES = ("-infinity", "infinity", "4713-01-01 BC", "294276-12-31 23:59:59.999999+00", "2026-01-01", "1970-01-01", "2000-01-01 00:00:00.000001+00")
INTERVALS = ("0", "1 microsecond", "10 minutes", "1 day", "-1 day", "2147483647 months", "-178000000 years", "178000000 years")
KEYS = (
    "1::integer", "2::bigint", "3::smallint", "'k'::text", "'v'::varchar", "'n'::name", "'c'::\"char\"", "1.50::numeric", "2.5::float8",
    "'2026-01-01'::date", "'12:00'::time", "'1 day'::interval", "'00000000-0000-0000-0000-000000000001'::uuid", "'\\x0001'::bytea",
    "'10.0.0.1'::inet", "ARRAY[1, 2]", "'{}'::jsonb", "true", "'[1,2)'::int4range", "'101'::bit(3)", "'(1,2)'::point", "ROW(1, 2)",
    "NULL::text",
)
TEXTS = (
    "", " ", "\n", "\\", "'", '"', "$$", "%s%n", "é" * 40, "😀" * 20, "\u2028", "\ufeff", "\u202ex", "\x01\x7f", "a" * 3000, "<*>",
    "<*><*> <*>", "{}", "[]", "null", "-1", "1e400", "x'; SELECT 1; --", "pg_catalog.pg_class", "public", "*", "%", "_", "INITIAL",
)
PATTERNS = (
    "(a+)+$", "(?:a?){50}a{50}", "(?:a{0,1000}){0,1000}", "(?:a?){5000}a{5000}", "(((((((((a*)*)*)*)*)*)*)*)*)", "(?i)" + "a?" * 200,
    "[[:alpha:]", "(?<n>x)(?<n>y)", "\\x{110000}", ".*", "(?s).*", "^$|", "(?<TIME>.*)", "(?<TYPE>\\w+) (?<MESSAGE>.*)", "(?<TRACE>.*)(?<MESSAGE>.*)",
    "(?<DATETIME>\\S+) (?<MESSAGE>.*)", "(?<TYPE=>x)", "(?<HIDE=>true)", "(?<>)", "(?<a b>c)", "\\d+" * 50, "\\pL{1000}", "[\\pL--a]{500}",
)
JSON_ATOMS = (None, True, False, 0, 1, -1, 2, 0.5, 1e308, -1e308, 1e-320, 2**31, 2**53, 2**63 - 1, 2**64, "", "auto", "yes", "no", "x" * 200)


def quoted(text):
    """A literal of SQL."""
    text = text.replace("\0", "").replace("'", "''")
    return ("E'" + text.replace("\\", "\\\\") + "'") if "\\" in text else f"'{text}'"


def mutated(random, data):
    """Bytes with a few changes: bits, bytes, runs, lengths, truncation."""
    data = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 4, 9))):
        if not data:
            break
        at = random.randrange(len(data))
        change = random.randrange(8)
        if change == 0:
            data[at] ^= 1 << random.randrange(8)
        elif change == 1:
            data[at] = random.choice((0, 1, 0x7F, 0x80, 0xFF, random.randrange(256)))
        elif change == 2:
            data[at] = (data[at] + random.choice((1, -1))) % 256
        elif change == 3:
            del data[at : at + random.randrange(1, 7)]
        elif change == 4:
            data[at:at] = bytes(random.randrange(256) for _ in range(random.randrange(1, 7)))
        elif change == 5:
            # A number as long as the format's largest.
            data[at:at] = b"\xff" * random.randrange(1, 9) + b"\x7f"
        elif change == 6:
            source, count = random.randrange(len(data)), random.randrange(1, 24)
            data[at : at + count] = data[source : source + count]
        else:
            del data[at:]
    return bytes(data)


def mutated_json(random, document):
    """A JSON document with one to three nodes changed."""
    document = json.loads(json.dumps(document))
    for _ in range(random.choice((1, 1, 2, 3))):
        node = document
        while isinstance(node, (dict, list)) and node:
            key = random.choice(list(node)) if isinstance(node, dict) else random.randrange(len(node))
            child = node[key]
            if random.random() < 0.7 and isinstance(child, (dict, list)) and child:
                node = child
                continue
            if isinstance(child, int) and not isinstance(child, bool) and random.random() < 0.7:
                node[key] = random.choice((child + 1, child - 1, child * 2, 0, -1, 2**31, 2**32, 2**63 - 1, 2**64 - 1, 0.5))
            elif random.random() < 0.5:
                node[key] = random_json(random)
            elif isinstance(node, list):
                node.append(child)
            else:
                del node[key]
            break
    return document


def random_json(random, depth=0):
    """Some JSON value, nested at most three deep, now and then very deep."""
    chance = random.random()
    if chance < 0.02 and depth == 0:
        deep = random.choice((64, 127, 128, 200, 400))
        return json.loads("[" * deep + "]" * deep) if random.random() < 0.5 else _nested(deep)
    if chance < 0.7 or depth >= 3:
        return random.choice(JSON_ATOMS + TEXTS[:12])
    if chance < 0.85:
        return [random_json(random, depth + 1) for _ in range(random.randrange(4))]
    return {random.choice(TEXTS[:8] + ("a", "b", "k")): random_json(random, depth + 1) for _ in range(random.randrange(4))}


def _nested(deep):
    value = 1
    for _ in range(deep):
        value = {"a": value}
    return value


def automaton_document(labels, stops, transitions, inferred=True):
    """The JSON form of an automaton; transitions are (source, label, target, count), and flow must be conserved."""
    histogram = {"min": 0, "max": 0, "sum": "0", "buckets": []}
    return {
        "version": 2,
        "kind": {"inferred": {"method": "k_tails", "options": {}, "notes": []}} if inferred else "prefix_tree",
        "labels": [{"component": None, "event": label} for label in sorted(labels)],
        "stops": stops,
        "transitions": [
            {"source": source, "label": label, "target": target, "count": count, "delays": histogram, "parameters": {"items": []}}
            for source, label, target, count in sorted(transitions)
        ],
        "totals": {
            "traces": sum(stops),
            "distinct_traces": min(sum(stops), sum(1 for stop in stops if stop)),
            "events": sum(transition[3] for transition in transitions),
            "ties": 0,
            "timed_traces": 0,
            "events_with_parameters": 0,
            "earliest": 0,
            "latest": 0,
        },
        "durations": histogram,
        "starts": {"items": []},
        "pair_times": [],
    }


def hostile_automata(size):
    """Automata that are valid and hurt whoever goes over their paths, their pairs of states or of labels."""
    names = [f"e{i:07}" for i in range(size)]
    few = names[:3]
    # Every prefix of one long trace is a trace: their lengths add up to size² / 2.
    chain = automaton_document(few, [0] + [1] * size, [(i, i % 3, i + 1, size - i) for i in range(size)], inferred=False)
    # The same with a loop at its end.
    looped = automaton_document(
        few, [0] * size + [1], [(i, i % 3, i + 1, 1) for i in range(size)] + [(size, 0, size, 5), (size, 1, size, 2**61)]
    )
    # As many event types as there are traces.
    star = automaton_document(names, [0] + [1] * size, [(0, i, i + 1, 1) for i in range(size)], inferred=False)
    # All paths at once: of one label, so that nothing tells which.
    side = max(2, int(size**0.5))
    tangle = automaton_document(
        few[:1], [1] + [0] * (side - 1), [(i, 0, j, 1) for i in range(side) for j in range(side)]
    )
    # The same with a label for each state.
    complete = automaton_document(
        names[:side], [1] + [0] * (side - 1), [(i, j, j, 1) for i in range(side) for j in range(side)]
    )
    # A loop that takes no end of traces to leave.
    endless = automaton_document(few[:1], [2**40], [(0, 0, 0, 2**62)])
    return {"chain": chain, "looped": looped, "star": star, "tangle": tangle, "complete": complete, "endless": endless}


class Values:
    """Draws arguments. `seeds` are binary forms by type, `texts` strings that mean something to the models at hand."""

    def __init__(self, random, seeds, prefixes, documents, texts, options, choices):
        self.random = random
        self.seeds = seeds
        self.prefixes = prefixes
        self.documents = documents
        self.texts = texts
        self.options = options
        self.choices = choices
        # Mutated values that the input functions took: they get further than most.
        self.accepted = {kind: [] for kind in OWN_TYPES}
        self.prefer_accepted = False

    def literal(self, kind, data):
        return f"'{self.prefixes[kind]}{base64.b64encode(data).decode()}'::logfsm.{kind}"

    def own(self, kind):
        """A value of a type of ours."""
        random, chance = self.random, self.random.random()
        if self.accepted[kind] and chance < (0.8 if self.prefer_accepted else 0.25):
            return self.literal(kind, random.choice(self.accepted[kind]))
        if chance < 0.85:
            return self.literal(kind, random.choice(self.seeds[kind]))
        if chance < 0.96:
            return self.literal(kind, mutated(random, random.choice(self.seeds[kind])))
        if chance < 0.98:
            other = random.choice(OWN_TYPES)
            return self.literal(other, random.choice(self.seeds[other])).rsplit("::", 1)[0] + f"::logfsm.{kind}"
        return f"NULL::logfsm.{kind}"

    def text(self):
        random, chance = self.random, self.random.random()
        if chance < 0.5:
            return random.choice(self.texts)
        if chance < 0.7:
            return random.choice(TEXTS)
        if chance < 0.85:
            return random.choice(PATTERNS)
        if chance < 0.93:
            characters = (random.choice((random.randrange(1, 128), random.randrange(128, 0xD800), random.randrange(0x10000, 0x110000))) for _ in range(random.randrange(30)))
            return "".join(map(chr, characters))
        return random.choice(self.texts) + random.choice(TEXTS)

    def option_object(self):
        """Options: names that exist with values that may, and others."""
        random = self.random
        if random.random() < 0.2:
            return {}
        if random.random() < 0.1:
            return random_json(random)
        chosen = {}
        for _ in range(random.randrange(1, 4)):
            name = random.choice(self.options)
            if name in self.choices and random.random() < 0.7:
                chosen[name] = random.choice(self.choices[name])
            else:
                chosen[name] = random.choice((random.choice(INTEGERS), random.choice((0.0, 0.01, 0.5, 1.0, -1.0)), True, False, random_json(random)))
        return chosen

    def json(self, value):
        text = json.dumps(value).replace("\\u0000", "")
        return quoted(text) + "::jsonb"

    def argument(self, sql_type):
        """An argument of a type, as SQL."""
        random = self.random
        if sql_type in ("anyelement", '"any"', "anycompatible"):
            return random.choice(KEYS)
        if random.random() < 0.04:
            return f"NULL::{'text' if sql_type == 'internal' else sql_type}"
        if sql_type.startswith("logfsm."):
            kind = sql_type[len("logfsm.") :]
            if kind.endswith("[]"):
                return f"ARRAY[{', '.join(self.own(kind[:-2]) for _ in range(random.randrange(4)))}]::{sql_type}"
            return self.own(kind) if kind in OWN_TYPES else f"NULL::{sql_type}"
        if sql_type == "integer":
            return f"({random.choice(INTEGERS)})::integer"
        if sql_type == "bigint":
            return f"({random.choice(BIG_INTEGERS)})::bigint"
        if sql_type == "double precision":
            return f"'{random.choice(FLOATS)}'::float8"
        if sql_type == "boolean":
            return random.choice(("true", "false"))
        if sql_type == "jsonb":
            return self.json(self.option_object())
        if sql_type == "timestamp with time zone":
            return f"'{random.choice(TIMES)}'::timestamptz"
        if sql_type == "interval":
            return f"'{random.choice(INTERVALS)}'::interval"
        if sql_type == "regclass":
            return random.choice(("'lines'", "'orders.traces'", "'pg_class'", "'orders.real_traces'", "0", "4294967295")) + "::regclass"
        if sql_type == "bytea":
            kind = random.choice(OWN_TYPES)
            return f"'\\x{mutated(random, random.choice(self.seeds[kind])).hex()}'::bytea"
        if sql_type == "cstring":
            kind = random.choice(OWN_TYPES)
            return quoted(random.choice((self.text(), self.prefixes[kind] + self.text()))) + "::cstring"
        if sql_type == "internal":
            return "NULL"
        if sql_type == "integer[]":
            return f"ARRAY[{', '.join(random.choice((str(random.choice(INTEGERS)), 'NULL')) for _ in range(random.randrange(6)))}]::integer[]"
        if sql_type == "text[]":
            return f"ARRAY[{', '.join(random.choice((quoted(self.text()), 'NULL')) for _ in range(random.randrange(4)))}]::text[]"
        if sql_type in ("text", "character varying", "name"):
            return quoted(self.text()) + "::text"
        return f"NULL::{sql_type}"
