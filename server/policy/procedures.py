"""A procedure that exists in a district because a pack is in force there: its parameters, its clauses, its judgement.

Code names requirements (``MTG-10-4``), never a district's document: the clause is looked up in the documents that the
version in force rests on, so that two districts with the same procedure each cite their own words.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from server.kit.clause import Clause
from server.kit.errors import PolicyNotEnabled
from server.policy.documents import Register
from server.policy.grounds import find_enabled
from server.policy.judge import Book
from server.policy.model import PolicyVersion
from server.policy.shelf import Shelf
from server.policy.terms import Kind, SourceStatus


@dataclass(frozen=True)
class Procedure:
    """One pack in force in one district on one day."""

    version: PolicyVersion
    book: Book
    register: Register

    @property
    def digest(self) -> str:
        """Names the version's content."""
        return self.version.digest

    def clause(self, requirement: str) -> Clause | None:
        """Where the district's documents say it; None where they do not."""
        return self.register.of_requirement(requirement, self.version.documents)

    def clauses(self, requirements: Iterable[str]) -> tuple[Clause, ...]:
        """The clauses of several requirements, those that the district's documents have."""
        found = (self.clause(one) for one in requirements)
        return tuple(dict.fromkeys(one for one in found if one is not None))

    def value(self, key: str, fallback: Any) -> tuple[Any, SourceStatus]:
        """A parameter with where it comes from; ``fallback`` is the platform's default where the pack has none."""
        try:
            found = self.version.parameter(key)
        except KeyError:
            return fallback, SourceStatus.PLATFORM_DEFAULT
        return found.value, found.source_status


async def procedure_of(
    shelf: Shelf, tenant_id: int, kind: Kind, on: date, *, begun: bool = False, path: tuple[str, ...] = ("input",)
) -> Procedure:
    """The pack of this kind that is in force in the district on the day.

    ``begun``: for a case that began while one was: where none is any more, the version that held last carries it to its
    end (an agreement outlives the measures it was made under).
    Raises: PolicyNotEnabled where there is none: the procedure does not exist there.
    """
    shelved = await shelf.current()
    enabled = find_enabled(shelved, tenant_id, kind, on)
    book = shelved.book(tenant_id, kind)
    if enabled is None and begun and book is not None:
        past = [one for one in book.versions if one.effective_from is not None and one.effective_from <= on]
        if past:
            return Procedure(max(past, key=lambda one: one.period.from_on), book, shelf.library.register)
    if enabled is None:
        raise PolicyNotEnabled(
            f"该辖区在 {on} 没有施行中的“{kind.label}”政策（{kind}），不适用本程序", path=path, kind=kind
        )
    return Procedure(enabled.version, enabled.book, shelf.library.register)
