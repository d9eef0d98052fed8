SELECT logfsm.to_svg(automaton, '{}') FROM session.model;
