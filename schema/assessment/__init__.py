"""Assessment in the API: schemes, cycles, scores, effects, rectification."""
