"""After the signature: an agreement rests, runs again, ends, is renewed; and what each day brings."""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import RowMapping

from server.insurance import holders, rules, store, tables
from server.insurance.actions import stepping
from server.insurance.actions.measures import HANDLERS, take_measure
from server.insurance.actions.stepping import Ground
from server.insurance.model import AgreementStatus, HolderStatus, notice
from server.kit import clock
from server.kit.actor import Role
from server.kit.errors import Conflict, Invalid, OutOfDate
from server.kit.ids import new_id
from server.policy.terms import InsuranceAction
from server.record.acts import Act
from server.tasks import actions as tasks
from server.tasks.model import DayUnit, Task, TaskKind
from server.tasks.rules import due_on

_AGREEMENT, _DESIGNATION = tables.designation_agreement, tables.designation


async def suspend(
    act: Act,
    ground: Ground,
    agreement_id: UUID,
    *,
    expected_version: int,
    suspended_from: date,
    suspended_until: date | None,
    on_request: bool,
    reason: str,
) -> UUID:
    """The agreement rests; the institution.

    ``on_request``: the institution asked, for no longer than the policy allows; otherwise it is a measure (中止), which
    becomes a fact of supervision.  Raises: NotAllowed, NotFound, OutOfDate, Conflict, Invalid.
    """
    row = await _held(act, agreement_id, expected_version, (AgreementStatus.ACTIVE,))
    if suspended_until is not None and suspended_until <= suspended_from:
        raise Invalid("中止期满日期应晚于中止日期", path=("input", "suspendedUntil"))
    if on_request:
        most = ground.terms(clock.today()).suspension_calendar_days
        last = suspended_from + timedelta(days=most)
        if suspended_until is None or suspended_until > last:
            raise Invalid(
                f"依申请中止不超过 {most} 日（至 {last} 止），请给出期满日期",
                path=("input", "suspendedUntil"),
                clause=notice("三(四)"),
            )
    else:
        stepping.not_future(suspended_from, "suspendedFrom")
    said = stepping.worded(reason, None, "reason")
    values = {
        "status": AgreementStatus.SUSPENDED,
        "suspended_from": suspended_from,
        "suspended_until": suspended_until,
        "reason": said,
    }
    await _change(act, row, "suspended", values, HolderStatus.SUSPENDED)
    if not on_request:
        await take_measure(
            act, row["institution_id"], agreement_id, InsuranceAction.AGREEMENT_SUSPENSION, suspended_from, said
        )
    return _institution(row)


async def resume(act: Act, agreement_id: UUID, *, expected_version: int, reason: str) -> UUID:
    """A suspended agreement runs again from today; the institution.

    Raises: NotAllowed, NotFound, OutOfDate, Conflict, Invalid.
    """
    row = await _held(act, agreement_id, expected_version, (AgreementStatus.SUSPENDED,))
    said = stepping.worded(reason, None, "reason")
    values = {"status": AgreementStatus.ACTIVE, "suspended_until": clock.today(), "reason": said}
    await _change(act, row, "resumed", values, HolderStatus.ACTIVE)
    return _institution(row)


async def terminate(
    act: Act, agreement_id: UUID, *, expected_version: int, ended_on: date, on_request: bool, reason: str
) -> UUID:
    """The agreement is over before its end, and the institution no longer a designated one; the institution.

    ``on_request``: both sides end it; otherwise it is a measure (解除), which becomes a fact of supervision.
    Raises: NotAllowed, NotFound, OutOfDate, Conflict, Invalid.
    """
    row = await _held(act, agreement_id, expected_version, holders.RUNNING)
    stepping.not_future(ended_on, "endedOn")
    if ended_on < row["signed_on"]:
        raise Invalid(f"解除日期不能早于签订日期 {row['signed_on']}", path=("input", "endedOn"))
    said = stepping.worded(reason, None, "reason")
    values = {"status": AgreementStatus.TERMINATED, "ended_on": ended_on, "reason": said}
    await _change(act, row, "terminated", values, HolderStatus.TERMINATED, ended_on=ended_on)
    await tasks.cancel(act, subject_id=agreement_id)
    if not on_request:
        await take_measure(
            act, row["institution_id"], agreement_id, InsuranceAction.AGREEMENT_TERMINATION, ended_on, said
        )
    return _institution(row)


async def renew(
    act: Act,
    ground: Ground,
    agreement_id: UUID,
    *,
    expected_version: int,
    number: str,
    signed_on: date,
    until: date | None,
) -> UUID:
    """A new agreement that follows this one without a gap; its id.

    Commitment 9 binds for a year from the first signature alone: it speaks of 本次签订.
    Raises: NotAllowed, NotFound, OutOfDate, Conflict, Invalid.
    """
    row = await _held(act, agreement_id, expected_version, (AgreementStatus.ACTIVE,))
    stepping.not_future(signed_on, "signedOn")
    terms = ground.terms(signed_on)
    first = row["until"]
    last = until or rules.agreement_until(first, terms)
    if signed_on < row["remind_on"]:
        raise Conflict(f"续签自 {row['remind_on']} 起办理", path=("input", "signedOn"), clause=notice("三(四)"))
    if last <= first:
        raise Invalid(f"期满日期应晚于生效日期 {first}", path=("input", "until"))
    said = stepping.worded(number, None, "number")[:40]
    if await holders.find_taken(act.connection, act.tenant_id, said, "", row["designation_id"]):
        raise Conflict("协议编号已被使用，请核对", path=("input", "number"))
    if await holders.find_following(act.connection, act.tenant_id, agreement_id):
        raise Conflict("该协议已续签", path=("input", "agreement"))
    made = {
        "designation_id": row["designation_id"],
        "institution_id": row["institution_id"],
        "previous_id": agreement_id,
        "number": said,
        "signed_on": signed_on,
        "from_on": first,
        "until": last,
        "status": AgreementStatus.ACTIVE,
        "remind_on": rules.reminder_on(last, terms),
    }
    renewed = new_id()
    mark = {"tenant_id": act.tenant_id, "id": renewed, "created_by": act.actor.subject, "source": "PERSON"}
    await store.insert_rows(act.connection, _AGREEMENT, [mark | made])
    await act.note("renewed", _AGREEMENT.name, renewed, after=made)
    await store.update_row(act.connection, _AGREEMENT, act.tenant_id, agreement_id, {})
    await tasks.finish(act, subject_id=agreement_id)
    return renewed


async def mind_agreements(act: Act, ground: Ground) -> tuple[int, int]:
    """Reminders opened, agreements expired: what the day brings, and nothing twice.

    A reminder is a task for the institution's staff, due on the last day of the agreement.
    """
    today, terms = clock.today(), ground.terms(clock.today())
    reminded = expired = 0
    for row in await holders.list_ending(act.connection, act.tenant_id, today):
        following = await holders.find_following(act.connection, act.tenant_id, row["id"])
        if row["until"] <= today:
            values = {"status": AgreementStatus.EXPIRED, "ended_on": row["until"]}
            holder = None if following else HolderStatus.EXPIRED
            await _change(act, row, "expired", values, holder, ended_on=None if following else row["until"])
            await tasks.cancel(act, subject_id=row["id"])
            expired += 1
        elif not following and row["reminded_on"] is None:
            due = due_on(
                ground.calendar,
                row["until"] - timedelta(days=1),
                0,
                DayUnit.FIXED,
                rule=f"协议期满前 {terms.renewal_reminder_months} 个月起办理续签，期满日 {row['until']}",
                source=terms.source("renewal_reminder_months"),
            )
            await tasks.open_task(
                act,
                Task(
                    kind=TaskKind.RENEW_INSURANCE_AGREEMENT,
                    title=f"医保服务协议 {row['number']} 即将期满，请申请续签",
                    subject_type=_AGREEMENT.name,
                    subject_id=row["id"],
                    institution_id=row["institution_id"],
                    role=Role.INSTITUTION_STAFF,
                    due=due,
                    clause=notice("三(四)"),
                    consequence="期满未续签的，不再是医保定点医疗机构",
                ),
            )
            await store.update_row(act.connection, _AGREEMENT, act.tenant_id, row["id"], {"reminded_on": today})
            reminded += 1
    return reminded, expired


async def _held(
    act: Act, agreement_id: UUID, expected_version: int, statuses: tuple[AgreementStatus, ...]
) -> RowMapping:
    act.require(*HANDLERS)
    row = await store.load_for_change(act.connection, _AGREEMENT, act.tenant_id, agreement_id)
    if row["version"] != expected_version:
        raise OutOfDate(current_version=row["version"])
    if row["status"] not in statuses:
        wanted = "、".join(one.label for one in statuses)
        raise Conflict(
            f"协议现为“{AgreementStatus(row['status']).label}”，须为：{wanted}",
            path=("input", "agreement"),
            clause=notice("三(四)"),
        )
    return row


async def _change(
    act: Act,
    row: RowMapping,
    action: str,
    values: dict[str, object],
    holder: HolderStatus | None,
    *,
    ended_on: date | None = None,
) -> None:
    """The agreement, and with it the designation, in a new state."""
    await store.update_row(act.connection, _AGREEMENT, act.tenant_id, row["id"], values)
    before = {name: row[name] for name in values}
    await act.note(action, _AGREEMENT.name, row["id"], before=before, after=values)
    if holder is not None:
        after = {"status": holder, "ended_on": ended_on}
        await store.update_row(act.connection, _DESIGNATION, act.tenant_id, row["designation_id"], after)
        await act.note(action, _DESIGNATION.name, row["designation_id"], after=after)


def _institution(row: RowMapping) -> UUID:
    found: UUID = row["institution_id"]
    return found
