"""What may follow what in licensing, and when: pure, no I/O."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TypeVar

from server.institutions.model import COMMUNITY_KINDS, InstitutionKind, OperatingNature, OperatorKind
from server.kit.clause import Clause
from server.kit.clock import BEIJING
from server.kit.errors import Invalid
from server.kit.terms import Term
from server.licensing.errors import MaterialsAskedOnce, NoPublishedPlan, NotAdmissible, WrongState
from server.licensing.limits import Limits
from server.policy.events import Event, EventKind, History
from server.policy.model import PolicyVersion
from server.policy.terms import Mode, Outcome
from server.tasks.model import DayUnit
from server.workdays.model import Calendar
from server.workdays.rules import corresponding_day, count_working_days

#: BJ17-2-1: no refusal for planning reasons without a published plan.
PLAN_MUST_BE_PUBLISHED = Clause("beijing-2017-social-medicine", "二(一)")
#: BJ17-2-2d: documents are shared, not handed in twice.
SUBMITTED_ONCE = Clause("beijing-2017-social-medicine", "二(二)")

SUBJECTS_MOST = 60
SUBJECT_LONGEST = 50
BEDS_MOST = 10_000

State = TypeVar("State", bound=Term)


def check_step(machine: Mapping[State, frozenset[State]], now: State, to: State) -> None:
    """Pass where the state may follow.  Raises: WrongState, which names what may."""
    if to not in machine[now]:
        possible = "、".join(sorted(one.label for one in machine[now])) or "无"
        raise WrongState(f"当前状态为“{now.label}”，不能变更为“{to.label}”；可以变更为：{possible}")


def check_subjects(subjects: Sequence[str]) -> list[str]:
    """The subjects of practice, trimmed.  Raises: Invalid for none, too many, one twice, or one too long."""
    found = [one.strip() for one in subjects]
    path = ("input", "subjects")
    if not 1 <= len(found) <= SUBJECTS_MOST:
        raise Invalid(f"诊疗科目应为 1 到 {SUBJECTS_MOST} 个，实际为 {len(found)} 个", path=path)
    if any(not 1 <= len(one) <= SUBJECT_LONGEST for one in found):
        raise Invalid(f"每个诊疗科目应为 1 到 {SUBJECT_LONGEST} 个字", path=path)
    if len(set(found)) < len(found):
        raise Invalid("诊疗科目有重复，请合并", path=path)
    return found


def check_beds(beds: int) -> None:
    """Raises: Invalid."""
    if not 0 <= beds <= BEDS_MOST:
        raise Invalid(f"床位应在 0 到 {BEDS_MOST} 张之间，实际为 {beds}", path=("input", "beds"))


def check_validity(from_on: date, through_on: date) -> None:
    """Raises: Invalid for a licence that ends before it begins."""
    if through_on <= from_on:
        raise Invalid(f"有效期截止日应晚于起始日 {from_on}，实际为 {through_on}", path=("input", "validThroughOn"))


def check_reason(reason: str, field: str = "reason") -> str:
    """A reason in words.  Raises: Invalid."""
    told = reason.strip()
    if not 2 <= len(told) <= 2000:
        raise Invalid(f"{field} 应为 2 到 2000 个字，请写明理由", path=("input", field))
    return told


def check_plan(title: str | None, number: str | None, published_on: date | None, url: str | None, today: date) -> None:
    """A refusal for planning reasons cites a plan that has been published.

    Implements: BJ17-2-1.  Raises: NoPublishedPlan.
    """
    if not title or published_on is None or not (number or url):
        raise NoPublishedPlan(
            "以规划为由不予许可，应写明已公开公布的规划：名称、公布日期，以及文号或公布网址；"
            "未公开公布规划的（涉密除外），不得以规划为由拒绝社会力量举办医疗机构",
            path=("input", "plan"),
            clause=PLAN_MUST_BE_PUBLISHED,
        )
    if published_on > today:
        raise NoPublishedPlan(
            f"规划应在作出决定前已公开公布，公布日期 {published_on} 晚于今天（{today}）",
            path=("input", "plan", "publishedOn"),
            clause=PLAN_MUST_BE_PUBLISHED,
        )


def check_notice(today: date, notice_by: date, asked: Sequence[str], on_file: Collection[str]) -> None:
    """Missing materials may be asked for in time, all at once, and only those that are not on file.

    Implements: BJ17-2-2d; 行政许可法 32(四).  Raises: MaterialsAskedOnce.
    """
    if not asked:
        raise Invalid("应一次写明全部需要补正的材料", path=("input", "materials"))
    if today > notice_by:
        raise MaterialsAskedOnce(
            f"一次性告知补正的最后一日为 {notice_by}，"
            "逾期未告知的，自收到申请材料之日起即为受理（行政许可法第三十二条第四项）",
            path=("input", "materials"),
        )
    again = [one for one in asked if one in on_file]
    if again:
        raise MaterialsAskedOnce(
            f"以下材料已经提交，不得要求重复提交：{'、'.join(again)}",
            path=("input", "materials"),
            clause=SUBMITTED_ONCE,
        )


def asked_already(on: date) -> MaterialsAskedOnce:
    """The refusal of a second request for materials."""
    return MaterialsAskedOnce(
        f"已于 {on} 一次性告知补正，不得再次要求补正（行政许可法第三十二条第四项）", path=("input", "materials")
    )


def check_admissible(
    limits: Limits,
    version: PolicyVersion,
    *,
    institution_kind: InstitutionKind,
    operator_kind: OperatorKind,
    operating_nature: OperatingNature,
) -> None:
    """What the admission pack forbids for a community institution of social forces is refused, with rule and clause.

    Only what is known by the application itself is judged here; what the authority must determine stays open and is
    weighed in the decision.  Institutions that no social force runs are outside the pack (A-MTG-14).
    Implements: MTG-4-1.  Raises: NotAdmissible.
    """
    if institution_kind not in COMMUNITY_KINDS or operator_kind not in (version.value("eligible_operator_kinds") or ()):
        return
    if limits.book is None:
        return
    at = _instant(limits.on)
    said = {"operator_kind": operator_kind, "operating_nature": operating_nature}
    events = tuple(
        Event(f"applied:{fact}", EventKind.DECLARATION, limits.on, at, attributes={"fact": fact, "value": value.value})
        for fact, value in said.items()
    )
    history = History("application", events, frozenset({EventKind.DECLARATION, EventKind.DETERMINATION}))
    for decision in limits.book.application(history, submitted_on=limits.on, as_of=limits.on, known_at=at):
        rule = version.rule(decision.rule)
        if decision.outcome is Outcome.FIRED and rule.mode is Mode.BLOCK:
            raise NotAdmissible(
                f"{rule.title}，不能办理（规则 {rule.code}，{rule.cites[0].anchor}）",
                path=("input", "operatingNature"),
                clause=rule.cites[0],
                rule=rule.code,
            )


def used_days(calendar: Calendar, from_on: date, paused_on: date, unit: DayUnit) -> int:
    """Days of a limit used up between the day after ``from_on`` and the day before ``paused_on``."""
    first = from_on + timedelta(days=1)
    if paused_on <= first:
        return 0
    return count_working_days(calendar, first, paused_on) if unit is DayUnit.WORKING else (paused_on - first).days


def next_cycle(from_on: date, months: int) -> tuple[date, date]:
    """A verification cycle as a half-open period: its first day, and the first day of the next."""
    return from_on, corresponding_day(from_on, months=months)


def cycle_words(from_on: date, until: date) -> str:
    """The cycle in its own words, for the review record: first and last day."""
    return f"{from_on}/{until - timedelta(days=1)}"


def check_suspension(months: int | None, least: int, most: int, clause: Clause | None) -> int:
    """How long a 暂缓校验 lasts.  Implements: A-MTG-2.  Raises: Invalid."""
    if months is None or not least <= months <= most:
        raise Invalid(
            f"暂缓校验期应为 {least} 到 {most} 个月，实际为 {'空' if months is None else months}",
            path=("input", "suspensionMonths"),
            clause=clause,
        )
    return months


def _instant(on: date) -> datetime:
    return datetime(on.year, on.month, on.day, 12, tzinfo=BEIJING)
