"""When an exit may be decided and executed: pure checks, no I/O."""

from collections.abc import Collection, Sequence
from datetime import date

from server.exits.model import DECIDABLE, ReferralStatus
from server.kit.clause import Clause
from server.kit.errors import Conflict, Invalid
from server.licensing.model import EndingGround, EndingStatus, LicenceStatus
from server.policy.terms import Effect

_ALWAYS = frozenset({Effect.ORDER_EXIT, Effect.CANCEL_LICENCE})
_WHERE_SERVICE_STOPS = frozenset(
    {Effect.GUIDE_TRANSFORMATION, Effect.SUSPEND_VERIFICATION, Effect.TERMINATE_AGREEMENTS}
)
_GONE = (LicenceStatus.CANCELLED, LicenceStatus.REVOKED)


def needs_plan(effects: Collection[Effect], *, service_stops: bool) -> bool:
    """Whether residents must be provided for: by every exit that ends the service, sooner or later.

    Implements: X-10, FT-2-4-8.
    """
    given = frozenset(effects)
    return (
        bool(given & _ALWAYS) or Effect.REVOKE_LICENCE in given or bool(service_stops and given & _WHERE_SERVICE_STOPS)
    )


def plan_goes_first(effects: Collection[Effect], *, service_stops: bool) -> bool:
    """Whether a plan must be approved before the exit is executed: a planned exit waits for it, a penalty does not.

    Implements: X-10.
    """
    return needs_plan(effects, service_stops=service_stops) and Effect.REVOKE_LICENCE not in frozenset(effects)


def check_effects(effects: Sequence[Effect], *, clause: Clause) -> None:
    """Effects that one decision may have.  Raises: Invalid."""
    path = ("input", "effects")
    foreign = [one.label for one in effects if one not in DECIDABLE]
    if foreign or not effects:
        names = "、".join(one.label for one in DECIDABLE)
        raise Invalid(f"退出决定可以是：{names}", path=path, clause=clause)
    if len(set(effects)) != len(effects):
        raise Invalid("同一效果只列一次", path=path, clause=clause)
    if Effect.NO_ACTION in effects and len(effects) > 1:
        raise Invalid("不采取措施不能与其他效果并列", path=path, clause=clause)
    if Effect.GUIDE_TRANSFORMATION in effects and Effect.ORDER_EXIT in effects:
        raise Invalid("引导转型是建议，责令退出是处理，不能并列", path=path, clause=clause)


def check_heard(*, statement_on: date | None, statement_by: date | None, today: date, clause: Clause) -> None:
    """Pass where the institution has spoken or its time to speak has passed.

    Implements: A-MTG-8 (行政处罚法 44, 45, 62).  Raises: Conflict.
    """
    if statement_by is None:
        raise Conflict("尚未告知机构，不能作出决定", path=("input", "case"), clause=clause)
    if statement_on is None and today <= statement_by:
        raise Conflict(
            f"陈述申辩期限至 {statement_by}（含当日），机构尚未陈述，期满前不能作出决定",
            path=("input", "case"),
            clause=clause,
        )


def check_second_person(drafted_by: str | None, actor: str, *, clause: Clause) -> None:
    """Pass where somebody drafted the decision and somebody else approves it.  Raises: Conflict."""
    if drafted_by is None:
        raise Conflict("尚未拟定决定，请先由一人拟定", path=("input", "case"), clause=clause)
    if drafted_by == actor:
        raise Conflict("退出决定须由两人作出，拟定人不能审批自己拟定的决定", path=("input", "case"), clause=clause)


#: The state of a licence that carries the measure out.
_CARRIED_OUT = {
    Effect.SUSPEND_VERIFICATION: (LicenceStatus.VERIFICATION_SUSPENDED,),
    Effect.CANCEL_LICENCE: _GONE,
    Effect.REVOKE_LICENCE: _GONE,
}


def outcome_of(effect: Effect, licence: LicenceStatus, procedure: EndingStatus | None) -> ReferralStatus:
    """What became of a measure that was handed over: of the licence, and of the procedure that it led to.

    A licence that ended in the other way has ended; nothing is left of it to suspend.
    Implements: FT-2-4-7, MTG-21-2, MTG-21-3.
    """
    if licence in _CARRIED_OUT[effect]:
        return ReferralStatus.DONE
    if licence in _GONE or procedure is EndingStatus.NOT_ENDED:
        return ReferralStatus.NOT_DONE
    return ReferralStatus.PENDING


def leads_to(effect: Effect, ground: EndingGround) -> bool:
    """Whether a procedure on this ground is the one that the measure waits for: a revocation is a penalty, and only that."""
    return effect is (Effect.REVOKE_LICENCE if ground is EndingGround.PENALTY else Effect.CANCEL_LICENCE)


def check_not_handed_over(handed_over_on: date | None, *, clause: Clause) -> None:
    """Pass where the decision was not put into execution before.  Raises: Conflict."""
    if handed_over_on is not None:
        raise Conflict(
            f"已于 {handed_over_on} 移送有权机关办理，办结后自动转为已执行", path=("input", "case"), clause=clause
        )
