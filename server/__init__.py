"""Shequ's roof and floors: composition roots above ``schema``, the domain and the database below it.

``server`` is one package with two sides.  ``app``, ``cli`` and ``worker`` are composition roots and import everything;
all other rooms stand below ``schema`` and never import it.  The arrow is written out and checked in ``pyproject.toml``
(import-linter) and explained in ``docs/architecture.md``.
"""
