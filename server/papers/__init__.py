"""Official documents 文书: numbered, issued once and never changed, served, with their remedies.

The drafting of what they say belongs to the area that issues them; here is their number, their content as issued, how it
looks on paper, and how it reached its addressee.  Implements: domain model B (文书).
"""
