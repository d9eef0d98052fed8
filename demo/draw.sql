SELECT logfsm.to_svg(automaton, '{"max_label": 84}') FROM session.model;
