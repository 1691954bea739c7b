"""From agreement in principle to the plaque: inclusion, information system, signature, announcement."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from server.insurance import applicants, checks, holders, rules, store, tables
from server.insurance.actions import stepping
from server.insurance.actions.filing import keep_checks
from server.insurance.actions.stepping import Ground
from server.insurance.errors import CommitmentContradicted
from server.insurance.model import AgreementStatus, BarSubject, CheckOutcome, HolderStatus, PersonRole, Step, notice
from server.kit import clock
from server.kit.errors import Conflict, Invalid
from server.kit.ids import new_id
from server.policy.store import Fetch
from server.record.acts import Act
from server.tasks import actions as tasks

_CODE_LONGEST = 40


async def agree(act: Act, application_id: UUID, *, expected_version: int, explanation: str | None) -> None:
    """Both sides agree: the institution is within the designated ones from this day, the agreement still to be signed.

    Implements: MIC-3-4a (inclusion happens on agreement in principle).
    Raises: NotAllowed, NotFound, OutOfDate, WrongStep.
    """
    row = await stepping.held(act, application_id, expected_version, Step.AGREE)
    today = clock.today()
    values: dict[str, Any] = {
        "status": HolderStatus.INCLUDED,
        "institution_name": row["institution_name"],
        "address": (row["amended_form"] or row["form"])["address"],
        "category": row["category"],
        "included_on": today,
        # What an earlier designation left behind does not hold for the new one; its agreements keep it.
        "signed_on": None,
        "locked_until": None,
        "announced_on": None,
        "announcement": None,
        "plaque_issued_on": None,
        "ended_on": None,
    }
    before = await holders.find_designation(act.connection, act.tenant_id, row["institution_id"])
    if before is None:
        designation_id = new_id()
        mark = {"tenant_id": act.tenant_id, "id": designation_id, "created_by": act.actor.subject, "source": "PERSON"}
        made = mark | {"institution_id": row["institution_id"]} | values
        await store.insert_rows(act.connection, tables.designation, [made])
    else:
        designation_id = before["id"]
        await store.update_row(act.connection, tables.designation, act.tenant_id, designation_id, values)
    await act.note("included", "designation", designation_id, after=values)
    said = stepping.worded(explanation, "协商达成一致，纳入定点范围", "explanation")
    await stepping.pass_on(act, row, Step.AGREE, said)


async def begin_system_reform(
    act: Act, application_id: UUID, *, expected_version: int, explanation: str | None
) -> None:
    """The institution adapts its information system (MIC-3-4b, MIC-A21-6).

    Raises: NotAllowed, NotFound, OutOfDate, WrongStep.
    """
    row = await stepping.held(act, application_id, expected_version, Step.BEGIN_SYSTEM_REFORM)
    said = stepping.worded(explanation, "开始医疗保障信息系统改造", "explanation")
    await stepping.pass_on(act, row, Step.BEGIN_SYSTEM_REFORM, said)


async def accept_system(
    act: Act, application_id: UUID, *, expected_version: int, accepted_on: date, explanation: str | None
) -> None:
    """The information system has passed its acceptance (MIC-3-4b).

    Raises: NotAllowed, NotFound, OutOfDate, WrongStep, Invalid.
    """
    row = await stepping.held(act, application_id, expected_version, Step.ACCEPT_SYSTEM)
    stepping.not_future(accepted_on, "acceptedOn")
    said = stepping.worded(explanation, "信息系统改造验收合格", "explanation")
    await stepping.pass_on(act, row, Step.ACCEPT_SYSTEM, said, on=accepted_on)


async def sign(
    act: Act,
    application_id: UUID,
    *,
    ground: Ground,
    expected_version: int,
    number: str,
    code: str,
    signed_on: date,
    from_on: date | None,
    until: date | None,
    contradicted_because: str | None,
    read: Fetch,
) -> None:
    """The service agreement is signed; commitments are checked again first, and commitment 9 begins to bind.

    ``read`` reads what the records of the institution's district say, on a role that may.  A commitment that the
    records contradict needs a reason for signing all the same.

    Implements: MIC-3-4b, MIC-A21-9, A-MIC-7, A-MIC-8.
    Raises: NotAllowed, NotFound, OutOfDate, WrongStep, Invalid, Conflict, CommitmentContradicted, Barred.
    """
    row = await stepping.held(act, application_id, expected_version, Step.SIGN)
    stepping.not_future(signed_on, "signedOn")
    terms = ground.terms(signed_on)
    first = from_on or signed_on
    if first < signed_on:
        raise Invalid(f"协议生效日期不能早于签订日期 {signed_on}", path=("input", "fromOn"))
    last = until or rules.agreement_until(first, terms)
    if last <= first:
        raise Invalid(f"协议终止日期应晚于生效日期 {first}", path=("input", "until"))
    institution_id: UUID = row["institution_id"]
    line = await applicants.find_line(read, act.tenant_id, institution_id)
    bars = await _bars(act, line, application_id)
    rules.check_bars(bars, signed_on)
    judged = await checks.check(read, act.tenant_id, line, bars, as_of=signed_on, terms=terms)
    against = [one for one in judged if one.outcome is CheckOutcome.CONTRADICTED]
    if against and not (contradicted_because or "").strip():
        raise CommitmentContradicted(
            f"签订前复核发现与承诺不符的记录：{'；'.join(one.detail for one in against)}。仍予签订的须说明理由",
            path=("input", "contradictedBecause"),
            clause=notice("附件2-1第二项"),
        )
    await keep_checks(act, application_id, institution_id, judged, as_of=signed_on, occasion=Step.SIGN)
    held = await holders.find_designation(act.connection, act.tenant_id, institution_id)
    assert held is not None, "an agreed application has a designation"
    agreement_id = new_id()
    agreement = {
        "designation_id": held["id"],
        "institution_id": institution_id,
        "application_id": application_id,
        "number": stepping.worded(number, None, "number")[:_CODE_LONGEST],
        "signed_on": signed_on,
        "from_on": first,
        "until": last,
        "status": AgreementStatus.ACTIVE,
        "remind_on": rules.reminder_on(last, terms),
    }
    if await holders.find_taken(act.connection, act.tenant_id, agreement["number"], code, held["id"]):
        raise Conflict("协议编号或定点编码已被使用，请核对", path=("input", "number"))
    mark = {"tenant_id": act.tenant_id, "id": agreement_id, "created_by": act.actor.subject, "source": "PERSON"}
    await store.insert_rows(act.connection, tables.designation_agreement, [mark | agreement])
    await act.note("signed", "designation_agreement", agreement_id, after=agreement)
    values = {
        "status": HolderStatus.ACTIVE,
        "code": stepping.worded(code, None, "code")[:_CODE_LONGEST],
        "signed_on": signed_on,
        "locked_until": rules.locked_until(signed_on, terms),
    }
    await store.update_row(act.connection, tables.designation, act.tenant_id, held["id"], values)
    await act.note("signed", "designation", held["id"], after=values)
    said = f"签订《北京市定点医疗机构医疗保障服务协议》{agreement['number']}"
    if against:
        said += f"；复核有与承诺不符的记录，仍予签订的理由：{(contradicted_because or '').strip()}"
    await stepping.pass_on(act, row, Step.SIGN, said, on=signed_on)


async def announce(
    act: Act, application_id: UUID, *, expected_version: int, announced_on: date, document_number: str
) -> None:
    """The institution on the published list of designated ones, by a document (MIC-3-5).

    Raises: NotAllowed, NotFound, OutOfDate, WrongStep, Invalid.
    """
    row = await stepping.held(act, application_id, expected_version, Step.ANNOUNCE)
    stepping.not_future(announced_on, "announcedOn")
    number = stepping.worded(document_number, None, "documentNumber")
    values = {"announced_on": announced_on, "announcement": number}
    await _of_designation(act, row["institution_id"], "announced", values)
    await stepping.pass_on(act, row, Step.ANNOUNCE, f"向社会公布，{number}", on=announced_on)


async def issue_plaque(act: Act, application_id: UUID, *, expected_version: int, issued_on: date) -> None:
    """The plaque 医疗保障定点医疗机构 is handed over (MIC-3-5).

    Raises: NotAllowed, NotFound, OutOfDate, WrongStep, Invalid.
    """
    row = await stepping.held(act, application_id, expected_version, Step.ISSUE_PLAQUE)
    stepping.not_future(issued_on, "issuedOn")
    await _of_designation(act, row["institution_id"], "plaque_issued", {"plaque_issued_on": issued_on})
    await stepping.pass_on(act, row, Step.ISSUE_PLAQUE, "发放“医疗保障定点医疗机构”标牌", on=issued_on)
    await tasks.finish(act, subject_id=application_id)


async def _of_designation(act: Act, institution_id: UUID, action: str, values: dict[str, object]) -> None:
    held = await holders.find_designation(act.connection, act.tenant_id, institution_id)
    assert held is not None, "a signed application has a designation"
    await store.update_row(act.connection, tables.designation, act.tenant_id, held["id"], values)
    await act.note(action, "designation", held["id"], after=values)


async def _bars(act: Act, line: Sequence[UUID], application_id: UUID) -> list[rules.Bar]:
    """The bars on the institution and on the persons of its form, met by their blind indexes."""
    persons = await store.list_persons(act.connection, act.tenant_id, application_id)
    meant = [
        (
            PersonRole(one["role"]).label,
            tables.designation_bar.c.identity_number_index == one["identity_number_index"],
        )
        for one in persons
        if one["identity_number_index"] is not None
    ]
    found = await store.list_bars(act.connection, line, meant)
    return [
        rules.Bar(BarSubject(row["subject"]), row["from_on"], row["until"], row["reason"], role) for row, role in found
    ]
