"""Exits in the API: cases from opening to end, conversion, continuity for residents."""
