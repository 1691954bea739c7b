"""Organisations and institutions: the register, the hierarchy of centres and stations, lineage and former names.

Implements: domain model B.2 (Organisation, Institution); MTG-2-1, MTG-4-1, MTG-9-1; A-FT-14 (history follows the lineage).
"""
