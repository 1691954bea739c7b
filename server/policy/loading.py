"""Packs as they are written (YAML, or JSON as it comes from a caller or the database) → model.

Structure only: keys, types, closed lists.  Whether the content makes sense is ``server.policy.check``'s business, which
``load_pack`` runs as well, so that one reading of a file shows everything that is wrong with it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from server.policy.check import check_version
from server.policy.cursor import Cursor, Log
from server.policy.documents import Register
from server.policy.model import PolicyPack, PolicyVersion
from server.policy.nodes import Node
from server.policy.problems import PolicyRejected, Problem, errors_in
from server.policy.reading import read_node, read_parameter, read_rule
from server.policy.terms import Kind, SourceStatus
from server.policy.timeline import check_numbers
from server.policy.tree import of_plain, read_yaml

_VERSION_KEYS = (
    "version",
    "title",
    "shortened_until",
    "effective",
    "documents",
    "note",
    "applies_to",
    "parameters",
    "rules",
)


def load_pack(
    source: bytes | str, file: str, register: Register, *, template: bool = False
) -> tuple[PolicyPack, tuple[Problem, ...]]:
    """The pack in the file and what a second person should weigh about it (warnings, with their places).

    A ``template`` states no jurisdiction and no effective date.
    Raises: PolicyRejected with every error, each with file, line and column.
    """
    log = Log(file)
    pack = read_pack(Cursor.at_root(read_yaml(source, file), log), template=template)
    found = list(log.problems)
    if pack is not None:
        for index, version in enumerate(pack.versions):
            for problem in check_version(version, register, template=template):
                inside = () if problem.path[:1] == ("kind",) else ("versions", index)
                found.append(log.located(replace(problem, path=(*inside, *problem.path))))
        found += [log.located(problem) for problem in check_numbers(pack.versions)]
    if pack is None or errors_in(found):
        raise PolicyRejected(errors_in(found))
    return pack, tuple(found)


def version_from_plain(content: Mapping[str, Any], number: int) -> PolicyVersion:
    """The version whose ``content()`` this is: ``version_from_plain(v.content(), v.number) == v``.

    Raises: PolicyRejected where the content is not one of a version (paths, no lines).
    """
    log = Log()
    heading = {key: content.get(key) for key in ("pack", "kind", "jurisdiction", "title")}
    body = {key: part for key, part in content.items() if key not in heading}
    written = {**heading, "versions": [{"version": number, **body}]}
    pack = read_pack(Cursor.at_root(of_plain(written), log), template=True)
    if pack is None or log.problems:
        raise PolicyRejected(log.problems)
    return pack.versions[0]


def tree_from_plain(content: Mapping[str, Any]) -> Node:
    """The tree whose written form this is.  Raises: PolicyRejected."""
    log = Log()
    node = read_node(Cursor.at_root(of_plain(dict(content)), log))
    if node is None or log.problems:
        raise PolicyRejected(log.problems)
    return node


def read_pack(at: Cursor, *, template: bool = False) -> PolicyPack | None:
    """The pack as it is written, its content not yet checked; None with at least one problem in the log."""
    if not at.table("pack", "kind", "jurisdiction", "title", "versions"):
        return None
    code, kind, title = at.need("pack"), at.need("kind"), at.need("title")
    jurisdiction = at.find("jurisdiction") if template else at.need("jurisdiction")
    at.need("versions")
    code_text = code.text() if code else None
    kind_term = kind.term(Kind) if kind else None
    title_text = title.text() if title else None
    where = jurisdiction.text() if jurisdiction else None
    if code_text is None or kind_term is None or title_text is None or (where is None and not template):
        return None
    heading = {"pack": code_text, "kind": kind_term, "title": title_text, "jurisdiction": where}
    versions = [_version(item, heading) for item in at.items_of("versions")]
    kept = tuple(version for version in versions if version is not None)
    return PolicyPack(code_text, kind_term, where, title_text, kept) if len(kept) == len(versions) else None


def _version(at: Cursor, heading: dict[str, Any]) -> PolicyVersion | None:
    if not at.table(*_VERSION_KEYS):
        return None
    before = len(at.log.problems)
    number_at = at.need("version")
    number = number_at.whole() if number_at else None
    effective: dict[str, Any] = {"effective_from": None}
    if (found := at.find("effective")) and found.table("from", "until", "source_status", "clause", "note"):
        status = found.find("source_status")
        effective = {
            "effective_from": found.date_of("from"),
            "effective_until": found.date_of("until"),
            "effective_clause": found.clause_of("clause"),
            "effective_note": found.text_of("note"),
        }
        if status is not None:
            effective["effective_status"] = status.term(SourceStatus)
    applies_to = at.find("applies_to")
    version = {
        **heading,
        **effective,
        "title": at.text_of("title") or heading["title"],
        "shortened_until": at.date_of("shortened_until"),
        "documents": at.texts_of("documents"),
        "note": at.text_of("note"),
        "applies_to": read_node(applies_to) if applies_to else None,
        "parameters": tuple(filter(None, map(read_parameter, at.items_of("parameters")))),
        "rules": tuple(filter(None, map(read_rule, at.items_of("rules")))),
    }
    fatal = [problem for problem in at.log.problems[before:] if problem.code != "UNKNOWN_KEY"]
    return None if fatal or number is None else PolicyVersion(number=number, **version)
