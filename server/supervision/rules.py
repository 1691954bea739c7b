"""What supervision may do when: pure checks, no I/O."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, TypeVar

from server.kit.clause import Clause
from server.kit.errors import Conflict, Invalid
from server.kit.terms import Term
from server.supervision.model import FactKind

S = TypeVar("S", bound=Term)

LONGEST = 4000


def check_days(
    days: Collection[tuple[str, date | None]], today: date, *, within: tuple[str, ...], clause: Clause | None
) -> None:
    """Days that follow one another, none before the one it stands behind, and none after today.

    ``days``: the field of each, in the order in which they must come; those not given are left out.
    Raises: Invalid, with the clause for the sake of which they are kept.
    """
    before: tuple[str, date] | None = None
    for field, on in days:
        if on is None:
            continue
        if on > today:
            raise Invalid(
                f"{field} 不能晚于今天（{today}），实际为 {on}；尚未发生的事项不能登记或认定",
                path=(*within, field),
                clause=clause,
            )
        if before is not None and on < before[1]:
            raise Invalid(
                f"{field} 不能早于 {before[0]}（{before[1]}），实际为 {on}", path=(*within, field), clause=clause
            )
        before = (field, on)


def check_step(next_: Mapping[S, frozenset[S]], status: str, to: S, *, of: str) -> None:
    """Pass where the state machine leads from the one status to the other.  Raises: Conflict."""
    now = type(to)(status)
    if to not in next_[now]:
        ways = "、".join(one.label for one in type(to) if one in next_[now]) or "无"
        raise Conflict(f"{of}现为“{now.label}”，不能转为“{to.label}”；可转为：{ways}", path=("input",))


def worded(text: str | None, field: str, *, within: tuple[str, ...] = ("input",), most: int = LONGEST) -> str:
    """The text without surrounding space.  Raises: Invalid where nothing is said, or too much."""
    said = (text or "").strip()
    if not said:
        raise Invalid(f"{field} 不能为空", path=(*within, field))
    if len(said) > most:
        raise Invalid(f"{field} 最多 {most} 个字，实际 {len(said)} 个", path=(*within, field))
    return said


#: What a fact of each kind says: what it must say from the start, and what an authority determines about it.
SAYS: Mapping[FactKind, tuple[tuple[str, ...], tuple[str, ...]]] = {
    FactKind.COMPLAINT: (("matter", "channel"), ("substantiated", "serious_adverse_effect")),
    FactKind.SAFETY_ACCIDENT: ((), ("safety_grade", "harm")),
    FactKind.MALPRACTICE: ((), ("malpractice_grade",)),
    FactKind.SAFETY_PENALTY: (("penalty_kind", "decided_on"), ()),
    FactKind.PENALTY: (("penalty_kind", "decided_on"), ()),
    FactKind.PRACTICE_POINTS: (("points", "decided_on"), ()),
    FactKind.INSURANCE_ACTION: (("insurance_action", "decided_on"), ()),
    FactKind.MANDATORY_TASK: (("summary",), ("refused",)),
    FactKind.MAJOR_HAZARD: (("summary",), ("refused",)),
    FactKind.UNFIT_CONDUCT: (("summary",), ("established",)),
    FactKind.REVOCATION_GROUNDS: (("summary",), ("established",)),
    FactKind.OUT_OF_SUBJECT_PRACTICE: (("summary",), ("emergency",)),
    FactKind.NON_HEALTH_PERSONNEL: (("summary",), ("established",)),
    FactKind.FALSE_CERTIFICATE: (("summary",), ("treatment_delayed", "mental_harm")),
}
#: What may be said of any of them besides.
_ALWAYS = frozenset({"decided_on", "reference_number", "summary", "due_on"})


def check_said(kind: FactKind, said: Mapping[str, Any], *, clause: Clause | None) -> None:
    """What is said fits the kind: nothing it needs is missing, nothing foreign is there, a determination has its day.

    Raises: Invalid.
    """
    needed, determined = SAYS[kind]
    given = {name for name, value in said.items() if value is not None}
    for name in needed:
        if name not in given:
            raise Invalid(f"{kind.label}须填写 {_field(name)}", path=("input", _field(name)), clause=clause)
    for name in sorted(given - {*needed, *determined, *_ALWAYS}):
        raise Invalid(f"{kind.label}没有 {_field(name)} 一项", path=("input", _field(name)), clause=clause)
    if given & set(determined) and "decided_on" not in given:
        raise Invalid("已作认定的，须填写认定日期 decidedOn", path=("input", "decidedOn"), clause=clause)
    grade = said.get("malpractice_grade")
    if grade is not None and not 1 <= grade <= 4:
        raise Invalid(
            f"医疗事故等级为 1 至 4 级，一级最重，实际为 {grade}", path=("input", "malpracticeGrade"), clause=clause
        )
    points = said.get("points")
    if points is not None and not 1 <= points <= 100:
        raise Invalid(f"积分每次为 1 至 100 分，实际为 {points}", path=("input", "points"), clause=clause)


def _field(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)
