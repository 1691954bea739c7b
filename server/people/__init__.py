"""Who answers for an institution: its legal representative, its principal, whom to call.

Implements: MIC-A1 (annex 1 names legal representative, principal and contact of an institution that applies).
Experts, applicants' people and the like stand in tables of their own areas, sealed in the same way
(server/record/sealed.py); this one holds those of the register.
"""
