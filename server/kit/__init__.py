"""Values without I/O: dates and the one clock, ids, clauses, credit codes, names, refusals, the actor."""
