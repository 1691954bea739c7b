"""Issuing a yellow card: the card, its document, and what must follow."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from server.kit import clock
from server.kit.actor import Role
from server.kit.clause import Clause
from server.kit.errors import Invalid
from server.kit.ids import new_id
from server.papers.actions import issue
from server.papers.model import PaperKind
from server.policy.grounds import Enabled
from server.policy.terms import SourceStatus
from server.record.acts import Act
from server.supervision import store
from server.supervision.model import CardStatus
from server.supervision.tables import yellow_card
from server.tasks.actions import due_after, open_task
from server.tasks.model import DayUnit, Due, Task, TaskKind


@dataclass(frozen=True, slots=True)
class Carded:
    """What a card is given for; ``items``: number and words of each."""

    institution_id: UUID
    addressee: str
    item: str | None
    items: tuple[tuple[str, str], ...]
    clauses: tuple[Clause, ...]
    occurred_on: date
    confirmed_on: date
    issued_on: date
    confirmation_id: UUID
    rectify_by: date | None


async def issue_card(act: Act, enabled: Enabled, card: Carded) -> UUID:
    """The card with its document, and the tasks to interview and to rectify.

    The day for rectification is the decision's own, else so many days after the card as the pack says.
    Implements: FT-2-4-1 to FT-2-4-3, A-FT-11.  Raises: Invalid, PolicyNotEnabled.
    """
    due = await rectification_due(act, enabled, card.issued_on, card.rectify_by)
    row_id = new_id()
    said = {
        "institution_id": card.institution_id,
        "item": card.item,
        "confirmation_id": card.confirmation_id,
        "status": CardStatus.ISSUED,
        "occurred_on": card.occurred_on,
        "confirmed_on": card.confirmed_on,
        "issued_on": card.issued_on,
        "rectify_by": due.on,
        "rectify_rule": due.rule,
    }
    made = {"tenant_id": act.tenant_id, "id": row_id, "created_by": act.actor.subject, "created_at": clock.now()}
    await store.insert_row(act.connection, yellow_card, made | {"source": "PERSON"} | said)
    await act.note("issued", "yellow_card", row_id, after=said, policy_digest=enabled.version.digest)
    await issue(
        act,
        kind=PaperKind.YELLOW_CARD,
        subject_type="yellow_card",
        subject_id=row_id,
        institution_id=card.institution_id,
        addressee=card.addressee,
        title="黄牌警告决定书",
        fields={
            "负面清单条目": "；".join(f"{code} {words}" for code, words in card.items),
            "行为发生日期": str(card.occurred_on),
            "认定日期": str(card.confirmed_on),
            "整改期限": f"{due.on} 前（含当日），{due.rule}",
            "后续措施": "由区卫生健康委约谈主要负责人，限期整改，视需要启动现场检查和专项指导",
        },
        issued_on=card.issued_on,
        clauses=card.clauses,
        remedies=True,
    )
    clause = card.clauses[-1] if card.clauses else None
    await open_task(
        act,
        Task(
            TaskKind.HOLD_INTERVIEW,
            f"约谈{card.addressee}主要负责人",
            "yellow_card",
            row_id,
            card.institution_id,
            Role.DISTRICT_OFFICER,
            due=due,
            clause=clause,
        ),
    )
    await open_task(
        act,
        Task(
            TaskKind.RECTIFY,
            f"就黄牌警告完成整改并提交整改情况（{'、'.join(code for code, _ in card.items)}）",
            "yellow_card",
            row_id,
            card.institution_id,
            Role.INSTITUTION_STAFF,
            due=due,
            clause=clause,
            consequence="逾期未整改的，由区卫生健康委启动现场检查和专项指导",
        ),
    )
    return row_id


async def rectification_due(act: Act, enabled: Enabled, issued_on: date, rectify_by: date | None) -> Due:
    """By when to rectify, and what says so.  Raises: Invalid, PolicyNotEnabled."""
    if rectify_by is not None:
        if rectify_by < issued_on:
            raise Invalid(
                f"整改期限 rectifyBy 不能早于发出之日 {issued_on}，实际为 {rectify_by}", path=("input", "rectifyBy")
            )
        return Due(
            rectify_by, "本决定所定", None, DayUnit.FIXED, issued_on, provisional=False, source=SourceStatus.FROM_CLAUSE
        )
    days = enabled.parameter("rectification_days")
    rule = f"{days.label}：发出之日起 {days.value} 日（{days.source_status.label}）"
    return await due_after(act, issued_on, days.value, DayUnit.CALENDAR, rule=rule, source=days.source_status)
