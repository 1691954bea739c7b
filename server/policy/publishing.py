"""Review, publication and withdrawal: each verb one act in the pack's own tenant.

Whoever wrote into a draft cannot publish it: publication is the second person's approval.
"""

from dataclasses import dataclass
from uuid import UUID

from server.kit import clock
from server.kit.errors import Conflict
from server.policy import store
from server.policy.cases import CaseResult, Verdict, check_conformance
from server.policy.check import check_version
from server.policy.errors import BaseChanged, CasesFailed, OwnDraft, refuse
from server.policy.keeping import check_digest, check_reason, immutable, open_draft, published_of, require_keeper
from server.policy.model import PolicyVersion
from server.policy.shelf import Library
from server.policy.store import Kept
from server.policy.terms import Status
from server.policy.timeline import check_succession, describe
from server.record.acts import Act


@dataclass(frozen=True, slots=True)
class Published:
    """The version in its place.  ``affected``: the worked cases that come out otherwise because the draft means them to."""

    version: PolicyVersion
    shortened: PolicyVersion | None
    affected: tuple[CaseResult, ...]


async def request_review(act: Act, version_id: UUID, *, expected_digest: str, shared_with_city: bool) -> None:
    """The draft is put up for a second person; municipal users may read it where it is shared.

    Raises: NotFound, NotAllowed, Immutable, OutOfDate.
    """
    draft = await open_draft(act, version_id, expected_digest)
    if not await store.update_review(act.connection, act.tenant_id, version_id, shared_with_city=shared_with_city):
        raise immutable(draft)
    await act.note(
        "review_requested",
        "policy_version",
        version_id,
        after={"shared_with_city": shared_with_city},
        policy_digest=draft.version.digest,
    )


async def publish_policy(
    act: Act, library: Library, version_id: UUID, *, expected_digest: str, reason: str, erratum: bool = False
) -> Published:
    """The draft in force from its first day, its predecessor's period shortened to there, in one transaction.

    The digest says what the publisher has read.  The checks run again, and the pack's worked cases: what the draft did
    not mean to change must come out as before.
    Raises: NotFound, NotAllowed, Immutable, OwnDraft, OutOfDate, BaseChanged, PolicyFlawed, BackDated, PeriodRefused,
    CasesFailed, Invalid.
    """
    check_reason(reason)
    draft = await open_draft(act, version_id, None)
    if act.actor.subject in draft.writers:
        raise OwnDraft("起草人不能发布自己的草案，请由另一名管理员审核发布", path=("input", "policy"))
    check_digest(draft, expected_digest)
    version = draft.version
    published = await published_of(act, version.kind)
    versions = [one.version for one in published]
    refuse(check_version(version, library.register))
    refuse(check_succession(versions, version, today=clock.today(), erratum=erratum))
    start = version.period.from_on
    holding = next((one for one in published if start in one.version.period), None)
    base = holding.version if holding is not None else (versions[-1] if versions else None)
    if (base.digest if base is not None else None) != draft.base_digest:
        told = f"版本 {base.number} {describe(base)}" if base is not None else "无"
        raise BaseChanged(f"起草之后已发布其他版本，现在的依据为：{told}；请据此重新起草", path=("input", "policy"))
    affected = conformance(library, base, version)
    failed = [result for result in affected if result.verdict is Verdict.FAILED]
    if failed:
        first = failed[0]
        told = f"{first.case.rule}“{first.case.name}”：{'；'.join(first.differences)}"
        raise CasesFailed(f"{len(failed)} 个算例的结果不应改变而改变：{told}", path=("input", "policy"))
    if holding is not None:
        await store.update_until(act.connection, act.tenant_id, holding.id, start)
        await act.note(
            "shortened",
            "policy_version",
            holding.id,
            before={"effective_until": holding.version.period.until},
            after={"effective_until": start},
            policy_digest=holding.version.digest,
        )
    at = clock.now()
    if not await store.publish_version(
        act.connection, act.tenant_id, version_id, by=act.actor.subject, at=at, reason=reason.strip()
    ):
        raise immutable(draft)
    await act.note(
        "published",
        "policy_version",
        version_id,
        after={"number": version.number, "effective_from": start, "reason": reason.strip(), "erratum": erratum},
        policy_digest=version.digest,
    )
    shortened = holding.version.shortened(start) if holding is not None else None
    return Published(version, shortened, affected)


async def withdraw_policy(act: Act, version_id: UUID, *, expected_digest: str, reason: str) -> None:
    """The draft, or the published version whose first day is still ahead, is withdrawn; its predecessor goes on.

    A version that has been in force has judged and stays; it is followed, not withdrawn.
    Raises: NotFound, NotAllowed, Immutable, OutOfDate, Conflict, Invalid.
    """
    check_reason(reason)
    one = await store.load_for_change(act.connection, act.tenant_id, version_id)
    require_keeper(act, one.version.kind)
    check_digest(one, expected_digest)
    if one.status is Status.WITHDRAWN:
        raise immutable(one)
    start = one.version.period.from_on
    if one.status is Status.PUBLISHED and start <= clock.today():
        message = f"该版本自 {start} 起施行，不能撤回；请发布后继版本，或在后继版本中写明失效日期"
        raise Conflict(message, path=("input", "policy"))
    await store.withdraw_version(act.connection, act.tenant_id, version_id)
    if one.status is Status.PUBLISHED:
        await _lengthen(act, one)
    await act.note(
        "withdrawn",
        "policy_version",
        version_id,
        before={"status": one.status},
        after={"status": Status.WITHDRAWN, "reason": reason.strip()},
        policy_digest=one.version.digest,
    )


def conformance(library: Library, base: PolicyVersion | None, version: PolicyVersion) -> tuple[CaseResult, ...]:
    """The pack's worked cases that come out otherwise under the version; none where there is no version to compare."""
    if base is None:
        return ()
    cases = library.cases_of(version.jurisdiction, version.kind)
    results = check_conformance(cases, base, version, library.register)
    return tuple(result for result in results if result.verdict is not Verdict.PASSED)


async def _lengthen(act: Act, gone: Kept) -> None:
    """The version that ended where the withdrawn one was to begin goes on to its own end, or to the next one's start."""
    start, published = gone.version.period.from_on, await published_of(act, gone.version.kind)
    before = next((one for one in published if one.version.shortened_until == start), None)
    if before is None:
        return
    starts = [one.version.period.from_on for one in published if one.version.period.from_on > start]
    ends = [end for end in (before.version.effective_until, *starts) if end is not None]
    until = min(ends) if ends else None
    await store.update_until(act.connection, act.tenant_id, before.id, until)
    await act.note(
        "lengthened",
        "policy_version",
        before.id,
        before={"effective_until": start},
        after={"effective_until": until},
        policy_digest=before.version.digest,
    )
