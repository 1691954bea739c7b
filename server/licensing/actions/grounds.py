"""On what ground a licence may end: what the policy, the verification, the penalty or the exit case must have said."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import RowMapping

from server.kit import clock
from server.kit.clause import Clause
from server.kit.errors import Conflict, Invalid, PolicyNotEnabled
from server.licensing import store
from server.licensing.actions.proposed import ProposalAt, check_proposal
from server.licensing.errors import NotYetDue, PenaltyRequired, WrongState
from server.licensing.limits import Limits
from server.licensing.model import EndingGround, LicenceStatus, VerificationKind
from server.policy.terms import Effect, Kind, VerificationResult
from server.proposals import store as proposals
from server.proposals.model import ProposalStatus
from server.record.acts import Act

#: The exit rule that proposes what the ground rests on.
CONCEPTS = {
    EndingGround.NOT_OPENED: "licence.not_opened_in_time",
    EndingGround.VERIFICATION_FAILED: "licence.cancel_after_verification",
}
_EFFECTS = {EndingGround.PENALTY: Effect.REVOKE_LICENCE}
#: A proposal that nobody has decided yet, or that an exit case took up and handed over.
_STANDING = (ProposalStatus.OPEN, ProposalStatus.ACCEPTED)


@dataclass(frozen=True, slots=True)
class Penalty:
    """The penalty decision that revokes the licence."""

    number: str
    authority: str
    decided_on: date


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The exit decision that hands a licence over to be cancelled: its number, and the clause it rests on."""

    number: str
    clause: Clause


def ground_of(limits: Limits, rule: str | None, licence: RowMapping) -> EndingGround:
    """On what ground a licence is to be cancelled that an exit case hands over.

    ``rule``: the code of the exit rule whose proposal the case took up.  That of article 22 or of a failed verification is
    the ground of licensing itself, with its own conditions; so is a closing.  Else it is the exit decision.
    """
    for ground, concept in CONCEPTS.items():
        found = limits.exit_rule(concept)
        if rule is not None and found is not None and found.code == rule:
            return ground
    closed = licence["status"] == LicenceStatus.CLOSED_VOLUNTARILY
    return EndingGround.CLOSED if closed else EndingGround.EXIT


async def check_ground(
    act: Act,
    limits: Limits,
    row: RowMapping,
    ground: EndingGround,
    proposal: ProposalAt | None,
    handed_over: HandedOver | None,
) -> Clause | None:
    """The clause that the ground rests on.  Raises: WrongState, PolicyNotEnabled, Invalid, Conflict."""
    rule = limits.exit_rule(CONCEPTS[ground]) if ground in CONCEPTS else None
    match ground:
        case EndingGround.NOT_OPENED:
            if rule is None:
                raise PolicyNotEnabled(
                    f"本区 {limits.on} 施行中的{Kind.EXIT.label}政策没有关于按时开放运行的规则，不能以此注销",
                    kind=Kind.EXIT,
                )
            if row["opening_due_on"] is None:
                raise WrongState("决定或委托协议没有写明开放运行时间，不能以此注销")
            if row["opening_due_on"] >= clock.today() or (
                row["opened_on"] is not None and row["opened_on"] <= row["opening_due_on"]
            ):
                raise NotYetDue(
                    f"规定的开放运行时间为 {row['opening_due_on']}，没有逾期",
                    path=("input", "ground"),
                    clause=rule.cites[0],
                )
        case EndingGround.VERIFICATION_FAILED:
            last = await store.find_last_verification(act.connection, row["id"])
            if (
                last is None
                or last["kind"] != VerificationKind.RE_VERIFICATION
                or last["result"] != VerificationResult.NOT_QUALIFIED
            ):
                clause = rule.cites[0] if rule else None
                raise WrongState(
                    "注销前应先暂缓校验；只有暂缓校验期满后再次校验仍不合格的，才能注销",
                    path=("input", "ground"),
                    clause=clause,
                )
        case EndingGround.EXIT if handed_over is None:
            raise WrongState("以退出决定为由的注销由执行退出决定时移送，不能直接告知", path=("input", "ground"))
        case EndingGround.CLOSED if row["status"] != LicenceStatus.CLOSED_VOLUNTARILY:
            raise WrongState("机构没有歇业，不能以歇业为由注销", path=("input", "ground"))
    if rule is not None and proposal is None and ground is not EndingGround.PENALTY:
        raise Invalid(
            f"应处理规则 {rule.code}（{rule.title}）的建议，请写明 proposal",
            path=("input", "proposal"),
            clause=rule.cites[0],
        )
    if proposal is not None:
        named = await proposals.load_for_change(act.connection, act.tenant_id, proposal.id)
        check_proposal(named, row["institution_id"], _EFFECTS.get(ground, Effect.CANCEL_LICENCE))
        if rule is not None and named["rule"] != rule.code:
            raise Invalid(f"该建议依据的是规则 {named['rule']}，不是 {rule.code}", path=("input", "proposal"))
        if named["status"] not in _STANDING:
            label = ProposalStatus(named["status"]).label
            raise Conflict(f"该建议{label}，不能据此办理", path=("input", "proposal"))
    if rule is not None:
        return rule.cites[0]
    return None if handed_over is None else handed_over.clause


def penalty_values(ground: EndingGround, penalty: Penalty | None, today: date) -> dict[str, Any]:
    """Raises: PenaltyRequired where a revocation names no penalty decision, Invalid where another ground names one."""
    if ground is not EndingGround.PENALTY:
        if penalty is not None:
            raise Invalid("只有吊销须写明行政处罚决定", path=("input", "penalty"))
        return {}
    if penalty is None or not penalty.number.strip() or not penalty.authority.strip():
        raise PenaltyRequired(
            "吊销执业许可证是行政处罚，应写明行政处罚决定书的文号、作出机关和日期", path=("input", "penalty")
        )
    if penalty.decided_on > today:
        raise PenaltyRequired(
            f"行政处罚决定日期不能晚于今天（{today}），实际为 {penalty.decided_on}",
            path=("input", "penalty", "decidedOn"),
        )
    return {
        "penalty_number": penalty.number.strip(),
        "penalty_authority": penalty.authority.strip(),
        "penalty_decided_on": penalty.decided_on,
    }
