"""Policy in the API: versions, rules, simulation, comparison, kept decisions."""
