"""Licences: registration, yearly verification, cancellation, revocation, and the duties that come with them.

Implements: MTG-11 to MTG-17, MTG-21, MTG-22.
"""
