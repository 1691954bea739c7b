"""Open selection of operators: calls, applications, experts, sealed scores, publicity, award (MTG-7 to MTG-10)."""
