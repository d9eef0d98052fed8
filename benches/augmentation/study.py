"""Does data from the machine help a classifier? Real and synthetic traces side by side in SQL, forests in scikit-learn.

Protocol: few labelled traces of HDFS for training, the other half of the anomalies and 7,000 normal traces for testing,
normals weighted to the full set; the decision threshold is 0.5 and the machine is fitted on the training subset only.
ADFA (system calls, six kinds of attacks) is the second log: half of its normal traces train, the others test.
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
TIMES = 5  # synthetic normals per real one


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


SCHEMA = """
CREATE TABLE IF NOT EXISTS real_events (trace_key text, seq int, event text, is_anomalous boolean);
TRUNCATE real_events;
CREATE TABLE IF NOT EXISTS machine (automaton logfsm.automaton);
TRUNCATE machine;
CREATE OR REPLACE VIEW synthetic_normals AS
    SELECT g.trace, array_agg(g.event ORDER BY g.seq) AS events
    FROM machine m, (SELECT count(DISTINCT trace_key) AS n FROM real_events WHERE NOT is_anomalous) r,
         logfsm.generate(m.automaton, (%(times)s * r.n)::bigint, seed => %(seed)s) g
    GROUP BY g.trace;
"""
# A trace as a value from an array of event types.
OF_ARRAY = "(SELECT logfsm.trace_agg(u.event, u.seq) FROM unnest(c.events) WITH ORDINALITY AS u (event, seq))"


def fit(connection, normals, anomalies, seed):
    """Loads the training subset, infers the machine from its normals and defines the views."""
    with connection.cursor() as cursor:
        cursor.execute("DROP VIEW IF EXISTS synthetic_normals")
        for statement in SCHEMA.replace("%(times)s", str(TIMES)).replace("%(seed)s", str(seed)).split(";\n"):
            if statement.strip():
                cursor.execute(statement)
        with cursor.copy("COPY real_events FROM STDIN") as copy:
            for i, (events, label) in enumerate([(t, False) for t in normals] + [(t, True) for t in anomalies]):
                for seq, event in enumerate(events):
                    copy.write_row((str(i), seq, event, label))
        cursor.execute(
            "INSERT INTO machine SELECT logfsm.infer(logfsm.prefix_tree_agg(t)) FROM "
            "(SELECT logfsm.trace_agg(event, seq) AS t FROM real_events WHERE NOT is_anomalous GROUP BY trace_key) s"
        )
        cursor.execute("SELECT events FROM synthetic_normals ORDER BY trace")
        return [row[0] for row in cursor.fetchall()]


def rejected(connection, candidates):
    """The candidates that the machine calls anomalous."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE IF NOT EXISTS candidates (n int, events text[])")
        cursor.execute("TRUNCATE candidates")
        with cursor.copy("COPY candidates FROM STDIN") as copy:
            for n, events in enumerate(candidates):
                copy.write_row((n, events))
        cursor.execute(
            f"SELECT c.events FROM candidates c, machine m "
            f"WHERE logfsm.score(m.automaton, {OF_ARRAY}) > logfsm.threshold(m.automaton) ORDER BY c.n"
        )
        return [row[0] for row in cursor.fetchall()]


def mutant(events, types, numbers):
    """One fault: cut off, or one or a few events missing, repeated, replaced, of a type never seen, or in a wrong place."""
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


def mutants(sources, count, types, numbers):
    return [mutant(numbers.choice(sources), types, numbers) for _ in range(count)]


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
    """Event counts, with one column for all types that training has not."""

    def __init__(self, traces):
        self.types = sorted({event for trace in traces for event in trace} - {"never seen"})
        self.index = {event: i for i, event in enumerate(self.types)}

    def __call__(self, traces):
        table = numpy.zeros((len(traces), len(self.types) + 1))
        for row, trace in enumerate(traces):
            for event in trace:
                table[row, self.index.get(event, len(self.types))] += 1
        return table


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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--log", choices=SIZES, default="hdfs")
    parser.add_argument("--sizes", type=int, nargs="*")
    arguments = parser.parse_args()
    train, normal, abnormal = hdfs() if arguments.log == "hdfs" else ([], *adfa())
    sizes = SIZES[arguments.log]
    connection = psycopg.connect(autocommit=True)
    for size in range(len(sizes)) if arguments.sizes is None else arguments.sizes:
        n, k = sizes[size]
        seeds = arguments.seeds if n < 4855 else min(arguments.seeds, 3)
        results = {}
        for seed in range(seeds):
            numbers = random.Random(f"{n}/{k}/{seed}")
            if train:
                normals, tested, times = numbers.sample(train, n), normal, (ALL_NORMAL - n) / len(normal)
            else:
                mixed = numbers.sample(normal, len(normal))
                normals, tested, times = mixed[:n], mixed[n:], 1.0
            shuffled = numbers.sample(abnormal, len(abnormal))
            anomalies, held = shuffled[: len(abnormal) // 2][:k], shuffled[len(abnormal) // 2 :]
            generated = fit(connection, normals, anomalies, seed)
            types = sorted({event for trace in normals for event in trace})
            features = Features(normals)
            labels = numpy.array([0] * len(tested) + [1] * len(held))
            weights = numpy.array([times] * len(tested) + [1.0] * len(held))
            test = tested + held
            distinct = {tuple(t): i for i, t in enumerate(dict.fromkeys(map(tuple, test)))}
            where = numpy.array([distinct[tuple(t)] for t in test])
            unique = [list(t) for t in distinct]
            faulty = rejected(connection, mutants(generated, 3 * n, types, numbers))[:n]
            # name: traces, labels, and rows of counts that are no traces
            sets = {"no label, mutants the FSM rejects": (normals + generated + faulty, [0] * (len(normals) + len(generated)) + [1] * len(faulty), None)}
            if k:
                real = (normals + anomalies, [0] * n + [1] * k)
                extra = smote(features(anomalies), n - k, numbers)
                sets |= {
                    "real only": (*real, None),
                    "oversampling": (normals + anomalies * (n // k), [0] * n + [1] * (k * (n // k)), None),
                    "SMOTE": (*real, extra),
                    "mutated real normals": (real[0] + mutants(normals, n, types, numbers), real[1] + [1] * n, None),
                    "FSM normals x5 + mutants the FSM rejects": (
                        real[0] + generated + faulty, real[1] + [0] * len(generated) + [1] * len(faulty), None),
                }
            for name, (traces, marks, rows) in sets.items():
                x, y = features(traces), numpy.array(marks)
                models = {
                    "random forest": RandomForestClassifier(100, random_state=seed),
                    "decision tree": DecisionTreeClassifier(random_state=seed),
                    "2-gram Bayes": None,
                }
                for model_name, model in models.items():
                    if model is None:
                        if rows is not None:
                            continue
                        bigrams = Bigrams(traces).fit(traces, marks)
                        scores = bigrams.scores(unique)[where]
                    else:
                        more = (x, y) if rows is None else (numpy.vstack([x, rows]), numpy.append(y, [1] * len(rows)))
                        model.fit(*more)
                        scores = model.predict_proba(features(unique))
                        # Without an example of an anomaly nothing is one.
                        scores = scores[:, 1][where] if scores.shape[1] == 2 else numpy.zeros(len(where))
                    figures = (
                        f1_score(labels, scores > 0.5, sample_weight=weights),
                        roc_auc_score(labels, scores, sample_weight=weights),
                        average_precision_score(labels, scores, sample_weight=weights),
                    )
                    results.setdefault((model_name, name), []).append(figures)
        report(n, k, seeds, results)


def report(n, k, seeds, results):
    print(f"\n{n} normals + {k} labelled anomalies, {seeds} paired seeds: mean F1 / AUROC / AUPRC, F1 over real only (95 % interval)")
    for (model, name), figures in sorted(results.items()):
        mean = numpy.mean(figures, axis=0)
        base = results.get((model, "real only"))
        versus = ""
        if base and name != "real only":
            gain = numpy.array(figures)[:, 0] - numpy.array(base)[:, 0]
            margin = 1.96 * gain.std(ddof=1) / len(gain) ** 0.5 if len(gain) > 1 else float("nan")
            versus = f"{gain.mean():+.3f} ± {margin:.3f}"
        print(f"{model:<14} {name:<42} {mean[0]:.3f} / {mean[1]:.3f} / {mean[2]:.3f}  {versus}", flush=True)


if __name__ == "__main__":
    main()
