"""The published policies of all jurisdictions, kept in memory by one process, ready to judge.

What is published is public and its content never changes, so a version is read and compiled once.  Only published
versions ever come here; drafts are read on their district's own role.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from uuid import UUID

from server.policy import store
from server.policy.case_files import load_cases
from server.policy.cases import Case
from server.policy.catalogue import CASES, Catalogue, read_catalogue
from server.policy.documents import Register
from server.policy.judge import Book
from server.policy.model import PolicyVersion
from server.policy.store import Fetch, Kept
from server.policy.terms import Kind

#: How long another process may go on with what was in force before a publication.
_KEPT_SECONDS = 2.0


class Library:
    """What policies rest on and start from, read from the folder that is shipped: documents, templates, worked cases.

    Read at first use; ``catalogue`` and the others raise PolicyRejected where the folder has faults.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @cached_property
    def catalogue(self) -> Catalogue:
        """Documents, shipped packs and templates."""
        return read_catalogue(self.folder)

    @property
    def register(self) -> Register:
        """The documents and their clauses."""
        return self.catalogue.register

    @cached_property
    def cases(self) -> tuple[Case, ...]:
        """The worked cases of all jurisdictions."""
        files = sorted((self.folder / CASES).glob("*/*.yaml"))
        return tuple(
            case for file in files for case in load_cases(file.read_bytes(), f"{file.parent.name}/{file.name}")
        )

    def cases_of(self, jurisdiction: str | None, kind: Kind) -> tuple[Case, ...]:
        """The worked cases of one pack."""
        return tuple(case for case in self.cases if case.jurisdiction == jurisdiction and case.kind is kind)


@dataclass(frozen=True)
class Shelved:
    """The published packs at one moment, by tenant and kind."""

    packs: Mapping[tuple[int, Kind], tuple[Kept, ...]]
    books: Mapping[tuple[int, Kind], Book]

    def book(self, tenant_id: int, kind: Kind) -> Book | None:
        """The published versions of the pack, or None where there never was one."""
        return self.books.get((tenant_id, kind))

    def in_force(self, tenant_id: int, kind: Kind, on: date) -> Kept | None:
        """The version of the tenant's own pack that holds on the day."""
        for one in self.packs.get((tenant_id, kind), ()):
            if on in one.version.period:
                return one
        return None

    def enabled(self, tenants: Iterable[int], on: date) -> tuple[Kept, ...]:
        """The versions that hold on the day in these tenants, in the order of the kinds."""
        found = [self.in_force(tenant, kind, on) for kind in Kind for tenant in tenants]
        return tuple(one for one in found if one is not None)

    def find(self, tenant_id: int, version_id: UUID) -> Kept | None:
        """The published version of that id."""
        every = (one for (tenant, _), pack in self.packs.items() if tenant == tenant_id for one in pack)
        return next((one for one in every if one.id == version_id), None)


class Shelf:
    """``current()`` is what was published, at most a few seconds ago; after ``forget()`` it is what is published now."""

    def __init__(self, fetch: Fetch, library: Library) -> None:
        self._fetch = fetch
        self.library = library
        self._lock = asyncio.Lock()
        self._shelved: Shelved | None = None
        self._revision = -1
        self._fresh_until = 0.0
        self._forgotten = 0
        self._parsed: dict[str, PolicyVersion] = {}

    async def current(self) -> Shelved:
        """The published packs.  One cheap statement every few seconds; contents are read when something changed."""
        if self._shelved is not None and time.monotonic() < self._fresh_until:
            return self._shelved
        async with self._lock:
            if self._shelved is None or time.monotonic() >= self._fresh_until:
                forgotten = self._forgotten
                revision = await store.find_revision(self._fetch)
                if self._shelved is None or revision != self._revision:
                    # The number is read first: what changes in between is seen as a change next time.
                    self._shelved = self._shelve(await store.find_published(self._fetch, self._parsed))
                    self._revision = revision
                if forgotten == self._forgotten:
                    self._fresh_until = time.monotonic() + _KEPT_SECONDS
            return self._shelved

    def forget(self) -> None:
        """Look again before the next answer."""
        self._fresh_until = 0.0
        self._forgotten += 1

    def _shelve(self, published: list[Kept]) -> Shelved:
        packs: dict[tuple[int, Kind], tuple[Kept, ...]] = {}
        for one in published:
            key = (one.tenant_id, one.version.kind)
            packs[key] = (*packs.get(key, ()), one)
        books: dict[tuple[int, Kind], Book] = {}
        for key, pack in packs.items():
            versions = tuple(one.version for one in pack)
            known = self._shelved.books.get(key) if self._shelved is not None else None
            books[key] = known if known and known.versions == versions else Book(versions, self.library.register)
        return Shelved(packs, books)
