"""Persons whom the register names: legal representatives, principals, experts; their numbers are sealed."""
