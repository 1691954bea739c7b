"""Clients: the programs that call the API, and the documents each of them has registered.

A trusted document is the text of GraphQL operations that a client was built with, known by its SHA-256.  They belong to the
installation (tenant 0), are written by the platform role and read by every role.
"""
