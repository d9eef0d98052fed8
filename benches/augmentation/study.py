"""Does data from the machine help a classifier? Real and synthetic traces side by side in SQL, forests in scikit-learn.

Protocol: few labelled traces of HDFS for training, the other half of the anomalies and 7,000 normal traces for testing,
normals weighted to the full set; the decision threshold is 0.5 and the machine is fitted on the training subset only.
ADFA (system calls, six kinds of attacks) is the second log: half of its normal traces train, the others test.
--validate looks only at traces that the protocol keeps from testing: what was chosen here, was chosen by these.
Run it with benches/augmentation/run.sh, which starts a private cluster.
"""

import argparse
import csv
import gzip
import os
import random
from collections import Counter
from pathlib import Path

import numpy
import psycopg
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score
from sklearn.tree import DecisionTreeClassifier

ALL_NORMAL = 558_223
SIZES = {"hdfs": [(56, 2), (558, 17), (558, 0), (4855, 146)], "adfa": [(26, 2), (26, 10), (26, 0)]}
# auto also tries synoptic, which takes minutes where traces are hundreds of system calls long.
METHODS = {"hdfs": "'auto'", "adfa": "'mdl'"}
# What makes a synthetic trace an anomaly: its score; or, where 26 long traces that all differ set a threshold that no
# fault reaches, that the machine does not accept it.
BEYOND = {"hdfs": "m.threshold", "adfa": "0"}
ODD = {"hdfs": "logfsm.score(m.automaton, s.trace) > m.threshold", "adfa": "NOT logfsm.accepts(m.automaton, s.trace)"}
TIMES = 5  # synthetic normals per real one
# The published way to count: types that only anomalies have are columns of their own.
BY_TYPE = "real only, a column per type"


def hdfs():
    train, normal, abnormal = [], [], []
    path = Path(os.environ["LOGFSM_DATA"]) / "hdfs/hdfs_logdeep_sequences.csv.gz"
    with gzip.open(path, "rt") as file:
        for row in csv.DictReader(file):
            events = row["event_ids"].split()
            if row["source_file"] == "hdfs_train":
                train.append(events)
            elif row["source_file"] == "hdfs_test_abnormal":
                abnormal.append(events)
            elif row["source_file"].startswith("robust") and row["label"] == "0":
                normal.append(events)
    return train, normal, abnormal


def adfa():
    normal, abnormal = [], []
    with gzip.open(Path(os.environ["LOGFSM_DATA"]) / "adfa/adfa_sequences.csv.gz", "rt") as file:
        for row in csv.DictReader(file):
            (normal if row["label"] == "0" else abnormal).append(row["event_ids"].split())
    return normal, abnormal


# What a user does: a machine and a generator from the real normal traces, and views over real and synthetic ones.
SCHEMA = """
DROP TABLE IF EXISTS real_events, machine, synthetic;
CREATE TABLE real_events (trace_key text, seq int, event text, is_anomalous boolean);
"""
LEARN = """
CREATE TABLE machine AS
SELECT m.*, logfsm.threshold(automaton) AS threshold, logfsm.generator(tree, automaton) AS generator
FROM (SELECT tree, logfsm.infer(tree, %(method)s) AS automaton
      FROM (SELECT logfsm.prefix_tree_agg(trace) AS tree
            FROM (SELECT logfsm.trace_agg(event, seq) AS trace FROM real_events WHERE NOT is_anomalous GROUP BY trace_key) AS t) AS p) AS m;
CREATE TABLE synthetic AS
SELECT 'normal' AS kind, t.number, t.trace FROM machine AS m
CROSS JOIN LATERAL logfsm.generate_traces(m.generator, %(normals)s, seed => %(seed)s) AS t;
-- Faults of eight kinds in generated normal traces, kept where the machine's score calls them anomalous.
INSERT INTO synthetic
SELECT 'mutant', t.number, t.trace FROM machine AS m
CROSS JOIN LATERAL logfsm.generate_traces(m.generator, %(mutants)s, seed => %(seed)s + 1, options => jsonb_build_object(
    'kind', 'anomalous', 'beyond', %(beyond)s,
    'mutations', array['cut', 'drop', 'repeat', 'replace', 'insert', 'swap', 'move', 'unseen'])) AS t;
-- A ninth kind: the beginning of one generated normal trace and the end of another one, kept likewise.
INSERT INTO synthetic
SELECT 'splice', s.number, s.trace
FROM machine AS m CROSS JOIN LATERAL (
    SELECT a.number, logfsm.trace_agg(e.event, e.part * 100000 + e.seq) AS trace
    FROM (SELECT number, trace, hashint8extended(number, %(seed)s) & 1048575 AS h, hashint8extended(number, %(seed)s + 1) & 1048575 AS i,
                 1 + (hashint8extended(number, %(seed)s + 2) & 1048575) %% (%(normals)s) AS other
          FROM synthetic WHERE kind = 'normal') AS a
    JOIN synthetic AS b ON b.kind = 'normal' AND b.number = a.other
    CROSS JOIN LATERAL (
        SELECT 1 AS part, seq, event FROM logfsm.events(a.trace) WHERE seq <= 1 + a.h %% logfsm.length(a.trace)
        UNION ALL SELECT 2, seq, event FROM logfsm.events(b.trace) WHERE seq > a.i %% logfsm.length(b.trace)) AS e
    GROUP BY a.number) AS s
WHERE %(odd)s ORDER BY s.number LIMIT %(mutants)s;
"""
READ = """
SELECT s.kind, (SELECT array_agg(e.event ORDER BY e.seq) FROM logfsm.events(s.trace) AS e), logfsm.score(m.automaton, s.trace) / m.threshold
FROM synthetic AS s, machine AS m ORDER BY s.kind, s.number
"""
SCORES = """
SELECT logfsm.score(m.automaton, (SELECT logfsm.trace_agg(u.event, u.seq) FROM unnest(c.events) WITH ORDINALITY AS u (event, seq))) / m.threshold
FROM candidates AS c, machine AS m ORDER BY c.n
"""


class Database:
    """The private cluster."""

    def __init__(self, log):
        self.choices = {"method": METHODS[log], "beyond": BEYOND[log], "odd": ODD[log]}
        self.connection = psycopg.connect(autocommit=True)

    def learn(self, normals, anomalies, mutants, seed):
        """Loads the training subset and learns from its normals; gives synthetic traces with their scores by kind."""
        with self.connection.cursor() as cursor:
            cursor.execute(SCHEMA)
            with cursor.copy("COPY real_events FROM STDIN") as copy:
                for i, (events, label) in enumerate([(t, False) for t in normals] + [(t, True) for t in anomalies]):
                    for seq, event in enumerate(events):
                        copy.write_row((str(i), seq, event, label))
            values = {"normals": TIMES * len(normals), "mutants": mutants, "seed": seed} | self.choices
            for statement in LEARN.split(";\n"):
                if statement.strip():
                    cursor.execute(statement % values)
            made = {"normal": [], "mutant": [], "splice": []}
            cursor.execute(READ)
            for kind, events, score in cursor:
                made[kind].append((events, score))
        return made

    def scores(self, traces):
        """Scores over the machine's threshold."""
        with self.connection.cursor() as cursor:
            cursor.execute("CREATE TEMP TABLE IF NOT EXISTS candidates (n int, events text[])")
            cursor.execute("TRUNCATE candidates")
            with cursor.copy("COPY candidates FROM STDIN") as copy:
                for n, events in enumerate(traces):
                    copy.write_row((n, events))
            cursor.execute(SCORES)
            return [row[0] for row in cursor]


def mutant(events, types, numbers):
    """One fault by hand: cut off, or one or a few events missing, repeated, replaced, never seen, or in a wrong place."""
    events = list(events)
    kind = numbers.randrange(6)
    at = numbers.randrange(len(events))
    if kind == 0:
        return events[: max(1, at)]
    if kind == 1:
        for _ in range(numbers.randint(1, 3)):
            if len(events) > 1:
                del events[numbers.randrange(len(events))]
        return events
    if kind == 2:
        return events[:at] + [events[at]] * numbers.randint(1, 3) + events[at:]
    if kind == 3:
        events[at] = numbers.choice(types)
        return events
    if kind == 4:
        return events[:at] + ["never seen"] * numbers.randint(1, 3) + events[at:]
    other = numbers.randrange(len(events))
    events[at], events[other] = events[other], events[at]
    return events


def smote(anomalies, count, numbers):
    """Points between an anomaly and one of its five nearest others (Chawla et al. 2002)."""
    if len(anomalies) < 2:
        return numpy.repeat(anomalies, count, axis=0)
    made = []
    for _ in range(count):
        base = anomalies[numbers.randrange(len(anomalies))]
        far = ((anomalies - base) ** 2).sum(axis=1)
        other = anomalies[numbers.choice(numpy.argsort(far)[1:6].tolist())]
        made.append(base + numbers.random() * (other - base))
    return numpy.array(made)


class Features:
    """Event counts, with one column for all types that no normal training trace has: the machine knows none of them."""

    def __init__(self, normals):
        self.types = sorted({event for trace in normals for event in trace})
        self.index = {event: i for i, event in enumerate(self.types)}

    def __call__(self, traces, scores=None):
        table = numpy.zeros((len(traces), len(self.types) + 1))
        for row, trace in enumerate(traces):
            for event in trace:
                table[row, self.index.get(event, len(self.types))] += 1
        return table if scores is None else numpy.column_stack([table, scores])


class Bigrams(Features):
    """Naive Bayes over pairs of events, the sequence model."""

    def pairs(self, trace):
        padded = ["^", *(e if e in self.index else "?" for e in trace), "$"]
        return Counter(zip(padded, padded[1:]))

    def fit(self, traces, labels):
        self.weights = [Counter(), Counter()]
        self.sums, self.counts = [0, 0], [0, 0]
        for trace, label in zip(traces, labels):
            pairs = self.pairs(trace)
            self.weights[label].update(pairs)
            self.sums[label] += sum(pairs.values())
            self.counts[label] += 1
        return self

    def scores(self, traces):
        size = (len(self.types) + 3) ** 2
        prior = numpy.log((self.counts[1] + 0.5) / (self.counts[0] + 0.5))
        result = []
        for trace in traces:
            score = prior
            for pair, n in self.pairs(trace).items():
                p = [(self.weights[k][pair] + 0.01) / (self.sums[k] + 0.01 * size) for k in (0, 1)]
                score += n * numpy.log(p[1] / p[0])
            result.append(1 / (1 + numpy.exp(-numpy.clip(score, -500, 500))))
        return numpy.array(result)


class Split:
    """Which traces train and which test, by a seed."""

    def __init__(self, log, data, n, k, seed, validate):
        numbers = random.Random(f"{'validation ' if validate else ''}{n}/{k}/{seed}")
        train, normal, abnormal = data
        if log == "hdfs":
            order = numbers.sample(train, len(train))
            self.normals, tested = order[:n], order[n:] if validate else normal
            times = (ALL_NORMAL - n) / max(len(tested), 1)
        else:
            order = numbers.sample(normal, len(normal))
            self.normals, tested, times = order[:n], order[n:], 1.0
        shuffled = numbers.sample(abnormal, len(abnormal))
        half = len(abnormal) // 2
        self.anomalies = shuffled[:half][:k]
        held = shuffled[:half][k:] if validate else shuffled[half:]
        self.labels = numpy.array([0] * len(tested) + [1] * len(held))
        self.weights = numpy.array([times] * len(tested) + [1.0] * len(held))
        # Equal traces are judged once.
        test = tested + held
        distinct = {tuple(t): i for i, t in enumerate(dict.fromkeys(map(tuple, test)))}
        self.where = numpy.array([distinct[tuple(t)] for t in test])
        self.unique = [list(t) for t in distinct]
        self.numbers = numbers

    def figures(self, scores):
        scores = scores[self.where]
        weights = self.weights
        return (
            f1_score(self.labels, scores > 0.5, sample_weight=weights),
            roc_auc_score(self.labels, scores, sample_weight=weights),
            average_precision_score(self.labels, scores, sample_weight=weights),
        )


def run(database, split, n, k, seed):
    """The figures of every classifier on every training set."""
    normals, anomalies, numbers = split.normals, split.anomalies, split.numbers
    made = database.learn(normals, anomalies, n, seed)
    features = Features(normals)
    known = list(zip(normals, database.scores(normals)))
    labelled = list(zip(anomalies, database.scores(anomalies)))
    types = features.types
    by_hand = [(mutant(numbers.choice(normals), types, numbers), 0.0) for _ in range(n)]
    faulty = made["mutant"] + made["splice"]
    # name: normal traces, anomalous traces, whether the score is a column
    sets = {
        "no label: FSM normals x5 + FSM anomalies": (known + made["normal"], faulty, False),
        "no label: the same, score as a column": (known + made["normal"], faulty, True),
    }
    if k:
        sets |= {
            "real only": (known, labelled, False),
            BY_TYPE: (known, labelled, False),
            "oversampling": (known, labelled * max(1, n // k), False),
            "SMOTE": (known, labelled, False),
            "mutated real normals": (known, labelled + by_hand, False),
            "FSM anomalies": (known, labelled + faulty, False),
            "FSM normals x5 + FSM anomalies": (known + made["normal"], labelled + faulty, False),
            "the same, score as a column": (known + made["normal"], labelled + faulty, True),
        }
    tested = numpy.array(database.scores(split.unique))
    results = {("the machine alone", "score over its threshold"): split.figures(numpy.minimum(tested / 2, 1e3))}
    for name, (good, bad, with_score) in sets.items():
        traces, marks = [t for t, _ in good + bad], [0] * len(good) + [1] * len(bad)
        counts = Features(normals + anomalies) if name == BY_TYPE else features
        x = counts(traces, [s for _, s in good + bad] if with_score else None)
        y = numpy.array(marks)
        if name == "SMOTE":
            more = smote(features(anomalies), n - k, numbers)
            x, y = numpy.vstack([x, more]), numpy.append(y, [1] * len(more))
        judged = counts(split.unique, tested if with_score else None)
        for model_name, model in (
            ("random forest", RandomForestClassifier(100, random_state=seed)),
            ("decision tree", DecisionTreeClassifier(random_state=seed)),
        ):
            model.fit(x, y)
            results[model_name, name] = split.figures(model.predict_proba(judged)[:, 1])
        if name not in ("SMOTE", BY_TYPE) and not with_score:
            bigrams = Bigrams(normals).fit(traces, marks)
            results["2-gram Bayes", name] = split.figures(bigrams.scores(split.unique))
    return results


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, help="default: 30, 10 from 558 normals on")
    parser.add_argument("--log", choices=SIZES, default="hdfs")
    parser.add_argument("--sizes", type=int, nargs="*")
    parser.add_argument("--validate", action="store_true")
    arguments = parser.parse_args()
    data = hdfs() if arguments.log == "hdfs" else ([], *adfa())
    sizes = SIZES[arguments.log]
    database = Database(arguments.log)
    for size in range(len(sizes)) if arguments.sizes is None else arguments.sizes:
        n, k = sizes[size]
        seeds = arguments.seeds or (30 if n < 558 else 10)
        results = {}
        for seed in range(seeds):
            split = Split(arguments.log, data, n, k, seed, arguments.validate)
            for key, figures in run(database, split, n, k, seed).items():
                results.setdefault(key, []).append(figures)
        report(n, k, seeds, results)


def report(n, k, seeds, results):
    print(f"\n{n} normals + {k} labelled anomalies, {seeds} paired seeds: mean F1 / AUROC / AUPRC, F1 over real only, and over a column per type (95 % intervals)")
    for (model, name), figures in sorted(results.items()):
        mean = numpy.mean(figures, axis=0)
        versus = []
        for base_name in ("real only", BY_TYPE):
            base = results.get((model, base_name))
            if base and name != base_name:
                gain = numpy.array(figures)[:, 0] - numpy.array(base)[:, 0]
                margin = 1.96 * gain.std(ddof=1) / len(gain) ** 0.5 if len(gain) > 1 else float("nan")
                versus.append(f"{gain.mean():+.3f} ± {margin:.3f}")
        print(f"{model:<18} {name:<42} {mean[0]:.3f} / {mean[1]:.3f} / {mean[2]:.3f}  {'  '.join(versus)}", flush=True)


if __name__ == "__main__":
    main()
