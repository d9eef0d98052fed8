-- owner
-- The stored machine is another's: prefix tree and machine swapped, threshold not a number.
UPDATE shop.model SET prefix_tree = automaton, automaton = prefix_tree, threshold = 'NaN', ends = '\xdeadbeef', generator_fit = -1, lateness = '-1000 years';
