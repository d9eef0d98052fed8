"""Alignments by pm4py of the traces in a file to the machine in it: events per second. See sql.sh."""

import json
import sys
import time

from pm4py.algo.conformance.alignments.petri_net import algorithm as alignments
from pm4py.objects.log.obj import Event, Trace
from pm4py.objects.petri_net.obj import Marking, PetriNet
from pm4py.objects.petri_net.utils.petri_utils import add_arc_from_to

SECONDS = 20


def net_of(transitions, ends):
    """A state machine as a Petri net: a place per state, and silent transitions from accepting states to one end."""
    net = PetriNet("machine")
    states = {state for src, _, dst in transitions for state in (src, dst)}
    places = {state: PetriNet.Place(str(state)) for state in states}
    end = PetriNet.Place("end")
    net.places.update(places.values(), [end])
    arcs = [(places[src], event, places[dst]) for src, event, dst in transitions]
    arcs += [(places[state], None, end) for state in ends if state in places]
    for number, (src, event, dst) in enumerate(arcs):
        transition = PetriNet.Transition(str(number), event)
        net.transitions.add(transition)
        add_arc_from_to(src, transition, net)
        add_arc_from_to(transition, dst, net)
    return net, Marking({places[0]: 1}), Marking({end: 1})


def main():
    with open(sys.argv[1]) as file:
        given = json.load(file)
    net, start, end = net_of(given["transitions"], given["ends"])
    parameters = {"show_progress_bar": False}
    events, started = 0, time.perf_counter()
    for trace in given["traces"]:
        alignments.apply(Trace([Event({"concept:name": event}) for event in trace]), net, start, end, parameters=parameters)
        events += len(trace)
        if time.perf_counter() - started > SECONDS:
            break
    print(f"pm4py aligns {events / (time.perf_counter() - started):.0f} events/s of the anomalies")


if __name__ == "__main__":
    main()
