"""Standing in the API: where an institution stands on a day, and what happened to it."""
