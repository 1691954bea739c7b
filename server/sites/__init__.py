"""Sites: where institutions work, areas without any (空白点), and premises that are entrusted to operators.

Implements: domain model B.2 (Site, ServiceGap, EntrustmentAgreement); requirements A.7 machines 1 and 5; MTG-6-1,
MTG-18-1 to MTG-18-3, X-6.
"""
