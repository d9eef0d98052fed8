"""Synthetic traces by others, learned from the same training traces as ours; see peers.sh.

Reads train.csv (trace, seq, event) of a directory and writes there a file of the same form per generator, and seconds.csv
(generator, training seconds, sampling seconds, rows sampled).
"""

import argparse
import os
import time
import warnings

import pandas
import pm4py
from pm4py.algo.simulation.montecarlo.utils import replay
from pm4py.algo.simulation.playout.dfg import algorithm as dfg_playout
from pm4py.algo.simulation.playout.petri_net import algorithm as net_playout

warnings.filterwarnings("ignore")
ACTIVITY, CASE, TIME = "concept:name", "case:concept:name", "time:timestamp"


def rows_of(log):
    """(trace, seq, event) of a pm4py log."""
    return [(n, seq, event[ACTIVITY]) for n, trace in enumerate(log, 1) for seq, event in enumerate(trace, 1)]


def dfg(train, traces, _):
    """The most probable variants of the directly-follows graph, as often as they are likely to occur."""
    start = time.perf_counter()
    graph, first, last = pm4py.discover_dfg(train)
    learned = time.perf_counter()
    variant = dfg_playout.Variants.CLASSIC
    often = train.groupby(["trace", "event"]).size().max()
    parameters = {
        variant.value.Parameters.MAX_NO_VARIANTS: traces,
        variant.value.Parameters.MAX_NO_OCC_PER_ACTIVITY: int(often),
        variant.value.Parameters.MAX_EXECUTION_TIME: 120,
        variant.value.Parameters.RETURN_VARIANTS: True,
    }
    variants = dfg_playout.apply(graph, first, last, variant=variant, parameters=parameters)
    drawn = [trace for trace, times in variants.items() for _ in range(times)]
    rows = [(n, seq, event) for n, trace in enumerate(drawn, 1) for seq, event in enumerate(trace, 1)]
    return learned - start, time.perf_counter() - learned, rows


def stochastic(train, traces, _):
    """A net by the inductive miner, its weights by replaying the training traces."""
    start = time.perf_counter()
    net, first, last = pm4py.discover_petri_net_inductive(train, noise_threshold=0.2)
    weights = replay.get_map_from_log_and_net(pm4py.convert_to_event_log(train), net, first, last)
    learned = time.perf_counter()
    variant = net_playout.Variants.STOCHASTIC_PLAYOUT
    parameters = {
        variant.value.Parameters.NO_TRACES: traces,
        variant.value.Parameters.MAX_TRACE_LENGTH: 300,
        variant.value.Parameters.STOCHASTIC_MAP: weights,
    }
    log = net_playout.apply(net, first, last, parameters=parameters, variant=variant)
    return learned - start, time.perf_counter() - learned, rows_of(log)


def par(train, traces, epochs):
    """SDV's autoregressive network: traces are sequences of one categorical column."""
    from sdv.metadata import Metadata
    from sdv.sequential import PARSynthesizer

    table = train[["trace", "seq", "event"]]
    columns = {"trace": {"sdtype": "id"}, "seq": {"sdtype": "numerical"}, "event": {"sdtype": "categorical"}}
    form = {"columns": columns, "sequence_key": "trace", "sequence_index": "seq"}
    metadata = Metadata.load_from_dict({"tables": {"events": form}})
    start = time.perf_counter()
    synthesizer = PARSynthesizer(metadata, epochs=epochs, cuda=False)
    synthesizer.fit({"events": table})
    learned = time.perf_counter()
    sampled = synthesizer.sample_sequences(num_sequences=traces)["events"]
    return learned - start, time.perf_counter() - learned, in_order(sampled)


def hma(train, traces, _):
    """SDV's hierarchical model: a table of traces and a table of their events."""
    from sdv.metadata import Metadata
    from sdv.multi_table import HMASynthesizer

    events = train[["trace", "seq", "event"]].assign(event_id=range(len(train)))
    lengths = events.groupby("trace").size().rename("events").reset_index()
    metadata = Metadata.load_from_dict({
        "tables": {
            "traces": {
                "primary_key": "trace",
                "columns": {"trace": {"sdtype": "id"}, "events": {"sdtype": "numerical"}},
            },
            "events": {
                "primary_key": "event_id",
                "columns": {
                    "event_id": {"sdtype": "id"},
                    "trace": {"sdtype": "id"},
                    "seq": {"sdtype": "numerical"},
                    "event": {"sdtype": "categorical"},
                },
            },
        },
        "relationships": [{
            "parent_table_name": "traces",
            "parent_primary_key": "trace",
            "child_table_name": "events",
            "child_foreign_key": "trace",
        }],
    })
    start = time.perf_counter()
    synthesizer = HMASynthesizer(metadata, verbose=False)
    synthesizer.fit({"traces": lengths, "events": events})
    learned = time.perf_counter()
    sampled = synthesizer.sample(num_rows=traces, main_table_name="traces")["events"]
    return learned - start, time.perf_counter() - learned, in_order(sampled)


def in_order(table):
    ordered = table.sort_values(["trace", "seq"], kind="stable")
    ordered["seq"] = ordered.groupby("trace").cumcount() + 1
    ordered["trace"] = pandas.factorize(ordered["trace"])[0] + 1
    return list(ordered[["trace", "seq", "event"]].itertuples(index=False, name=None))


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("directory")
    arguments.add_argument("--traces", type=int, default=200)
    arguments.add_argument("--epochs", type=int, default=128)
    arguments.add_argument("--only", default="dfg,stochastic,par,hma")
    chosen = arguments.parse_args()
    train = pandas.read_csv(os.path.join(chosen.directory, "train.csv"), dtype={"event": str})
    train[CASE], train[ACTIVITY] = train["trace"].astype(str), train["event"]
    train[TIME] = pandas.Timestamp("2026-01-01", tz="UTC") + pandas.to_timedelta(range(len(train)), unit="s")
    seconds = []
    for name in chosen.only.split(","):
        learned, sampled, rows = globals()[name](train, chosen.traces, chosen.epochs)
        pandas.DataFrame(rows, columns=["trace", "seq", "event"]).to_csv(
            os.path.join(chosen.directory, f"{name}.csv"), index=False
        )
        seconds.append((name, learned, sampled, len(rows)))
        print(f"{name}: trained in {learned:.1f} s, {len(rows)} rows in {sampled:.2f} s", flush=True)
    table = pandas.DataFrame(seconds, columns=["generator", "training", "sampling", "rows"])
    table.to_csv(os.path.join(chosen.directory, "seconds.csv"), index=False)


if __name__ == "__main__":
    main()
