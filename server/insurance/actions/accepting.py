"""What the agency does first: confirm by telephone, accept, tell once what is missing; and the applicant's answer."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from server.insurance import applicants, form_rules, store, tables
from server.insurance.actions import stepping
from server.insurance.actions.filing import add_persons, take_files, told
from server.insurance.actions.stepping import Ground
from server.insurance.errors import AlreadySupplemented
from server.insurance.form import Form, joined, parted
from server.insurance.model import (
    PASSAGES,
    MaterialKind,
    Step,
    notice,
)
from server.insurance.registry import registered_form
from server.kit import clock
from server.kit.actor import Role
from server.kit.errors import Invalid
from server.kit.ids import new_id
from server.papers import actions as papers
from server.papers.model import PaperKind
from server.record.acts import Act
from server.tasks import actions as tasks
from server.tasks.model import DayUnit, TaskKind
from server.tasks.rules import due_on

_ITEMS_MOST = 100


async def confirm_by_phone(
    act: Act, application_id: UUID, *, expected_version: int, confirmed_at: datetime | None, explanation: str | None
) -> None:
    """The applicant has confirmed the application by telephone (MIC-3-1b).

    Raises: NotAllowed, NotFound, OutOfDate, WrongStep, Invalid.
    """
    row = await stepping.held(act, application_id, expected_version, Step.CONFIRM_BY_PHONE)
    at = confirmed_at or clock.now()
    if not row["received_at"] <= at <= clock.now():
        raise Invalid("电话确认时间应在收到材料之后、现在之前", path=("input", "confirmedAt"))
    said = stepping.worded(explanation, "申请单位已通过咨询电话确认", "explanation")
    await stepping.pass_on(act, row, Step.CONFIRM_BY_PHONE, said, confirmed_by_phone_at=at)


async def accept(act: Act, application_id: UUID, *, expected_version: int, explanation: str | None) -> None:
    """The application is accepted, at once (MIC-3-1c).

    Raises: NotAllowed, NotFound, OutOfDate, WrongStep.
    """
    row = await stepping.held(act, application_id, expected_version, Step.ACCEPT)
    said = stepping.worded(explanation, "即时受理", "explanation")
    await stepping.pass_on(act, row, Step.ACCEPT, said, accepted_on=clock.today())


async def request_supplement(
    act: Act,
    application_id: UUID,
    *,
    ground: Ground,
    expected_version: int,
    items: Sequence[str],
    leave_out: Sequence[int],
    reply_by: date | None,
) -> None:
    """The applicant is told, once and for all, what is missing: what the system found, and what the agency adds.

    ``leave_out``: numbers (from 0) of findings that the agency does not uphold.  After the agency's last day the notice
    still goes out, marked late; nothing is deemed accepted (A-MIC-2).

    Implements: MIC-3-1d, A-MIC-11.
    Raises: NotAllowed, NotFound, OutOfDate, AlreadySupplemented, WrongStep, Invalid.
    """
    act.require(*PASSAGES[Step.REQUEST_SUPPLEMENT].by)
    if await store.find_supplement(act.connection, act.tenant_id, application_id) is not None:
        raise AlreadySupplemented(
            "补充材料只能一次性告知，本申请已告知过一次，不能再次告知",
            path=("input", "application"),
            clause=notice("三(一)第二句"),
        )
    row = await stepping.held(act, application_id, expected_version, Step.REQUEST_SUPPLEMENT)
    found = row["findings"]
    if any(not 0 <= one < len(found) for one in leave_out):
        raise Invalid(f"leaveOut 应为 0 到 {len(found) - 1} 之间的编号", path=("input", "leaveOut"))
    wanted = [one["message"] for n, one in enumerate(found) if n not in set(leave_out)]
    wanted += [stepping.worded(item, None, f"items.{n}") for n, item in enumerate(items)]
    if not wanted:
        raise Invalid("没有需要补充的事项；材料齐全的请直接进行区级评估", path=("input", "items"))
    if len(wanted) > _ITEMS_MOST:
        raise Invalid(f"补充事项最多 {_ITEMS_MOST} 项，现为 {len(wanted)} 项", path=("input", "items"))
    today = clock.today()
    if reply_by is not None and reply_by <= today:
        raise Invalid("补充期限应晚于今天", path=("input", "replyBy"))
    late = today > row["supplement_due_on"]
    await store.insert_rows(
        act.connection,
        tables.designation_supplement,
        [
            {
                "tenant_id": act.tenant_id,
                "id": new_id(),
                "application_id": application_id,
                "institution_id": row["institution_id"],
                "sent_on": today,
                "due_on": row["supplement_due_on"],
                "late": late,
                "reply_by": reply_by,
                "items": wanted,
            }
        ],
    )
    said = f"一次性告知补充 {len(wanted)} 项"
    if late:
        terms = ground.terms(row["received_on"])
        said = f"一次性告知补充 {len(wanted)} 项（已超过 {terms.supplement_working_days} 个工作日的告知期限）"
    await stepping.pass_on(act, row, Step.REQUEST_SUPPLEMENT, said, supplement_requested_on=today)
    await tasks.finish(act, subject_id=application_id, kind=TaskKind.HANDLE_DESIGNATION)
    listed = {f"第 {n} 项": one for n, one in enumerate(wanted, start=1)}
    await papers.issue(
        act,
        kind=PaperKind.DESIGNATION_SUPPLEMENT,
        subject_type=stepping.SUBJECT,
        subject_id=application_id,
        institution_id=row["institution_id"],
        addressee=row["institution_name"],
        title="医保定点申请材料一次性补充告知书",
        fields={"申请编号": row["number"], "收到材料之日": str(row["received_on"]), **listed},
        issued_on=today,
        clauses=(notice("三(一)第二句"),),
        issuer=await applicants.find_agency_name(act.connection, act.tenant_id),
    )
    due = None
    if reply_by is not None:
        rule = "经办机构在补充告知中要求的期限（原文没有规定）"
        source = ground.terms(today).source("publicity_counts_first_day")
        due = due_on(ground.calendar, reply_by, 0, DayUnit.FIXED, rule=rule, source=source)
    await stepping.remind(
        act,
        stepping.Case.of(row),
        TaskKind.SUPPLEMENT_DESIGNATION,
        f"补充医保定点申请材料（{len(wanted)} 项）",
        Role.INSTITUTION_STAFF,
        step=Step.SUPPLEMENT,
        due=due,
    )


async def supplement(
    act: Act,
    application_id: UUID,
    *,
    ground: Ground,
    expected_version: int,
    form: Form | None,
    materials: Mapping[MaterialKind, tuple[UUID, ...]],
    explanation: str | None,
) -> None:
    """The applicant's answer: files that were missing, the form put right.  What was submitted first stays as it was.

    Raises: NotAllowed, NotFound, OutOfDate, WrongStep, Invalid.
    """
    row = await stepping.held(act, application_id, expected_version, Step.SUPPLEMENT)
    if form is None and not any(materials.values()) and not (explanation or "").strip():
        raise Invalid("请补充材料、更正申请表或说明情况", path=("input", "materials"))
    values: dict[str, Any] = {"supplemented_on": clock.today()}
    await take_files(act, application_id, row["institution_id"], materials)
    if form is not None:
        amended = form_rules.normalised(form)
        known = await applicants.load_registered(act.connection, act.tenant_id, row["institution_id"])
        snapshot, personal = parted(amended)
        # A number that is not entered again stays as it was submitted.
        before = await store.list_persons(act.connection, act.tenant_id, application_id)
        kept = {
            f"{one['role'].lower()}.{name}": "*"
            for one in before
            for name in ("phone", "identity_number")
            if one[f"{name}_masked"] is not None
        }
        if row["bank_account_masked"] is not None:
            kept["bank.account"] = "*"
        whole = joined(snapshot, {p: v for p, v in kept.items() if snapshot[p.split(".")[0]] is not None} | personal)
        found = (
            *form_rules.findings(whole, received_on=row["received_on"], needs_guarantee=row["guarantee_required"]),
            *form_rules.differing(whole, registered_form(known)),
        )
        values |= {"amended_form": snapshot, "amended_findings": [told(one) for one in found]}
        values |= act.seal(
            tables.designation_application,
            application_id,
            ("input", "form", "bank"),
            amended_bank_account=personal.get("bank.account"),
        )
        await add_persons(act, application_id, row["institution_id"], amended, amended=True)
    said = stepping.worded(explanation, "已按一次性告知补充", "explanation")
    await stepping.pass_on(act, row, Step.SUPPLEMENT, said, **values)
    await tasks.finish(act, subject_id=application_id, kind=TaskKind.SUPPLEMENT_DESIGNATION)
    await stepping.remind(
        act,
        stepping.Case.of(row),
        TaskKind.EVALUATE_DESIGNATION,
        f"区级评估“{row['institution_name']}”的医保定点申请",
        Role.AGENCY_OFFICER,
        step=Step.EVALUATE_IN_DISTRICT,
    )


async def missing_for_evaluation(act: Act, application_id: UUID) -> tuple[str, ...]:
    """Labels of the materials of either stage that are not there yet (A-MIC-3)."""
    rows = await store.list_materials(act.connection, act.tenant_id, application_id)
    return tuple(MaterialKind(row["kind"]).label for row in rows if not row["present"])
