"""Exit cases, conversions in both directions, and continuity for residents.

Implements MTG-20 to MTG-22, MTG-9-1, FT-2-4-5 to FT-2-4-8, X-5, X-9, X-10.  A rule proposes, people decide: facts reviewed,
notice given, a statement heard, and a decision by two persons, before anything is executed.  What statute alone can do
(suspending a verification, cancelling or revoking a licence) is handed over with the facts, never done here.
"""
