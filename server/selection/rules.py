"""What may be done in a selection: pure checks, no I/O.  Refusals carry the clause that the district's policy rests on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from server.kit import names, prose
from server.kit.clause import Clause
from server.kit.errors import Conflict, Invalid
from server.selection.evaluation import TRIMMED_LEAST, Criterion
from server.selection.model import (
    APPLICATION_NEXT,
    CALL_NEXT,
    ApplicationStatus,
    CallStatus,
    EvaluationMethod,
)

#: PLATFORM_DEFAULT, none of the documents says: shapes of a call.
CRITERIA_MOST = 20
MATERIALS_MOST = 30
MEMBERS_MOST = 30
QUORUM_LEAST = 3
SCORE_MOST = Decimal(1000)
DAYS_OPEN_MOST = 365


@dataclass(frozen=True, slots=True)
class Material:
    """One material that applicants hand in."""

    name: str
    mandatory: bool = True
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Weighing:
    """One criterion of the scoring scheme as it is announced."""

    name: str
    max_score: Decimal
    weight: Decimal
    note: str | None = None


#: The scheme of a call that announces none.  PLATFORM_DEFAULT: the operator's duties as the measures list them (MTG-11-1,
#: MTG-13-1, MTG-14-1, MTG-16-2), and nothing that would be a condition of its own.
DEFAULT_SCHEME = (
    Weighing("举办能力与组建方案", Decimal(100), Decimal(30)),
    Weighing("基本医疗、基本公共卫生与家庭医生签约服务方案", Decimal(100), Decimal(30)),
    Weighing("人员与医疗质量安全管理", Decimal(100), Decimal(25)),
    Weighing("收费、药品管理与惠民措施", Decimal(100), Decimal(15)),
)


def check_call_step(status: CallStatus, to: CallStatus, *, clause: Clause | None) -> None:
    """Pass where the call may go from ``status`` to ``to`` (machine 2). Raises: Conflict."""
    if to not in CALL_NEXT[status]:
        raise Conflict(f"该次遴选现为“{status.label}”，不能变为“{to.label}”", path=("input", "call"), clause=clause)


def check_application_step(
    status: ApplicationStatus,
    to: ApplicationStatus,
    *,
    clause: Clause | None,
    path: tuple[str, ...] = ("input", "application"),
) -> None:
    """Pass where the application may go from ``status`` to ``to`` (machine 3). Raises: Conflict."""
    if to not in APPLICATION_NEXT[status]:
        raise Conflict(f"该申报现为“{status.label}”，不能变为“{to.label}”", path=path, clause=clause)


def check_closing_day(closes_on: date, today: date) -> None:
    """Raises: Invalid for a call that would close on the day it is published, or in a distant future."""
    if closes_on <= today:
        raise Invalid(f"申报截止日期应晚于发布当日（{today}），实际为 {closes_on}", path=("input", "closesOn"))
    if (closes_on - today).days > DAYS_OPEN_MOST:
        raise Invalid(f"申报截止日期距发布不得超过 {DAYS_OPEN_MOST} 天，实际为 {closes_on}", path=("input", "closesOn"))


def check_publicity(days: int, *, least: int, most: int) -> None:
    """Raises: Invalid for a length of publicity outside the declared limits of the parameter."""
    if not least <= days <= most:
        raise Invalid(f"公示期应为 {least} 到 {most} 个工作日，实际为 {days}", path=("input", "publicityWorkingDays"))


def checked_scheme(criteria: Sequence[Weighing]) -> tuple[Weighing, ...]:
    """The criteria, whose weights make 100 percent.  Raises: Invalid."""
    path = ("input", "criteria")
    if not 1 <= len(criteria) <= CRITERIA_MOST:
        raise Invalid(f"评分指标应为 1 到 {CRITERIA_MOST} 项，实际为 {len(criteria)} 项", path=path)
    checked = []
    for n, one in enumerate(criteria):
        at = (*path, str(n))
        if not (0 < one.max_score <= SCORE_MOST and _cents(one.max_score)):
            raise Invalid(
                f"满分应大于 0、不超过 {SCORE_MOST}，至多两位小数，实际为 {one.max_score}", path=(*at, "maxScore")
            )
        if not (0 < one.weight <= 100 and _cents(one.weight)):
            raise Invalid(f"权重应大于 0、不超过 100，至多两位小数，实际为 {one.weight}", path=(*at, "weight"))
        name = names.normalise(one.name, path=(*at, "name"), limit=100)
        checked.append(Weighing(name, one.max_score, one.weight, prose.optional(one.note, path=(*at, "note"))))
    total = sum((one.weight for one in checked), Decimal(0))
    if total != 100:
        raise Invalid(f"各评分指标权重之和应为 100，实际为 {total}", path=path)
    if len({one.name for one in checked}) < len(checked):
        raise Invalid("评分指标名称重复", path=path)
    return tuple(checked)


def checked_materials(materials: Sequence[Material]) -> tuple[Material, ...]:
    """The materials.  Raises: Invalid."""
    path = ("input", "materials")
    if len(materials) > MATERIALS_MOST:
        raise Invalid(f"申报材料至多 {MATERIALS_MOST} 项，实际为 {len(materials)} 项", path=path)
    return tuple(
        Material(
            names.normalise(one.name, path=(*path, str(n), "name")),
            one.mandatory,
            prose.optional(one.note, path=(*path, str(n), "note")),
        )
        for n, one in enumerate(materials)
    )


def check_open(status: CallStatus, closes_on: date, today: date, *, clause: Clause | None) -> None:
    """Applications are taken while the call is published, up to the end of its last day.

    Implements: MTG-8-2.  Raises: Conflict.
    """
    if status is not CallStatus.PUBLISHED or today > closes_on:
        raise Conflict(
            f"该次遴选的申报已于 {closes_on} 截止，不再接受申报；请关注后续公告", path=("input", "call"), clause=clause
        )


def check_quorum(quorum: int, members: int, method: EvaluationMethod) -> None:
    """Raises: Invalid for a quorum that the committee cannot reach, or that leaves its method nothing to average."""
    path = ("input", "quorum")
    if not QUORUM_LEAST <= members <= MEMBERS_MOST:
        raise Invalid(
            f"专家委员会应有 {QUORUM_LEAST} 到 {MEMBERS_MOST} 名专家，实际为 {members} 名", path=("input", "members")
        )
    if not QUORUM_LEAST <= quorum <= members:
        raise Invalid(f"法定人数应为 {QUORUM_LEAST} 到 {members}，实际为 {quorum}", path=path)
    if method is EvaluationMethod.TRIMMED and quorum < TRIMMED_LEAST:
        raise Invalid(f"“{method.label}”至少需要 {TRIMMED_LEAST} 份评分表", path=path)


def same_employer(expert_name: str, expert_code: str | None, operator_name: str, operator_code: str | None) -> bool:
    """Whether the expert works for the operator: by credit code where both have one, else by name.

    Two legal persons may bear one name, and one may be written in two ways; where the codes differ the names do not
    count.  Implements: MTG-7-1 (fairness).
    """
    if expert_code is not None and operator_code is not None:
        return expert_code == operator_code
    return names.match_key(expert_name) == names.match_key(operator_name)


def checked_scores(
    criteria: Sequence[Criterion], given: Mapping[UUID, Decimal], *, clause: Clause | None
) -> dict[UUID, Decimal]:
    """One score for each criterion, from 0 to its most, with two decimals at most.  Raises: Invalid."""
    path = ("input", "scores")
    known = {one.id: one for one in criteria}
    missing = [one for one in criteria if one.id not in given]
    if missing:
        raise Invalid(f"应对全部 {len(criteria)} 项指标评分，还有 {len(missing)} 项未评", path=path, clause=clause)
    unknown = given.keys() - known.keys()
    if unknown:
        raise Invalid("有评分不属于该次遴选的指标", path=path, clause=clause)
    for n, (one, score) in enumerate(given.items()):
        most = known[one].max_score
        if not 0 <= score <= most or not _cents(score):
            raise Invalid(
                f"得分应在 0 到 {most.normalize():f} 之间，至多两位小数，实际为 {score}",
                path=(*path, str(n), "score"),
                clause=clause,
            )
    return dict(given)


def check_publicity_over(ends_on: date | None, today: date, *, clause: Clause | None) -> None:
    """Awards follow when the publicity's last day is past.  Implements: MTG-10-4.  Raises: Conflict."""
    if ends_on is None or today <= ends_on:
        raise Conflict(f"公示期至 {ends_on}，期满后方可公布结果", path=("input", "call"), clause=clause)


def _cents(value: Decimal) -> bool:
    exponent = value.normalize().as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -2
