"""A citation: which document, which place in it.

A clause is a value, so that a test can check that it exists and that every clause in force has a rule and a case.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Clause:
    """One place in one policy document, as an official would cite it.

    ``document`` is the slug under which the document is registered in ``tenants/`` (a slug), ``anchor``
    the place in the document's own words (``第二十条(三)``).  The text of the clause is not here: it belongs to the
    document register, which also holds its SHA-256.
    """

    document: str
    anchor: str

    def __str__(self) -> str:
        return f"{self.document} {self.anchor}"
