"""AALpy's Alergia and pm4py's directly-follows graph on the traces that the bench learned from: one distinct trace a
line, its count and its events. Prints one line per tool: name, result, seconds. Needs aalpy and pm4py from PyPI."""
import sys
import time


def traces(path):
    with open(path) as lines:
        for line in lines:
            count, *events = line.split()
            yield int(count), events


def aalpy_alergia(path):
    from aalpy.learning_algs import run_Alergia

    data = [["start", *events] for count, events in traces(path) for _ in range(count)]
    start = time.perf_counter()
    model = run_Alergia(data, automaton_type="mc", eps=0.05, print_info=False)
    return f"{len(model.states)} states", time.perf_counter() - start


def pm4py_directly_follows(path):
    import pandas
    import pm4py

    case, event, at, number = [], [], [], 0
    for count, events in traces(path):
        for _ in range(count):
            number += 1
            case.extend([str(number)] * len(events))
            event.extend(events)
            at.extend(range(len(events)))
    frame = pandas.DataFrame({"case:concept:name": case, "concept:name": event, "time:timestamp": pandas.to_datetime(at, unit="s", utc=True)})
    start = time.perf_counter()
    graph, _, _ = pm4py.discover_dfg(frame)
    return f"{len(graph)} pairs", time.perf_counter() - start


for tool in (aalpy_alergia, pm4py_directly_follows):
    try:
        result, seconds = tool(sys.argv[1])
        print(f"{tool.__name__}\t{result}\t{seconds:.3f}")
    except Exception as error:  # a peer that is not there or cannot: say so and go on
        print(f"{tool.__name__}\tnot run: {error}\t")
