"""Exit cases, conversions in both directions, and continuity for residents (MTG-20 to MTG-22, FT-2-4, X-10)."""
