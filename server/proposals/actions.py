"""Proposing what rules found, and deciding about it; areas call these inside their own acts."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from server.kit import clock
from server.kit.actor import Role
from server.kit.errors import Conflict, Invalid, OutOfDate
from server.kit.ids import new_id
from server.policy.decision import Decision
from server.policy.store import insert_decisions
from server.proposals import rules, store
from server.proposals.model import NEXT, ProposalStatus
from server.record.acts import Act
from server.tasks.actions import cancel, finish, open_task
from server.tasks.model import Task, TaskKind

#: Who decides about proposals.
DECIDERS = (Role.DISTRICT_OFFICER, Role.DISTRICT_ADMINISTRATOR)
_REASON_LONGEST = 1000


async def propose(
    act: Act,
    institution_id: UUID | None,
    decisions: Sequence[Decision],
    *,
    subject_type: str = "institution",
    subject_id: UUID | None = None,
) -> list[UUID]:
    """New open proposals, one for each rule that fired on grounds not proposed before; their ids.

    ``decisions`` are all that the packs say about the one subject: open proposals of these packs whose rule no longer
    fires, or fires on other grounds, lapse with the reason.  Each proposal keeps its decision's record, and opens a task.

    Implements: A-MTG-8.  Raises: ValueError where neither an institution nor a subject is named.
    """
    subject = subject_id or institution_id
    if subject is None:
        raise ValueError("a proposal is about an institution or a named subject")
    await store.hold_subject(act.connection, subject)
    known = await store.list_of_subject(act.connection, act.tenant_id, subject)
    found = rules.changes([dict(one) for one in known], decisions)
    for lapsed, reason in found.lapsing:
        await _close(act, lapsed["id"], ProposalStatus.LAPSED, reason)
        await cancel(act, subject_id=lapsed["id"])
    kept = [(new_id(), institution_id, decision) for decision in found.founded]
    await insert_decisions(act.connection, act.tenant_id, kept, act.actor.subject)
    rows: list[dict[str, Any]] = [
        {
            "tenant_id": act.tenant_id,
            "id": new_id(),
            "subject_type": subject_type,
            "subject_id": subject,
            "institution_id": institution_id,
            "decision_id": decision_id,
            "kind": decision.kind,
            "rule": decision.rule,
            "title": decision.title,
            "item": decision.item,
            "effect": decision.effect,
            "effects": [effect.value for effect in decision.effects],
            "flags": [flag.value for flag in decision.flags],
            "policy_version": decision.policy_version,
            "policy_digest": decision.policy_digest,
            "as_of": decision.as_of,
            "grounds": rules.grounds_of(decision),
            "status": ProposalStatus.OPEN,
            "created_by": act.actor.subject,
            "source": "RULE",
        }
        for decision_id, _, decision in kept
    ]
    await store.insert_proposals(act.connection, rows)
    for row, (_, _, decision) in zip(rows, kept, strict=True):
        after = {name: row[name] for name in ("rule", "effect", "effects", "subject_id", "grounds")}
        await act.note("proposed", "proposal", row["id"], after=after, policy_digest=decision.policy_digest)
        await open_task(
            act,
            Task(
                TaskKind.DECIDE_PROPOSAL,
                f"{decision.title}：建议{'、'.join(effect.label for effect in decision.effects)}，请决定",
                "proposal",
                row["id"],
                institution_id,
                Role.DISTRICT_OFFICER,
                clause=decision.clauses[0][0] if decision.clauses else None,
            ),
        )
    return [row["id"] for row in rows]


async def take_up(act: Act, proposal_id: UUID, *, expected_version: int) -> RowMapping:
    """The proposal is accepted by the person who acts; the row as it is then.  What follows is the caller's to do.

    Raises: NotAllowed, NotFound, OutOfDate, Conflict (no longer open).
    """
    await _held(act, proposal_id, expected_version)
    row = await _close(act, proposal_id, ProposalStatus.ACCEPTED, None)
    await finish(act, subject_id=proposal_id)
    return row


async def decline(act: Act, proposal_id: UUID, *, expected_version: int, reason: str) -> None:
    """The proposal is declined, for a reason that is kept; on the same grounds it is not made again.

    Raises: NotAllowed, NotFound, OutOfDate, Conflict (no longer open), Invalid (no reason, or too long a one).
    """
    reason = reason.strip()
    if not 1 <= len(reason) <= _REASON_LONGEST:
        raise Invalid(f"不予采纳的理由应为 1 到 {_REASON_LONGEST} 个字", path=("input", "reason"))
    await _held(act, proposal_id, expected_version)
    await _close(act, proposal_id, ProposalStatus.DECLINED, reason)
    await finish(act, subject_id=proposal_id)


async def lapse(act: Act, subject_id: UUID, reason: str) -> None:
    """What is still open about the subject has become void: its case ended by itself."""
    for row in await store.list_of_subject(act.connection, act.tenant_id, subject_id):
        if row["status"] == ProposalStatus.OPEN:
            await _close(act, row["id"], ProposalStatus.LAPSED, reason)
            await cancel(act, subject_id=row["id"])


async def settle(act: Act, subject_id: UUID, *, accepted: bool, reason: str) -> None:
    """Whoever decided the subject's case decided about all that is open about it, the same way.

    Raises: NotAllowed.
    """
    act.require(*DECIDERS)
    for row in await store.list_of_subject(act.connection, act.tenant_id, subject_id):
        if row["status"] == ProposalStatus.OPEN:
            status = ProposalStatus.ACCEPTED if accepted else ProposalStatus.DECLINED
            await _close(act, row["id"], status, reason)
            await finish(act, subject_id=row["id"])


async def _held(act: Act, proposal_id: UUID, expected_version: int) -> RowMapping:
    """The open proposal, locked, at the version the caller saw, by somebody who decides."""
    act.require(*DECIDERS)
    row = await store.load_for_change(act.connection, act.tenant_id, proposal_id)
    if row["version"] != expected_version:
        raise OutOfDate(current_version=row["version"])
    if not NEXT[ProposalStatus(row["status"])]:
        raise Conflict(f"该建议{ProposalStatus(row['status']).label}，不能再作决定", path=("input", "proposal"))
    return row


async def _close(act: Act, proposal_id: UUID, status: ProposalStatus, reason: str | None) -> RowMapping:
    decided = {"status": status, "decided_by": act.actor.subject, "decided_at": clock.now(), "reason": reason}
    row = await store.update_proposal(act.connection, act.tenant_id, proposal_id, decided)
    after = {"status": status, "reason": reason}
    await act.note(
        status.lower(),
        "proposal",
        proposal_id,
        before={"status": ProposalStatus.OPEN},
        after=after,
        policy_digest=row["policy_digest"],
    )
    return row
