"""What follows from a result, and what becomes of it: by the case that follows it, or as somebody says by hand.

A failed assessment is proposed for the negative list by the packs in force (``server.standing.proposing``); the effect waits
for what a person decides about it.  Interviews follow the card, rectification the ledger.  A district whose packs know no
negative list, and whatever has no case of its own on the platform, is settled by hand.
"""

from typing import Any
from uuid import UUID

from server.assessment import store
from server.assessment.actions import ORGANISERS, change, held
from server.assessment.model import EffectKind, EffectStatus, RectificationStatus
from server.assessment.tables import assessment_effect
from server.kit import clock, names
from server.kit.errors import Conflict, Invalid
from server.proposals.model import ProposalStatus
from server.proposals.tables import proposal
from server.record.acts import Act

_TEXT = 2000


async def await_proposal(act: Act, review_id: UUID, proposal_id: UUID) -> None:
    """The negative-list effect of the assessment behind the review waits for what is decided about the proposal."""
    for row in await store.list_pending_effects(act.connection, act.tenant_id, review_id, EffectKind.NEGATIVE_LIST):
        await change(act, assessment_effect, "proposed", row, {"proposal_id": proposal_id})


async def settle_by_finding(act: Act, review_id: UUID, finding_id: UUID, item: str) -> None:
    """The finding that rests on the review was confirmed: with it the institution stands on the negative list."""
    for row in await store.list_pending_effects(act.connection, act.tenant_id, review_id, EffectKind.NEGATIVE_LIST):
        after = _ended(EffectStatus.DONE, f"已认定负面清单条目 {item}") | {"finding_id": finding_id}
        await change(act, assessment_effect, "settled", row, after)


async def void_by_decline(act: Act, proposal_id: UUID, reason: str) -> None:
    """The proposal was declined: what waited for it does not follow."""
    for row in await store.list_effects_of(act.connection, act.tenant_id, "proposal_id", proposal_id):
        if row["status"] == EffectStatus.PENDING:
            after = _ended(EffectStatus.VOID, f"处置建议不予采纳：{reason.strip()}")
            await change(act, assessment_effect, "voided", row, after)


async def void_by_reversal(act: Act, finding_id: UUID, reason: str) -> None:
    """The finding was reversed: what it had settled does not hold."""
    for row in await store.list_effects_of(act.connection, act.tenant_id, "finding_id", finding_id):
        after = _ended(EffectStatus.VOID, f"认定已撤销：{reason.strip()}")
        await change(act, assessment_effect, "voided", row, after)


async def settle_by_interview(act: Act, review_id: UUID, interview_id: UUID) -> None:
    """The institution was interviewed about the card that the failed assessment gave."""
    for row in await store.list_pending_effects(act.connection, act.tenant_id, review_id, EffectKind.INTERVIEW):
        after = _ended(EffectStatus.DONE, "已就黄牌警告约谈主要负责人") | {"interview_id": interview_id}
        await change(act, assessment_effect, "settled", row, after)


async def settle_by_ledger(act: Act, assessment_id: UUID) -> None:
    """Rectification is done once every problem that the assessment entered in the ledger was accepted."""
    statuses = await store.list_item_statuses(act.connection, act.tenant_id, assessment_id)
    if set(statuses) != {RectificationStatus.ACCEPTED}:
        return
    for row in await store.list_effects_of(act.connection, act.tenant_id, "assessment_id", assessment_id):
        if (row["kind"], row["status"]) == (EffectKind.RECTIFICATION, EffectStatus.PENDING):
            after = _ended(EffectStatus.DONE, f"整改台账中的 {len(statuses)} 项问题均已验收通过")
            await change(act, assessment_effect, "settled", row, after)


async def settle_effect(act: Act, effect_id: UUID, *, expected_version: int, note: str) -> None:
    """What follows from a result has been done: paid, awarded, held.

    What an open proposal is about is settled by deciding about that.

    Raises: NotAllowed, NotFound, OutOfDate, Conflict, Invalid.
    """
    act.require(*ORGANISERS)
    row = await held(act, assessment_effect, effect_id, expected_version)
    if row["status"] != EffectStatus.PENDING:
        raise Conflict(f"该事项状态为“{EffectStatus(row['status']).label}”，不能再登记落实", path=("input", "effect"))
    if row["proposal_id"] is not None:
        waiting = await store.load(act.connection, proposal, act.tenant_id, row["proposal_id"])
        if waiting["status"] == ProposalStatus.OPEN:
            raise Conflict(
                "该事项已形成处置建议，请对该建议作出决定：认定负面清单条目，或不予采纳", path=("input", "effect")
            )
    if not note.strip():
        raise Invalid("请写明如何落实", path=("input", "note"))
    told = names.normalise(note, path=("input", "note"), limit=_TEXT)
    await change(act, assessment_effect, "settled", row, _ended(EffectStatus.DONE, told))


def _ended(status: EffectStatus, note: str) -> dict[str, Any]:
    return {"status": status, "note": note, "settled_on": clock.today()}
