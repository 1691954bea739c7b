"""Scores by spreadsheet: a sheet to fill for each cycle, read back cell by cell; pure, from bytes and to bytes.

A sheet has a row for every institution and a column for every indicator that its taker scores.  Its head says which cycle
it is of, two hidden columns which assessment each row is and at which version it was taken.

Implements: FT-2-1-2a, FT-2-1-2b (by spreadsheet).
"""
