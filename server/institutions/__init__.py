"""Institutions and the organisations that run them."""
