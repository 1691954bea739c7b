"""The register of source documents: each document once, with its clauses, word for word.

A clause is registered with its text and the text's SHA-256, so that a slip of the hand in a file of the register is
found when it is loaded, and a decision can name exactly the words it stood on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Any

from server.kit.clause import Clause
from server.policy.canonical import text_digest
from server.policy.cursor import Cursor, Log
from server.policy.problems import PolicyRejected, Problem
from server.policy.tree import read_yaml


class Level(StrEnum):
    """Whose document it is.  A district may rest its rules on its own documents and on municipal ones."""

    MUNICIPAL = "MUNICIPAL"
    DISTRICT = "DISTRICT"


@dataclass(frozen=True)
class ClauseText:
    """One clause.  ``not_a_rule``: why no rule or parameter implements it; ``handled_by``: the areas that do."""

    anchor: str
    text: str
    sha256: str
    requirements: tuple[str, ...] = ()
    not_a_rule: str | None = None
    handled_by: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        return _written(
            anchor=self.anchor,
            text=self.text,
            sha256=self.sha256,
            requirements=list(self.requirements),
            not_a_rule=self.not_a_rule,
            handled_by=list(self.handled_by),
        )


@dataclass(frozen=True)
class Document:
    """One policy document.  ``bases``: the documents it cites as its own ground, as it names them.

    ``issued_on`` and ``effective_from`` are None where the document does not say.  ``note`` tells of flaws of the
    text as received.
    """

    slug: str
    title: str
    issuer: str
    level: Level
    jurisdiction: str
    clauses: tuple[ClauseText, ...]
    number: str | None = None
    issued_on: date | None = None
    effective_from: date | None = None
    effective_until: date | None = None
    trial: bool = False
    interpreter: str | None = None
    bases: tuple[str, ...] = ()
    note: str | None = None

    def plain(self) -> dict[str, Any]:
        return _written(
            slug=self.slug,
            number=self.number,
            title=self.title,
            issuer=self.issuer,
            issued_on=self.issued_on,
            level=self.level,
            jurisdiction=self.jurisdiction,
            effective_from=self.effective_from,
            effective_until=self.effective_until,
            trial=self.trial or None,
            interpreter=self.interpreter,
            bases=list(self.bases),
            note=self.note,
            clauses=[clause.plain() for clause in self.clauses],
        )


def _written(**parts: Any) -> dict[str, Any]:
    return {key: part for key, part in parts.items() if part is not None and part != []}


@dataclass(frozen=True)
class Register:
    """All documents by slug."""

    documents: Mapping[str, Document] = field(default_factory=dict)

    @classmethod
    def of(cls, documents: Iterable[Document]) -> "Register":
        """Raises: PolicyRejected where a slug occurs twice."""
        found: dict[str, Document] = {}
        for document in documents:
            if document.slug in found:
                raise PolicyRejected([Problem("DUPLICATE_DOCUMENT", f"文件代号 {document.slug} 重复登记")])
            found[document.slug] = document
        return cls(found)

    @cached_property
    def _clauses(self) -> dict[Clause, ClauseText]:
        return {
            Clause(slug, clause.anchor): clause
            for slug, document in self.documents.items()
            for clause in document.clauses
        }

    def find(self, clause: Clause) -> ClauseText | None:
        return self._clauses.get(clause)

    def clauses(self) -> Mapping[Clause, ClauseText]:
        return self._clauses

    def of_requirement(self, requirement: str, within: Iterable[str]) -> Clause | None:
        """The clause that a requirement was taken from, in the first of these documents that has it."""
        for slug in within:
            for clause in self.documents[slug].clauses if slug in self.documents else ():
                if requirement in clause.requirements:
                    return Clause(slug, clause.anchor)
        return None


_FURTHER = "effective_from effective_until trial interpreter bases note"


def load_document(source: bytes | str, file: str) -> Document:
    """The document that the file registers.  Raises: PolicyRejected with every problem, each with its place."""
    log = Log(file)
    document = _document(Cursor.at_root(read_yaml(source, file), log))
    if document is None or log.problems:
        raise PolicyRejected(log.problems)
    return document


def _document(at: Cursor) -> Document | None:
    heading = "slug number title issuer issued_on level jurisdiction"
    if not at.table(*heading.split(), *_FURTHER.split(), "clauses"):
        return None
    slug, title, issuer, jurisdiction = (at.need(key) for key in ("slug", "title", "issuer", "jurisdiction"))
    level = at.need("level")
    clauses: dict[str, ClauseText] = {}
    for item in at.items_of("clauses"):
        clause = _clause(item)
        if clause is None:
            continue
        if clause.anchor in clauses:
            item.refuse("DUPLICATE_CLAUSE", f"条款 {clause.anchor} 重复登记")
        clauses[clause.anchor] = clause
    if not (slug and title and issuer and jurisdiction and level):
        return None
    trial = at.find("trial")
    level_text = level.text() or ""
    if level_text not in list(Level):
        level.refuse("UNKNOWN_TERM", f"“level”应为 {' 或 '.join(Level)}")
        return None
    return Document(
        slug=slug.text() or "",
        title=title.text() or "",
        issuer=issuer.text() or "",
        level=Level(level_text),
        jurisdiction=jurisdiction.text() or "",
        clauses=tuple(clauses.values()),
        number=at.text_of("number"),
        issued_on=at.date_of("issued_on"),
        effective_from=at.date_of("effective_from"),
        effective_until=at.date_of("effective_until"),
        trial=bool(trial and trial.truth()),
        interpreter=at.text_of("interpreter"),
        bases=at.texts_of("bases"),
        note=at.text_of("note"),
    )


def _clause(at: Cursor) -> ClauseText | None:
    if not at.table("anchor", "text", "sha256", "requirements", "not_a_rule", "handled_by"):
        return None
    anchor, text = at.need("anchor"), at.need("text")
    anchor_text, words = anchor.text() if anchor else None, text.text() if text else None
    if anchor_text is None or words is None:
        return None
    stated = at.text_of("sha256")
    found = text_digest(words)
    if stated is not None and stated != found:
        message = f"{anchor_text} 的文字与登记的 SHA-256 不符：登记 {stated[:12]}…，实为 {found[:12]}…；请核对原文"
        at.refuse("CLAUSE_CHANGED", message)
    return ClauseText(
        anchor=anchor_text,
        text=words,
        sha256=found,
        requirements=at.texts_of("requirements"),
        not_a_rule=at.text_of("not_a_rule"),
        handled_by=at.texts_of("handled_by"),
    )
