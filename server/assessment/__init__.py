"""Performance assessment: schemes, cycles, self-reports, scores, recheck, results with their effects, appeals.

Besides, the rectification ledger of every institution, whatever found the problem.

Implements: FT-2-1, MTG-19; machines 6, 7.
"""
