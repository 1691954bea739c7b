"""Supervision in the API: dated facts, risk signals, the negative list and its cards."""
