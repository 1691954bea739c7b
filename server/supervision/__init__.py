"""Supervision: risk signals, inspections, dated facts, negative-list findings, yellow cards (FT-2-2 to FT-2-4, MTG-20)."""
