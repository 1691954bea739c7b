"""What can be done to sites, one module a noun: ``gaps``, ``entrusting`` (premises and their agreements)."""
