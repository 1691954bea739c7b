"""Practice sites: where an institution works, since when, by what right.

Implements: domain model B.2 (Site).  Service gaps, supporting premises and entrustment agreements join with admission.
"""
