SELECT logfsm.to_svg(automaton, '{"max_label": 60}') FROM session.model;
