"""Publicity of those that passed, objections to it, negotiation."""

from datetime import date
from uuid import UUID

from server.insurance import rules, store, tables
from server.insurance.actions import stepping
from server.insurance.actions.evaluating import annul_municipal
from server.insurance.actions.stepping import Ground
from server.insurance.errors import PublicityRunning
from server.insurance.model import PASSAGES, ObjectionOutcome, Step, notice
from server.kit import clock
from server.kit.actor import Role
from server.kit.errors import Conflict, Invalid, OutOfDate
from server.kit.ids import new_id
from server.record.acts import Act
from server.tasks import actions as tasks
from server.tasks.model import TaskKind


async def publicise(
    act: Act, application_id: UUID, *, ground: Ground, expected_version: int, published_on: date, url: str | None
) -> UUID:
    """The institution on the public list, for the days of publicity (MIC-3-3, A-MIC-10).

    Raises: NotAllowed, NotFound, OutOfDate, WrongStep, Invalid.
    """
    row = await stepping.held(act, application_id, expected_version, Step.PUBLICISE)
    stepping.not_future(published_on, "publishedOn")
    if published_on < row["municipal_evaluated_on"]:
        raise Invalid(f"公示日期不能早于市级评估之日（{row['municipal_evaluated_on']}）", path=("input", "publishedOn"))
    if url is not None and not (url.startswith("https://") and len(url) <= 500):
        raise Invalid("公示网址应以 https:// 开头，最多 500 个字符", path=("input", "url"))
    terms = ground.terms(published_on)
    due = rules.publicity_due(ground.calendar, terms, published_on)
    publicity_id = new_id()
    after = {
        "application_id": application_id,
        "institution_id": row["institution_id"],
        "institution_name": row["institution_name"],
        "address": (row["amended_form"] or row["form"])["address"],
        "category": row["category"],
        "year": row["year"],
        "quarter": row["quarter"],
        "published_on": published_on,
        "closes_on": due.on,
        "closes_status": due.status,
        "url": url,
    }
    mark = {"tenant_id": act.tenant_id, "id": publicity_id, "created_by": act.actor.subject, "source": "PERSON"}
    await store.insert_rows(act.connection, tables.designation_publicity, [mark | after])
    await stepping.pass_on(act, row, Step.PUBLICISE, f"公示至 {due.on}", on=published_on)
    await stepping.remind(
        act,
        stepping.Case.of(row),
        TaskKind.CONCLUDE_DESIGNATION,
        f"公示期满后与“{row['institution_name']}”协商服务协议",
        Role.MUNICIPAL_INSURANCE_OFFICER,
        step=Step.NEGOTIATE,
        due=stepping.working_due(
            due,
            published_on,
            terms.publicity_working_days,
            f"公示期 {terms.publicity_working_days} 个工作日",
            terms.source("designation_publicity_working_days"),
        ),
    )
    return publicity_id


async def record_objection(
    act: Act,
    application_id: UUID,
    *,
    expected_version: int,
    raised_on: date,
    content: str,
    objector: str | None,
    objector_phone: str | None,
) -> UUID:
    """An objection that came in while the publicity ran; it is looked into before anything else happens (MIC-3-3).

    Raises: NotAllowed, NotFound, OutOfDate, WrongStep, Invalid, Conflict (outside the days of publicity).
    """
    row = await stepping.held(act, application_id, expected_version, Step.OBJECT)
    stepping.not_future(raised_on, "raisedOn")
    publicity = await store.find_publicity(act.connection, act.tenant_id, application_id)
    assert publicity is not None, "an application in publicity has a publicity"
    if not publicity["published_on"] <= raised_on <= publicity["closes_on"]:
        raise Conflict(
            f"异议应在公示期内提出（{publicity['published_on']} 至 {publicity['closes_on']}），实际为 {raised_on}",
            path=("input", "raisedOn"),
            clause=notice("三(三)"),
        )
    objection_id = new_id()
    after = {
        "application_id": application_id,
        "publicity_id": publicity["id"],
        "raised_on": raised_on,
        "objector": objector,
        "content": stepping.worded(content, None, "content"),
        "outcome": ObjectionOutcome.UNDER_REVIEW,
    }
    mark = {"tenant_id": act.tenant_id, "id": objection_id, "created_by": act.actor.subject, "source": "PERSON"}
    sealed = act.seal(tables.designation_objection, objection_id, objector_phone=objector_phone)
    await store.insert_rows(act.connection, tables.designation_objection, [mark | after | sealed])
    await act.note("raised", "designation_objection", objection_id, after=after)
    await stepping.pass_on(act, row, Step.OBJECT, "公示期内收到异议，予以核查", on=raised_on)
    return objection_id


async def decide_objection(
    act: Act, objection_id: UUID, *, expected_version: int, outcome: ObjectionOutcome, reason: str
) -> UUID:
    """What became of the objection; the application it is about.

    Dismissed, the publicity goes on; upheld, the municipal evaluation is made again, and the publicity is over.  The text
    says nothing of it: the way back is the platform's default (docs/decisions/designation.md).

    Raises: NotAllowed, NotFound, OutOfDate, WrongStep, Invalid, Conflict.
    """
    act.require(*PASSAGES[Step.DISMISS_OBJECTION].by)
    if outcome is ObjectionOutcome.UNDER_REVIEW:
        raise Invalid("请给出核查结论：成立或不成立", path=("input", "outcome"))
    said = stepping.worded(reason, None, "reason")
    objection = await store.load_for_change(act.connection, tables.designation_objection, act.tenant_id, objection_id)
    if objection["version"] != expected_version:
        raise OutOfDate(current_version=objection["version"])
    if objection["outcome"] != ObjectionOutcome.UNDER_REVIEW:
        raise Conflict("该异议已有核查结论", path=("input", "objection"))
    application_id: UUID = objection["application_id"]
    row = await store.load_for_change(act.connection, tables.designation_application, act.tenant_id, application_id)
    today = clock.today()
    after = {"outcome": outcome, "decided_on": today, "reason": said}
    await store.update_row(act.connection, tables.designation_objection, act.tenant_id, objection_id, after)
    await act.note("decided", "designation_objection", objection_id, after=after)
    if outcome is ObjectionOutcome.UPHELD:
        await annul_municipal(act, application_id, today)
        await withdraw_publicity(act, application_id, today)
        cleared = {"municipal_result": None, "municipal_evaluated_on": None}
        await stepping.pass_on(act, row, Step.UPHOLD_OBJECTION, said, **cleared)
        await tasks.finish(act, subject_id=application_id, kind=TaskKind.CONCLUDE_DESIGNATION)
    elif not await store.count_open_objections(act.connection, act.tenant_id, application_id):
        await stepping.pass_on(act, row, Step.DISMISS_OBJECTION, said)
    return application_id


async def withdraw_publicity(act: Act, application_id: UUID, on: date) -> None:
    """The publicity that stands, if any, is over before its end."""
    publicity = await store.find_publicity(act.connection, act.tenant_id, application_id)
    if publicity is not None:
        values = {"withdrawn_on": on}
        await store.update_row(act.connection, tables.designation_publicity, act.tenant_id, publicity["id"], values)


async def negotiate(act: Act, application_id: UUID, *, expected_version: int, explanation: str | None) -> None:
    """Negotiation of the service agreement, once the days of publicity are over and no objection is open (MIC-3-4a).

    Raises: NotAllowed, NotFound, OutOfDate, WrongStep, PublicityRunning.
    """
    row = await stepping.held(act, application_id, expected_version, Step.NEGOTIATE)
    publicity = await store.find_publicity(act.connection, act.tenant_id, application_id)
    assert publicity is not None, "an application in publicity has a publicity"
    if clock.today() <= publicity["closes_on"]:
        raise PublicityRunning(
            f"公示期至 {publicity['closes_on']} 当日止，期满后方可协商",
            path=("input", "application"),
            clause=notice("三(三)"),
            closes_on=publicity["closes_on"],
        )
    said = stepping.worded(explanation, "公示期满无异议或异议不成立，开始协商", "explanation")
    await stepping.pass_on(act, row, Step.NEGOTIATE, said)
    await tasks.finish(act, subject_id=application_id, kind=TaskKind.CONCLUDE_DESIGNATION)
