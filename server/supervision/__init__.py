"""Supervision: dated facts about institutions, the negative list, yellow cards, risk signals between departments.

Implements FT-2-2 to FT-2-4 (the negative-list style) for every district whose packs say so,
and keeps the facts on which an exit of the admission style rests (MTG-20).  Facts, findings and cards are
annulled, reversed or voided, never deleted.  Nothing here decides whether an item is fulfilled or an exit proposed: that is
``server.standing``, by the packs in force.
"""
