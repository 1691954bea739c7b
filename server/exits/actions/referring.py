"""What statute alone can do, handed over with the facts, and followed until it is done or is not.

A cancellation begins in licensing as a procedure of its own, with its own notice and second person; a suspension of
verification is licensing's too.  A revocation needs the penalty procedure (行政处罚法 44, 45, 63), which is the task of
whoever may punish; its decision then revokes the licence.  The case is executed when they are, and not before.

Implements: FT-2-4-6, FT-2-4-7, MTG-21-2, MTG-21-3, state machine 11.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from server.districts.model import AuthorityKind
from server.districts.store import list_authority_kinds
from server.exits import rules
from server.exits.actions.cases import clause_of
from server.exits.actions.following import change_referral, follow
from server.exits.model import ReferralStatus
from server.exits.tables import exit_referral
from server.kit import clock
from server.kit.actor import Role
from server.kit.errors import Conflict, Invalid
from server.kit.ids import new_id
from server.licensing import store as licences
from server.licensing.actions.ending import notify_ending
from server.licensing.actions.grounds import HandedOver, ground_of
from server.licensing.actions.proposed import ProposalAt
from server.licensing.actions.steps import authority
from server.licensing.actions.suspending import suspend_verification
from server.licensing.limits import Limits
from server.licensing.model import EndingGround, LicenceStatus
from server.licensing.tables import licence_ending
from server.papers import store as papers
from server.papers.actions import issue
from server.papers.model import PaperKind
from server.policy.shelf import Shelved
from server.policy.terms import Effect
from server.proposals import store as proposals
from server.record.acts import Act
from server.supervision import rules as said
from server.supervision import store
from server.tasks.actions import open_task
from server.tasks.model import Task, TaskKind

_REASON_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Handing:
    """To whom the case is handed over, and how long verification is to be suspended.

    ``to``: the authority's full name, needed for a revocation that no department conducts.  ``department``: whose officers
    have the task; where none is named, the supervision body 卫生健康监督所 of a district that lists one, else the health
    commission itself (PLATFORM_DEFAULT: the texts do not say who conducts the penalty procedure).
    ``suspension_months``: None leaves the length, and the suspension, to licensing.
    """

    to: str | None = None
    department: AuthorityKind | None = None
    suspension_months: int | None = None


async def refer(
    act: Act, shelved: Shelved, case: RowMapping, institution: RowMapping, effects: Sequence[Effect], handing: Handing
) -> dict[str, Any]:
    """What is handed over, each with the procedure that this opens; the values that the case keeps, for the caller to note.

    Raises: Invalid (nobody is named who may revoke, a department that the district has not), and what licensing refuses.
    """
    department = await _department(act, effects, handing.department)
    to = handing.to or (department and await papers.find_authority(act.connection, act.tenant_id, department))
    if not to and Effect.REVOKE_LICENCE not in effects:
        to = await authority(act)
    to = said.worded(to, "handedOverTo", most=200)
    row = await licences.find_current_licence(act.connection, institution["id"])
    paper = await issue(
        act,
        kind=PaperKind.STATUTORY_TRANSFER,
        subject_type="exit_case",
        subject_id=case["id"],
        institution_id=institution["id"],
        addressee=to,
        title="案件移送函",
        fields={
            "机构": institution["name"],
            **({"许可证号": row["number"]} if row is not None else {}),
            "移送处理": "、".join(one.label for one in effects),
            "事实": case["facts"],
            "陈述申辩": case["statement"] or "期限内未提出",
        },
        issued_on=clock.today(),
        clauses=[clause_of(case)],
    )
    for effect in effects:
        referral_id = new_id()
        after = {
            "exit_case_id": case["id"],
            "institution_id": institution["id"],
            "effect": effect,
            "status": ReferralStatus.PENDING,
            "to_name": to,
            "department": department if effect is Effect.REVOKE_LICENCE else None,
            "paper_id": paper,
            "licence_id": row["id"] if row is not None else None,
            "referred_on": clock.today(),
        }
        made = {"tenant_id": act.tenant_id, "id": referral_id, "created_by": act.actor.subject, "source": "PERSON"}
        await store.insert_row(act.connection, exit_referral, made | after)
        await act.note("referred", exit_referral.name, referral_id, after=after, policy_digest=case["policy_digest"])
        await _begin(act, Limits.of(shelved, act.tenant_id, clock.today()), case, institution, referral_id, handing)
    return {"handed_over_on": clock.today(), "handed_over_to": to}


async def _begin(
    act: Act, limits: Limits, case: RowMapping, institution: RowMapping, referral_id: UUID, handing: Handing
) -> None:
    """The first step of what was handed over, or the task to take it."""
    referral = await store.load_for_change(act.connection, exit_referral, act.tenant_id, referral_id, None)
    effect, name = Effect(referral["effect"]), institution["name"]
    row = await licences.find_current_licence(act.connection, institution["id"])
    if row is not None and rules.outcome_of(effect, LicenceStatus(row["status"]), None) is not ReferralStatus.PENDING:
        await follow(act, row["id"])
    elif effect is Effect.REVOKE_LICENCE:
        number = (await papers.load_paper(act.connection, act.tenant_id, referral["paper_id"]))["number"]
        title = f"对{name}办理吊销执业许可证的行政处罚程序（{number}）"
        await _to_do(act, TaskKind.CONDUCT_PENALTY, title, case, referral)
    elif effect is Effect.SUSPEND_VERIFICATION and handing.suspension_months is None:
        await _to_do(act, TaskKind.DECIDE_VERIFICATION, f"退出决定移送，对{name}办理暂缓校验", case, referral)
    else:
        try:
            # What licensing refuses leaves nothing: the case is handed over all the same, and says what is in the way.
            async with act.connection.begin_nested():
                await _open(act, limits, case, referral, row, handing)
        except Conflict as refused:
            await change_referral(act, "obstructed", referral, {"obstacle": refused.message})
            suspended = effect is Effect.SUSPEND_VERIFICATION
            kind = TaskKind.DECIDE_VERIFICATION if suspended else TaskKind.DECIDE_ENDING
            await _to_do(act, kind, f"退出决定移送{effect.label}，暂不能办理：{refused.message}"[:500], case, referral)


async def _open(
    act: Act, limits: Limits, case: RowMapping, referral: RowMapping, row: RowMapping | None, handing: Handing
) -> None:
    """What licensing does about it: the verification suspended, or the procedure of cancelling begun.  Raises: Conflict."""
    if row is None:
        raise Conflict("机构没有登记在册的执业许可证")
    if referral["effect"] == Effect.CANCEL_LICENCE:
        await change_referral(act, "begun", referral, {"ending_id": await _notify(act, limits, case, row)})
        return
    await suspend_verification(
        act,
        limits,
        row["id"],
        expected_version=row["version"],
        months=handing.suspension_months or 0,
        reason=await _reason(act, case),
        clause=clause_of(case),
    )
    await follow(act, row["id"])


async def _notify(act: Act, limits: Limits, case: RowMapping, row: RowMapping) -> UUID:
    """The procedure that cancels the licence: the one that is open already, else a new one."""
    known = await licences.find_open_ending(act.connection, row["id"])
    if known is not None:
        ending = await licences.load(act.connection, licence_ending, act.tenant_id, known)
        if rules.leads_to(Effect.CANCEL_LICENCE, EndingGround(ending["ground"])):
            return known
    rule, proposal = None, None
    if case["proposal_id"] is not None:
        taken = await proposals.load_for_change(act.connection, act.tenant_id, case["proposal_id"])
        rule, proposal = taken["rule"], ProposalAt(taken["id"], taken["version"])
    ground = ground_of(limits, rule, row)
    return await notify_ending(
        act,
        limits,
        row["id"],
        expected_version=row["version"],
        ground=ground,
        reason=await _reason(act, case),
        proposal=proposal if ground not in (EndingGround.EXIT, EndingGround.CLOSED) else None,
        handed_over=HandedOver(await decision_of(act, case["id"]), clause_of(case)),
    )


async def decision_of(act: Act, case: UUID) -> str:
    """The number of the case's decision."""
    return await papers.find_number(act.connection, act.tenant_id, case, PaperKind.EXIT_DECISION) or ""


async def _reason(act: Act, case: RowMapping) -> str:
    return f"退出决定（{await decision_of(act, case['id'])}）：{case['drafted_because']}"[:_REASON_LONGEST]


async def _department(act: Act, effects: Sequence[Effect], named: AuthorityKind | None) -> AuthorityKind | None:
    if Effect.REVOKE_LICENCE not in effects:
        return None
    kinds = await list_authority_kinds(act.connection, act.tenant_id)
    if named is None:
        return AuthorityKind.CDC_SUPERVISION if AuthorityKind.CDC_SUPERVISION in kinds else None
    if named not in kinds:
        known = "、".join(one.label for one in kinds)
        raise Invalid(f"本区没有登记{named.label}，可选：{known}", path=("input", "handedOverDepartment"))
    return None if named is AuthorityKind.HEALTH_COMMISSION else named


async def _to_do(act: Act, kind: TaskKind, title: str, case: RowMapping, referral: RowMapping) -> None:
    department = referral["department"]
    await open_task(
        act,
        Task(
            kind,
            title,
            exit_referral.name,
            referral["id"],
            referral["institution_id"],
            Role.DEPARTMENT_OFFICER if department else Role.DISTRICT_OFFICER,
            department=department,
            clause=clause_of(case),
            consequence="办结或决定不予采取措施前，退出案件不转为已执行",
        ),
    )
