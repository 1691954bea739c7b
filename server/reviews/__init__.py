"""The common record of every review: kind, subject, cycle, outcome, score, date, policy digest.

Areas that conclude a review write one here; questions across districts read them.  Implements: domain model B.4a.
"""
