"""What follows a yellow card: interview, rectification, closure."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from server.assessment.actions import effects
from server.institutions import store as institutions
from server.kit import clock
from server.kit.actor import Role
from server.kit.errors import Conflict, Invalid, NotFound
from server.kit.ids import new_id
from server.papers.actions import issue
from server.papers.model import PaperKind
from server.policy.terms import SourceStatus
from server.record.acts import Act
from server.reviews.facts import review_of
from server.supervision import rules, store
from server.supervision.model import NEXT_OF_CARD, CardStatus
from server.supervision.tables import interview, yellow_card
from server.tasks.actions import cancel, finish, open_task
from server.tasks.model import DayUnit, Due, Task, TaskKind

OFFICERS = frozenset({Role.DISTRICT_OFFICER, Role.DISTRICT_ADMINISTRATOR})
RECTIFIERS = OFFICERS | {Role.INSTITUTION_STAFF}


async def hold_interview(
    act: Act,
    card: UUID,
    *,
    expected_version: int,
    on: date,
    led_by: str,
    attended_by: str,
    minutes: str,
) -> UUID:
    """The head of the institution was interviewed about the card, which is now to be rectified.

    Implements: FT-2-4-2, FT-2-4-3; machine 10 (ISSUED → INTERVIEWED → RECTIFYING).
    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict.
    """
    act.require(*OFFICERS)
    before = await _held(act, card, expected_version, CardStatus.INTERVIEWED)
    rules.check_days((("issuedOn", before["issued_on"]), ("on", on)), clock.today(), within=("input",), clause=None)
    row_id = new_id()
    said: dict[str, Any] = {
        "on_date": on,
        "led_by": rules.worded(led_by, "ledBy", most=200),
        "attended_by": rules.worded(attended_by, "attendedBy", most=200),
        "minutes": rules.worded(minutes, "minutes"),
    }
    made = {"tenant_id": act.tenant_id, "id": row_id, "created_by": act.actor.subject, "created_at": clock.now()}
    row = made | {"institution_id": before["institution_id"], "card_id": card} | said
    await store.insert_row(act.connection, interview, row)
    await act.note("held", "interview", row_id, after=said)
    addressee = await institutions.load_for_change(act.connection, act.tenant_id, before["institution_id"])
    await issue(
        act,
        kind=PaperKind.INTERVIEW,
        subject_type="yellow_card",
        subject_id=card,
        institution_id=before["institution_id"],
        addressee=addressee["name"],
        title="约谈记录",
        fields={
            "约谈日期": str(on),
            "主持单位": said["led_by"],
            "参加人": said["attended_by"],
            "约谈纪要": said["minutes"],
        },
        issued_on=on,
    )
    await finish(act, subject_id=card, kind=TaskKind.HOLD_INTERVIEW)
    for finding in await store.list_findings_of_card(act.connection, act.tenant_id, card):
        review_id = review_of(finding["basis"])
        if review_id is not None:
            await effects.settle_by_interview(act, review_id, row_id)
    await _change(act, "interviewed", before, {"status": CardStatus.INTERVIEWED, "interviewed_on": on})
    return row_id


async def order_rectification(
    act: Act, card: UUID, *, expected_version: int, rectify_by: date | None = None, rule: str = ""
) -> None:
    """The institution is told to rectify by the card's day, or by another that the decision sets.

    Implements: FT-2-4-3, A-FT-11.  Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict.
    """
    act.require(*OFFICERS)
    before = await _held(act, card, expected_version, CardStatus.RECTIFYING)
    values: dict[str, Any] = {"status": CardStatus.RECTIFYING}
    if rectify_by is not None:
        if rectify_by < clock.today():
            raise Invalid(f"整改期限不能早于今天（{clock.today()}），实际为 {rectify_by}", path=("input", "rectifyBy"))
        values |= {"rectify_by": rectify_by, "rectify_rule": rule or "整改通知另定"}
    await _change(act, "rectification_ordered", before, values)
    addressee = await institutions.load_for_change(act.connection, act.tenant_id, before["institution_id"])
    due_on, due_rule = (
        values.get("rectify_by", before["rectify_by"]),
        values.get("rectify_rule", before["rectify_rule"]),
    )
    await issue(
        act,
        kind=PaperKind.RECTIFICATION,
        subject_type="yellow_card",
        subject_id=card,
        institution_id=before["institution_id"],
        addressee=addressee["name"],
        title="责令限期整改通知书",
        fields={"整改期限": f"{due_on} 前（含当日），{due_rule}", "提交方式": "在本平台提交整改情况和材料"},
        issued_on=clock.today(),
        remedies=True,
    )
    if rectify_by is not None:
        await _set_day(act, before, rectify_by, values["rectify_rule"])


async def submit_rectification(act: Act, card: UUID, *, expected_version: int, done: str) -> None:
    """The institution says what it has done; whoever acts for it must be its staff.

    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict.
    """
    act.require(*RECTIFIERS)
    before = await _held(act, card, expected_version, CardStatus.RECTIFYING)
    own = {grant.institution_id for grant in act.actor.grants if grant.tenant_id == act.tenant_id}
    if not act.actor.roles_in(act.tenant_id) & OFFICERS and before["institution_id"] not in own:
        raise NotFound(path=("input", "card"))
    if before["status"] != CardStatus.RECTIFYING:
        raise Conflict("尚未下达限期整改，不能提交整改情况", path=("input", "card"))
    values = {"rectification": rules.worded(done, "done"), "rectification_submitted_on": clock.today()}
    await _change(act, "rectification_submitted", before, values)
    await finish(act, subject_id=card, kind=TaskKind.RECTIFY)
    await open_task(
        act,
        Task(
            TaskKind.ACCEPT_RECTIFICATION,
            "机构已提交整改情况，请验收",
            "yellow_card",
            card,
            before["institution_id"],
            Role.DISTRICT_OFFICER,
        ),
    )


async def reject_rectification(act: Act, card: UUID, *, expected_version: int, reason: str, rectify_by: date) -> None:
    """What was done is not enough; another day is set.

    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict.
    """
    act.require(*OFFICERS)
    before = await _held(act, card, expected_version, CardStatus.RECTIFYING)
    _check_submitted(before)
    if rectify_by <= clock.today():
        raise Invalid(f"新的整改期限应晚于今天（{clock.today()}），实际为 {rectify_by}", path=("input", "rectifyBy"))
    values: dict[str, Any] = {
        "rectification_submitted_on": None,
        "rectify_by": rectify_by,
        "rectify_rule": "整改验收另定",
    }
    await _change(act, "rectification_rejected", before, values, reason=rules.worded(reason, "reason"))
    await finish(act, subject_id=card, kind=TaskKind.ACCEPT_RECTIFICATION)
    await _set_day(act, before, rectify_by, values["rectify_rule"])


async def close_card(act: Act, card: UUID, *, expected_version: int, note: str) -> None:
    """The rectification is accepted.  The card still counts in its window.

    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict.
    """
    act.require(*OFFICERS)
    before = await _held(act, card, expected_version, CardStatus.CLOSED)
    _check_submitted(before)
    values = {"status": CardStatus.CLOSED, "closed_on": clock.today()}
    await _change(act, "closed", before, values, note=rules.worded(note, "note"))
    await finish(act, subject_id=card)


async def _set_day(act: Act, card: RowMapping, by: date, rule: str) -> None:
    """The institution's task bears the new day."""
    await cancel(act, subject_id=card["id"], kind=TaskKind.RECTIFY)
    due = Due(by, rule, None, DayUnit.FIXED, None, provisional=False, source=SourceStatus.FROM_CLAUSE)
    await open_task(
        act,
        Task(
            TaskKind.RECTIFY,
            "就黄牌警告完成整改并提交整改情况",
            "yellow_card",
            card["id"],
            card["institution_id"],
            Role.INSTITUTION_STAFF,
            due=due,
            consequence="逾期未整改的，由区卫生健康委启动现场检查和专项指导",
        ),
    )


def _check_submitted(row: RowMapping) -> None:
    if row["rectification_submitted_on"] is None:
        raise Conflict("机构尚未提交整改情况，不能验收", path=("input", "card"))


async def _held(act: Act, card: UUID, expected_version: int, to: CardStatus) -> RowMapping:
    row = await store.load_for_change(act.connection, yellow_card, act.tenant_id, card, expected_version)
    rules.check_step(NEXT_OF_CARD, row["status"], to, of="该黄牌")
    return row


async def _change(act: Act, action: str, before: RowMapping, values: dict[str, Any], **said: Any) -> None:
    await store.update_row(act.connection, yellow_card, act.tenant_id, before["id"], values)
    was = {name: before[name] for name in values}
    await act.note(action, "yellow_card", before["id"], before=was, after=values | said)
