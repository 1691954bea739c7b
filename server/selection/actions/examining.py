"""Examining applications 资格审查: what the authority determines, and the officer's decision on what the policy proposes."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import RowMapping

from server.documents import actions as documents
from server.institutions.model import OperatingNature, OperatorKind
from server.kit import clock, names, prose
from server.kit.clause import Clause
from server.kit.errors import Conflict, Invalid
from server.kit.ids import new_id
from server.papers.model import PaperKind
from server.policy.procedures import Procedure
from server.policy.terms import ApplicationRoute, Effect, Outcome
from server.proposals import actions as proposals
from server.record.acts import Act
from server.selection import steps, store, tables
from server.selection.actions.judging import judge_application
from server.selection.model import ApplicationStatus, CallStatus, VerifiedFact
from server.tasks import actions as tasks
from server.tasks.model import TaskKind

BASIS = "核实依据"
_CHOICES = {
    VerifiedFact.OPERATOR_KIND: OperatorKind,
    VerifiedFact.OPERATING_NATURE: OperatingNature,
    VerifiedFact.APPLICATION_ROUTE: ApplicationRoute,
}
#: While a call stands here, applications are examined.
_EXAMINED_IN = (CallStatus.PUBLISHED, CallStatus.CLOSED)


@dataclass(frozen=True, slots=True)
class Verification:
    """One fact as an officer determined it: ``value`` is ``true``, ``false`` or a code, ``basis`` what it rests on.

    ``plan`` and ``plan_published_on``: the published plan, for a finding that the application does not conform to it.
    """

    fact: VerifiedFact
    value: str
    basis: str
    plan: str | None = None
    plan_published_on: date | None = None
    document_ids: tuple[UUID, ...] = ()


async def verify_application(
    act: Act, procedure: Procedure, application_id: UUID, *, expected_version: int, found: Verification
) -> None:
    """What the officer determined is kept, and the application judged anew.

    A finding that an application does not conform to the plan names the plan and the day it was published: nobody may be
    refused for the sake of a plan that is not public.
    Implements: MTG-3-1, MTG-5-1, BJ17-2-1.
    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict (the committee sits already).
    """
    act.require(*steps.OFFICERS)
    application = await _held(act, application_id, expected_version)
    value = _value(found)
    basis = prose.checked(found.basis, path=("input", "basis"))
    plan = found.plan
    refuses = found.fact is VerifiedFact.CONFORMS_TO_PLAN and value == "false"
    if refuses and (plan is None or found.plan_published_on is None):
        raise Invalid(
            "认定不符合规划时，应写明所依据的规划名称和公布日期；未公开公布的规划不得作为拒绝的理由",
            path=("input", "plan"),
            clause=procedure.clause("BJ17-2-1"),
        )
    if (plan is None) != (found.plan_published_on is None):
        raise Invalid("规划名称与公布日期应同时填写", path=("input", "planPublishedOn"))
    if found.plan_published_on is not None and found.plan_published_on > application["submitted_on"]:
        raise Invalid(
            f"所依据的规划应在申报（{application['submitted_on']}）之前已经公布，实际公布于 {found.plan_published_on}",
            path=("input", "planPublishedOn"),
            clause=procedure.clause("BJ17-2-1"),
        )
    claim = {
        "fact": found.fact,
        "value": value,
        "basis": basis,
        "plan": None if plan is None else names.normalise(plan, path=("input", "plan")),
        "plan_published_on": found.plan_published_on,
        "determined": True,
        "on_date": clock.today(),
        "at": clock.now(),
    }
    mine = {"tenant_id": act.tenant_id, "id": new_id(), "application_id": application_id}
    await store.add(act.connection, tables.application_claim, [claim | mine | {"created_by": act.actor.subject}])
    await documents.take(
        act, found.document_ids, subject_type=steps.APPLICATION, subject_id=application_id, purpose=BASIS
    )
    await act.note("verified", steps.APPLICATION, application_id, after=claim, policy_digest=procedure.digest)
    await judge_application(act, procedure, application_id)


async def decide_eligibility(
    act: Act, procedure: Procedure, application_id: UUID, *, expected_version: int, eligible: bool, reason: str
) -> None:
    """The officer's decision, with its reasons, told to the applicant; nothing here is decided by a rule.

    ELIGIBLE only when nothing is open any more and no ground for refusing holds; INELIGIBLE only on a ground that the
    policy states: whoever decides adds no condition of their own.
    Implements: MTG-2-1, MTG-3-1, MTG-4-1, MTG-5-1; A-MTG-8; BJ17-2-2a.
    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict.
    """
    act.require(*steps.OFFICERS)
    reason = prose.checked(reason, path=("input", "reason"))
    application = await _held(act, application_id, expected_version)
    await judge_application(act, procedure, application_id)
    checks = await store.list_checks(act.connection, act.tenant_id, application_id)
    against = [one for one in checks if one["effect"] == Effect.INELIGIBLE]
    open_ = [one for one in checks if one["outcome"] == Outcome.INDETERMINATE]
    if eligible and (against or open_):
        first = (against or open_)[0]
        what = "存在不符合条件的情形" if against else "尚有待查明的事项"
        raise Conflict(
            f"{what}，不能认定符合条件：{first['title']}（{first['reason']}）",
            path=("input", "eligible"),
            clause=_clause_of(first),
        )
    if not eligible and not against:
        raise Conflict(
            "没有政策所列的不符合条件的情形，不得另设条件认定不符合；如有新的事实请先核实登记",
            path=("input", "eligible"),
            clause=procedure.clause("BJ17-2-2a"),
        )
    to = ApplicationStatus.ELIGIBLE if eligible else ApplicationStatus.INELIGIBLE
    application = await store.load(act.connection, tables.operator_application, act.tenant_id, application_id)
    values = {"decided_on": clock.today(), "decided_by": act.actor.subject, "decision_reason": reason}
    await steps.move_application(act, procedure, application, to, "MTG-3-1", values)
    await proposals.settle(act, application_id, accepted=not eligible, reason=reason)
    await tasks.finish(act, subject_id=application_id, kind=TaskKind.DECIDE_ELIGIBILITY)
    await steps.issue(
        act,
        PaperKind.ELIGIBILITY_DECISION,
        (steps.APPLICATION, application_id),
        addressee=application["operator_name"],
        title=f"关于“{application['operator_name']}”申报资格的审查通知",
        fields={
            "受理号": application["number"],
            "审查结论": to.label,
            "理由": reason,
            **{f"{one['title']}": one["reason"] for one in (against if against else checks)},
        },
        clauses=list(dict.fromkeys(_clause_of(one) for one in checks)),
        remedies=not eligible,
        recipient=application["subject"],
    )


def _clause_of(check: RowMapping) -> Clause:
    return Clause(check["clause_document"], check["clause_anchor"])


async def _held(act: Act, application_id: UUID, expected_version: int) -> RowMapping:
    application = await steps.held_application(act, application_id, expected_version)
    call = await store.load(act.connection, tables.selection_call, act.tenant_id, application["call_id"])
    status = CallStatus(call["status"])
    if status not in _EXAMINED_IN or application["status"] == ApplicationStatus.WITHDRAWN:
        shown = ApplicationStatus(application["status"]).label
        raise Conflict(f"遴选{status.label}、申报{shown}，不再进行资格审查", path=("input", "application"))
    return application


def _value(found: Verification) -> str:
    value, path = found.value.strip(), ("input", "value")
    choices = _CHOICES.get(found.fact)
    if choices is None:
        if value not in ("true", "false"):
            raise Invalid(f"“{found.fact.label}”应填 true 或 false，实际为 {value[:40]!r}", path=path)
    elif value not in [one.value for one in choices]:
        listed = "、".join(f"{one.value}（{one.label}）" for one in choices)
        raise Invalid(f"“{found.fact.label}”应为以下之一：{listed}；实际为 {value[:40]!r}", path=path)
    return value
