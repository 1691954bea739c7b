"""Who may apply, when, and what follows when: pure, by the numbers of the packs in force."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from server.institutions.model import InstitutionKind
from server.insurance.errors import AlreadyApplied, Barred, NotEligible, WindowClosed, WrongStep
from server.insurance.form_rules import Finding
from server.insurance.model import (
    MATERIAL_CLAUSES,
    PASSAGES,
    STAGES,
    BarSubject,
    DesignationMethod,
    DesignationStatus,
    EvaluationResult,
    MaterialKind,
    MaterialStage,
    Step,
    notice,
)
from server.insurance.parameters import Terms
from server.kit.errors import Conflict, Invalid
from server.workdays import rules as workdays
from server.workdays.model import Calendar, Deadline, Window

#: The commitments of annex 2-1.
COMMITMENTS = tuple(range(1, 10))
ONE_DAY = timedelta(days=1)


def window_of(calendar: Calendar, terms: Terms, on: date) -> Window:
    """The window that holds the day, else the next to open.

    Implements: MIC-3-1a, A-MIC-1.  Raises: YearMissing where the next window lies beyond the calendar.
    """
    return workdays.window_on_or_after(calendar, on, months=terms.window_months, working_days=terms.window_working_days)


def cutoff(terms: Terms) -> time | None:
    """The hour that ends the last day; None for 24:00."""
    return None if terms.window_cutoff_hour == 24 else time(terms.window_cutoff_hour)


def check_window(calendar: Calendar, terms: Terms, received_at: datetime) -> Window:
    """The window in which material received at this instant lies.

    From the first instant of the first working day to the last before the cut-off; free days in between are inside, since
    the portal takes material on every day.  Implements: MIC-3-1a, A-MIC-1.  Raises: WindowClosed.
    """
    window = window_of(calendar, terms, received_at.date())
    if not window.is_open_at(received_at, cutoff(terms)):
        if received_at >= window.closes_at(cutoff(terms)):
            window = window_of(calendar, terms, window.closes_on + ONE_DAY)
        raise WindowClosed(
            f"不在申请期内：每季度首月前 {terms.window_working_days} 个工作日受理，"
            f"下一次为 {window.opens_on} 至 {window.closes_on}（{window.status.label}日历），请届时提交",
            path=("input", "appliedOn"),
            clause=notice("三(一)第一句"),
            opens_on=window.opens_on,
            closes_on=window.closes_on,
        )
    return window


def check_kind(kind: InstitutionKind, terms: Terms, annotations: Iterable[str] = ()) -> None:
    """Pass for the kinds that apply by quarter; a 社区医院 is judged by the kind it is licensed as (X-13).

    Implements: MIC-1-1.  Raises: NotEligible.
    """
    if kind not in terms.eligible_kinds:
        able = "、".join(one.label for one in InstitutionKind if one in terms.eligible_kinds)
        annotated = "（“社区医院”加注不改变机构类别）" if any(annotations) else ""
        raise NotEligible(
            f"该机构类别为{kind.label}{annotated}，可按季度申请医保定点的为：{able}",
            path=("input", "institution"),
            clause=notice("一"),
        )


@dataclass(frozen=True, slots=True)
class Bar:
    """Somebody may not apply before ``until``; ``role``: as whom the person stands on the form."""

    subject: BarSubject
    from_on: date
    until: date
    reason: str
    role: str | None = None


def check_bars(bars: Iterable[Bar], on: date) -> None:
    """Pass when no bar runs on the day.  Implements: MIC-A21-1, A-MIC-9.  Raises: Barred."""
    running = [bar for bar in bars if bar.from_on <= on < bar.until]
    if running:
        last = max(running, key=lambda bar: bar.until)
        who = "该机构" if last.subject is BarSubject.INSTITUTION else f"该机构的{last.role or '有关人员'}"
        raise Barred(
            f"{who}因“{last.reason}”自 {last.from_on} 起不得申请医保定点，{last.until} 起方可申请",
            path=("input", "institution"),
            clause=notice("附件2-1第一项"),
            until=last.until,
        )


def bar_until(discovered_on: date, terms: Terms) -> date:
    """The first day on which a bar for false material no longer runs.

    Counted from the day of discovery, which is not counted itself; its corresponding day is the last one barred.
    Implements: MIC-A21-1, A-MIC-9.
    """
    return workdays.corresponding_day(discovered_on, years=terms.false_material_bar_years) + ONE_DAY


def check_single(open_number: str | None, *, designated: bool) -> None:
    """Raises: AlreadyApplied."""
    if open_number is not None:
        raise AlreadyApplied(
            f"该机构已有办理中的申请（{open_number}），办结前不能再次申请",
            path=("input", "institution"),
            clause=notice("三(一)第一句"),
        )
    if designated:
        raise AlreadyApplied(
            "该机构已是医保定点医疗机构或已纳入定点范围，无需再次申请",
            path=("input", "institution"),
            clause=notice("一"),
        )


def supplement_due(calendar: Calendar, terms: Terms, received_on: date) -> Deadline:
    """The last day for the one notice of what is missing; the day of receipt is not counted (MIC-3-1d, A-MIC-2)."""
    return workdays.add_working_days(calendar, received_on, terms.supplement_working_days)


def publicity_due(calendar: Calendar, terms: Terms, published_on: date) -> Deadline:
    """The last day of publicity (MIC-3-3, A-MIC-10)."""
    return workdays.add_working_days(
        calendar,
        published_on,
        terms.publicity_working_days,
        counts_first_day=terms.publicity_counts_first_day,
    )


def locked_until(signed_on: date, terms: Terms) -> date:
    """The first day on which commitment 9 no longer binds (MIC-A21-9, A-MIC-8)."""
    return workdays.corresponding_day(signed_on, years=terms.lock_years) + ONE_DAY


def agreement_until(from_on: date, terms: Terms) -> date:
    """The first day on which an agreement of the usual term no longer runs."""
    return workdays.corresponding_day(from_on, months=terms.agreement_months)


def reminder_on(until: date, terms: Terms) -> date:
    """The day from which a renewal should be asked for."""
    return workdays.corresponding_day(until, months=-terms.renewal_reminder_months)


# Steps ---------------------------------------------------------------------------------------------------------------


def check_step(status: DesignationStatus, step: Step) -> DesignationStatus:
    """Where the step leads from this state (state machine 13).  Raises: WrongStep, with the clause of the step."""
    passage = PASSAGES[step]
    if status not in passage.sources:
        wanted = "、".join(one.label for one in passage.sources)
        raise WrongStep(
            f"申请现为“{status.label}”，不能{step.label}；须为：{wanted}",
            path=("input", "application"),
            clause=passage.clause,
            status=status,
        )
    return passage.target


def check_commitments(accepted: Iterable[int]) -> tuple[int, ...]:
    """The numbers, each once and in order.  Raises: Invalid for one that annex 2-1 does not have."""
    numbers = sorted(set(accepted))
    if any(one not in COMMITMENTS for one in numbers):
        raise Invalid("承诺事项的编号应为 1 至 9（附件2-1）", path=("input", "commitments", "accepted"))
    return tuple(numbers)


def check_verdict(
    result: EvaluationResult,
    method: DesignationMethod,
    reasons: str | None,
    advice: str | None,
    *,
    district_result: EvaluationResult | None = None,
    terms: Terms | None = None,
) -> None:
    """Pass for an evaluation that says what it must.

    A fail is told with its reasons; the municipal one gives advice besides.  On a district's fail the centre confirms it,
    or, where the pack says so, evaluates for itself (MIC-3-2b, A-MIC-4).  Raises: Invalid, Conflict.
    """
    municipal = terms is not None
    clause = notice("三(二)第二段" if municipal else "三(二)第一段")
    if result is EvaluationResult.FAIL and not reasons:
        raise Invalid("评估不合格的，须写明理由", path=("input", "reasons"), clause=clause)
    if municipal and result is EvaluationResult.FAIL and not advice:
        raise Invalid("市级评估不合格的，须提出整改建议", path=("input", "advice"), clause=clause)
    if method is DesignationMethod.CONFIRMATION and (
        not municipal or result is not EvaluationResult.FAIL or district_result is not EvaluationResult.FAIL
    ):
        raise Invalid("“确认区级结果”只用于市级确认区级不合格", path=("input", "method"), clause=clause)
    if (
        terms is not None
        and district_result is EvaluationResult.FAIL
        and not terms.centre_evaluates_failed
        and method is not DesignationMethod.CONFIRMATION
    ):
        raise Conflict(
            "区级评估不合格的，按现行参数由市级确认区级结果并告知理由、提出整改建议，不另作市级评估",
            path=("input", "method"),
            clause=clause,
        )


# Materials -----------------------------------------------------------------------------------------------------------


def lacking(
    present: Iterable[MaterialKind],
    accepted: Iterable[int],
    signed_on: date | None,
    *,
    guarantee_required: bool,
    guaranteed: bool,
    stage: MaterialStage,
) -> tuple[Finding, ...]:
    """What is missing of the materials of one stage: items of the supplement notice.

    Implements: MIC-2-1 to MIC-2-6, MIC-A21, MIC-A22-1, A-MIC-3, A-MIC-11.
    """
    there, found = set(present), []
    for kind in MaterialKind:
        if STAGES[kind] is stage and kind not in there:
            message = f"缺少材料：{kind.label}"
            found.append(Finding("MATERIAL_MISSING", message, "materials", MATERIAL_CLAUSES[kind], kind))
    if stage is MaterialStage.AT_SUBMISSION:
        commitment = MaterialKind.COMMITMENT
        open_ = [one for one in COMMITMENTS if one not in set(accepted)]
        if open_:
            numbers = "、".join(map(str, open_))
            found.append(
                Finding(
                    "COMMITMENT_OPEN",
                    f"承诺书第 {numbers} 项未承诺",
                    "commitments.accepted",
                    notice("二2"),
                    commitment,
                )
            )
        if signed_on is None:
            message = "承诺书未签署日期"
            found.append(Finding("UNSIGNED", message, "commitments.signedOn", notice("二2"), commitment))
        if guarantee_required and not guaranteed:
            message = "缺少上级定点医疗机构的管理责任承诺书（附件2-2）"
            found.append(Finding("GUARANTEE", message, "superiorGuarantee", notice("附件2-2"), commitment))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One record that speaks against a commitment: what, when, and where it stands."""

    what: str
    on: date
    source: str
    id: UUID | None = None


def within_years(on: date, back_from: date, years: int) -> bool:
    """Whether the day lies in the years that end on ``back_from``, both ends included (A-MIC-7)."""
    return workdays.corresponding_day(back_from, years=-years) <= on <= back_from


def within_months(on: date, back_from: date, months: int) -> bool:
    """Whether the day lies in the months that end on ``back_from``, both ends included (A-MIC-7)."""
    return workdays.corresponding_day(back_from, months=-months) <= on <= back_from
