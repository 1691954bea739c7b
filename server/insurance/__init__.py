"""Insurance designation (医保定点) of community health institutions: the quarterly procedure through the 17 agencies.

Three parties: the institution applies, the agency of its district accepts and evaluates, the municipal insurance centre
evaluates, publishes, negotiates and signs.  Every number comes from the municipal DESIGNATION and DEADLINES packs.
Implements: 京医保中心发〔2025〕4号 (MIC-*), state machine 13, A-MIC-1 to A-MIC-11, X-1, X-11 to X-16.
"""
