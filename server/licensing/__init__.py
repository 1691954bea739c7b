"""Licensing: set-up and practice registration, the licence's life, yearly verification, obligations, monitoring.

Implements: MTG-11-1 to MTG-17-3, MTG-19-2, MTG-21, MTG-22-1; BJ17-2-1, BJ17-2-2a, BJ17-2-2d; state machine A.7-4; A-MTG-2,
A-MTG-3, A-MTG-10.  Limits that the statutes set are parameters (``limits.py``), never constants.
"""
