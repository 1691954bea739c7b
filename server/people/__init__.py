"""Persons whom the register names: who answers for an institution, as its legal representative, principal or contact.

Experts, applicants' people and the like stand in tables of their own areas, sealed in the same way
(server/record/sealed.py).

Implements: MIC-A1 (annex 1 names the legal representative of the institution that applies, and its contact).
"""
