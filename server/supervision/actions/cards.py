"""What follows a yellow card: interview, rectification, closure."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from server.kit import clock
from server.kit.actor import Role
from server.kit.errors import Conflict, Invalid, NotAllowed
from server.kit.ids import new_id
from server.record.acts import Act
from server.supervision import rules, store
from server.supervision.model import NEXT_OF_CARD, CardStatus
from server.supervision.tables import interview, yellow_card

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
    said = {
        "on_date": on,
        "led_by": rules.worded(led_by, "ledBy", most=200),
        "attended_by": rules.worded(attended_by, "attendedBy", most=200),
        "minutes": rules.worded(minutes, "minutes"),
    }
    made = {"tenant_id": act.tenant_id, "id": row_id, "created_by": act.actor.subject, "created_at": clock.now()}
    row = made | {"institution_id": before["institution_id"], "card_id": card} | said
    await store.insert_row(act.connection, interview, row)
    await act.note("held", "interview", row_id, after=said)
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


async def submit_rectification(act: Act, card: UUID, *, expected_version: int, done: str) -> RowMapping:
    """The institution says what it has done; whoever acts for it must be its staff.

    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict.
    """
    act.require(*RECTIFIERS)
    before = await _held(act, card, expected_version, CardStatus.RECTIFYING)
    own = {grant.institution_id for grant in act.actor.grants if grant.tenant_id == act.tenant_id}
    if not act.actor.roles_in(act.tenant_id) & OFFICERS and before["institution_id"] not in own:
        raise NotAllowed("只能由被警告的机构提交整改情况")
    if before["status"] != CardStatus.RECTIFYING:
        raise Conflict("尚未下达限期整改，不能提交整改情况", path=("input", "card"))
    values = {"rectification": rules.worded(done, "done"), "rectification_submitted_on": clock.today()}
    await _change(act, "rectification_submitted", before, values)
    return before


async def reject_rectification(act: Act, card: UUID, *, expected_version: int, reason: str, rectify_by: date) -> None:
    """What was done is not enough; another day is set.

    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict.
    """
    act.require(*OFFICERS)
    before = await _held(act, card, expected_version, CardStatus.RECTIFYING)
    _check_submitted(before)
    if rectify_by <= clock.today():
        raise Invalid(f"新的整改期限应晚于今天（{clock.today()}），实际为 {rectify_by}", path=("input", "rectifyBy"))
    values = {"rectification_submitted_on": None, "rectify_by": rectify_by, "rectify_rule": "整改验收另定"}
    await _change(act, "rectification_rejected", before, values, reason=rules.worded(reason, "reason"))


async def close_card(act: Act, card: UUID, *, expected_version: int, note: str) -> None:
    """The rectification is accepted.  The card still counts in its window.

    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict.
    """
    act.require(*OFFICERS)
    before = await _held(act, card, expected_version, CardStatus.CLOSED)
    _check_submitted(before)
    values = {"status": CardStatus.CLOSED, "closed_on": clock.today()}
    await _change(act, "closed", before, values, note=rules.worded(note, "note"))


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
