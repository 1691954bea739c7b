"""Performance assessment: schemes, cycles, results, recheck, effects, and the rectification ledger (FT-2-1, MTG-19)."""
