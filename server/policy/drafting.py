"""Making and changing drafts: each verb one act in the pack's own tenant.

A district's administrators keep the district's packs, municipal officers the municipal ones; nobody reaches into the
other's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from server.kit import clock
from server.kit.errors import Invalid, PolicyNotEnabled
from server.kit.ids import new_id
from server.policy import store
from server.policy.amend import NewValue, adopt, amend, next_number
from server.policy.check import check_version
from server.policy.diff import Change, diff
from server.policy.errors import refuse
from server.policy.keeping import immutable, open_draft, published_of, require_keeper
from server.policy.loading import version_from_plain
from server.policy.model import PolicyPack, PolicyVersion
from server.policy.problems import PolicyRejected, Problem, Severity
from server.policy.shelf import Library
from server.policy.terms import Kind, Status
from server.policy.timeline import check_succession, in_force
from server.record.acts import Act

_TITLE_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Drafted:
    """A draft as it now is, what it says differently from the version in force, and what its reviewer should weigh."""

    id: UUID
    version: PolicyVersion
    changes: tuple[Change, ...]
    warnings: tuple[Problem, ...]


async def draft_policy(
    act: Act,
    library: Library,
    kind: Kind,
    *,
    effective_from: date,
    effective_until: date | None = None,
    parameters: Sequence[NewValue] = (),
    note: str | None = None,
    erratum: bool = False,
) -> Drafted:
    """A draft with other values, made from the version that holds on its first day.

    Raises: NotAllowed, NotOurs, PolicyNotEnabled (there is nothing to start from), PolicyFlawed, BackDated, PeriodRefused.
    """
    require_keeper(act, kind)
    await store.hold_pack(act.connection, act.tenant_id, kind)
    known = await store.list_versions(act.connection, act.tenant_id, kind)
    published = [one.version for one in known if one.status is Status.PUBLISHED]
    base = in_force(published, effective_from) or (published[-1] if published else None)
    if base is None:
        message = f"本区没有已发布的{kind.label}政策；请先采用样板 adoptPolicyTemplate"
        raise PolicyNotEnabled(message, path=("input", "kind"))
    try:
        version = amend(
            base,
            number=next_number([one.version for one in known]),
            effective_from=effective_from,
            effective_until=effective_until,
            parameters=parameters,
            effective_note=note,
        )
    except PolicyRejected as rejected:
        refuse(rejected.problems, within=("input",))
        raise
    refuse(check_succession(published, version, today=clock.today(), erratum=erratum))
    return await _keep_draft(act, library, version, base)


async def adopt_template(
    act: Act,
    library: Library,
    kind: Kind,
    *,
    style: str,
    jurisdiction: str,
    effective_from: date,
    effective_until: date | None = None,
    title: str | None = None,
) -> Drafted:
    """A district's draft after a template of this style, with the template's values and citations, all to be verified.

    Raises: NotAllowed, NotOurs, Invalid (no such template), PolicyFlawed, BackDated, PeriodRefused.
    """
    require_keeper(act, kind)
    template = find_template(library, style, kind)
    if template is None:
        offered = [name for name, packs in library.catalogue.templates.items() if any(p.kind is kind for p in packs)]
        known = f"可用：{'、'.join(offered)}" if offered else f"{kind.label}政策没有样板"
        raise Invalid(f"没有“{style[:40]}”样板的{kind.label}政策；{known}", path=("input", "template"))
    if title is not None and not 1 <= len(title.strip()) <= _TITLE_LONGEST:
        raise Invalid(f"标题长度应为 1 到 {_TITLE_LONGEST} 个字", path=("input", "title"))
    await store.hold_pack(act.connection, act.tenant_id, kind)
    known_versions = await store.list_versions(act.connection, act.tenant_id, kind)
    published = [one.version for one in known_versions if one.status is Status.PUBLISHED]
    code = known_versions[-1].version.pack if known_versions else f"{jurisdiction}-{kind}".upper().replace("_", "-")
    version = adopt(
        template.versions[-1],
        jurisdiction=jurisdiction,
        pack=code,
        title=(title or template.title).strip(),
        effective_from=effective_from,
        effective_until=effective_until,
    )
    version = replace(version, number=next_number([one.version for one in known_versions]))
    refuse(check_succession(published, version, today=clock.today()))
    base = in_force(published, effective_from) or (published[-1] if published else None)
    return await _keep_draft(act, library, version, base)


async def edit_draft(
    act: Act,
    library: Library,
    version_id: UUID,
    *,
    expected_digest: str,
    rewrite: Callable[[dict[str, Any]], dict[str, Any]],
) -> Drafted:
    """The draft with its written content rewritten; whoever edits counts among its writers.

    A draft under review goes back: what was reviewed is no longer what it says.
    Raises: NotFound, NotAllowed, Immutable, OutOfDate, PolicyFlawed, BackDated, PeriodRefused.
    """
    draft = await open_draft(act, version_id, expected_digest)
    try:
        version = version_from_plain(rewrite(draft.version.content()), draft.version.number)
    except PolicyRejected as rejected:
        refuse(_inside(rejected.problems))
        raise
    published = await published_of(act, version.kind)
    refuse(check_succession([one.version for one in published], version, today=clock.today()))
    warnings = _checked(library, version)
    writers = list(dict.fromkeys([*draft.writers, act.actor.subject]))
    if not await store.replace_content(act.connection, act.tenant_id, version_id, version, writers):
        raise immutable(draft)
    await act.note(
        "edited",
        "policy_version",
        version_id,
        before={"digest": draft.version.digest},
        after={"digest": version.digest, "changes": [change.sentence for change in diff(draft.version, version)]},
        policy_digest=version.digest,
    )
    base = next((one.version for one in published if one.version.digest == draft.base_digest), None)
    return Drafted(version_id, version, diff(base, version), warnings)


def find_template(library: Library, style: str, kind: Kind) -> PolicyPack | None:
    """The template of that style and kind."""
    return next((pack for pack in library.catalogue.templates.get(style, ()) if pack.kind is kind), None)


async def _keep_draft(act: Act, library: Library, version: PolicyVersion, base: PolicyVersion | None) -> Drafted:
    warnings = _checked(library, version)
    version_id, subject = new_id(), act.actor.subject
    values = {
        "status": Status.DRAFT,
        "base_digest": None if base is None else base.digest,
        "author": subject,
        "writers": [subject],
        "created_by": subject,
        "source": "PERSON",
    }
    await store.insert_version(act.connection, act.tenant_id, version_id, version, values)
    changes = diff(base, version)
    after = {"number": version.number, "kind": version.kind, "changes": [change.sentence for change in changes]}
    await act.note("drafted", "policy_version", version_id, after=after, policy_digest=version.digest)
    return Drafted(version_id, version, changes, warnings)


def _checked(library: Library, version: PolicyVersion) -> tuple[Problem, ...]:
    """What the reviewer should weigh.  Raises: PolicyFlawed with what must be mended."""
    problems = check_version(version, library.register)
    refuse(problems)
    return tuple(problem for problem in problems if problem.severity is Severity.WARNING)


def _inside(problems: Sequence[Problem]) -> list[Problem]:
    """The problems of a version that was read as the only one of a pack, with paths inside the version."""
    return [
        Problem(one.code, one.message, one.path[2:] if one.path[:1] == ("versions",) else one.path) for one in problems
    ]
