"""Versions in time: which is in force, which judges, what may follow what.

Versions of one pack never overlap; each holds on ``[from, until)``.  Nothing here knows today: the day is always an
input.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from server.policy.model import PolicyVersion
from server.policy.problems import Problem, Severity
from server.policy.terms import Status


def in_force(versions: Iterable[PolicyVersion], on: date) -> PolicyVersion | None:
    """The published version that holds on the day, or None.  ``versions``: the published ones of one pack."""
    return next((version for version in versions if version.effective_from is not None and on in version.period), None)


def first_effective_from(versions: Iterable[PolicyVersion]) -> date | None:
    """The day on which the pack began: the default of ``count_from`` in every one of its versions (A-X-2)."""
    return min((version.effective_from for version in versions if version.effective_from is not None), default=None)


def count_from(versions: Iterable[PolicyVersion], version: PolicyVersion) -> date:
    """The first day whose events count under the version.

    Raises: ValueError where neither it nor the pack says one.
    """
    stated: date | None = version.value("count_from")
    first = stated or first_effective_from((*versions, version))
    if first is None:
        raise ValueError(f"{version.pack} states no effective date")
    return first


def version_for(
    versions: Sequence[PolicyVersion],
    *,
    occurred_on: date | None = None,
    last_decided_on: date | None = None,
    as_of: date,
) -> PolicyVersion | None:
    """The version that judges.

    A single finding: the version in force on the day it occurred.  An aggregate: the version in force on the day the
    last event that it counts was decided.  Neither given (nothing happened): the version in force on ``as_of``.  None
    where no version was in force on that day: then nothing is judged.
    Implements: A-X-2 (立法法 104, not retroactive).
    """
    if occurred_on is not None and last_decided_on is not None:
        raise ValueError("either a single finding or an aggregate")
    return in_force(versions, occurred_on or last_decided_on or as_of)


def status_on(version: PolicyVersion, stored: Status, on: date) -> Status:
    """The version's status on the day: IN_FORCE, SUPERSEDED and EXPIRED follow from the dates of a PUBLISHED one."""
    if stored is not Status.PUBLISHED or version.effective_from is None or on < version.effective_from:
        return stored
    if on in version.period:
        return Status.IN_FORCE
    shortened = version.shortened_until is not None and on >= version.shortened_until
    return Status.SUPERSEDED if shortened else Status.EXPIRED


def check_numbers(versions: Sequence[PolicyVersion]) -> tuple[Problem, ...]:
    """What is wrong with a pack's versions taken together: numbers that do not rise, periods that overlap."""
    problems: list[Problem] = []
    for index, version in enumerate(versions):
        path = ("versions", index)
        if index and version.number <= versions[index - 1].number:
            message = f"版本号 {version.number} 应大于前一版本的 {versions[index - 1].number}"
            problems.append(Problem("VERSION_NUMBER", message, (*path, "version")))
        if version.effective_from is None or not _ends_after_start(version):
            continue
        for earlier in versions[:index]:
            if earlier.effective_from is None or not _ends_after_start(earlier):
                continue
            if earlier.period.overlaps(version.period):
                message = (
                    f"与版本 {earlier.number} 的施行期间 {describe(earlier)} 重叠；请调整施行日期，"
                    "前一版本由后一版本替代的写明 shortened_until"
                )
                problems.append(Problem("OVERLAP", message, (*path, "effective", "from")))
    return tuple(problems)


def check_succession(
    published: Sequence[PolicyVersion], draft: PolicyVersion, *, today: date, erratum: bool = False
) -> tuple[Problem, ...]:
    """Why the draft cannot follow the published versions of its pack; nothing where it can.

    It must state its first day, which must not lie before ``today`` (the day of publication) unless it is an
    ``erratum``, for which the caller must have a second approver.  It may begin inside the last version's period,
    which is thereby shortened; it must not begin before, or on, the first day of a version that is already published.
    """
    start = draft.effective_from
    if start is None:
        return (
            Problem(
                "EFFECTIVE_FROM_REQUIRED", "未填写施行日期；原文没有的，由本区填写后方可发布", ("effective", "from")
            ),
        )
    problems: list[Problem] = []
    if not _ends_after_start(draft):
        problems.append(_ends_too_early(draft))
    if start < today and not erratum:
        message = f"施行日期 {start} 早于发布日 {today}；不溯及既往，确需更正的走勘误程序并由第二人批准"
        problems.append(Problem("BACK_DATED", message, ("effective", "from")))
    later = [version for version in published if version.effective_from is not None and version.effective_from >= start]
    for version in later:
        if erratum and version.effective_from == start:
            continue
        if draft.effective_until is None or draft.period.overlaps(version.period):
            message = (
                f"与已发布的版本 {version.number}（{describe(version)}）重叠；应自 {version.effective_from} 之后施行"
            )
            problems.append(Problem("OVERLAP", message, ("effective", "from")))
    holding = in_force(published, start)
    if holding is not None and draft.effective_until is not None and _outlives(holding, draft.effective_until):
        message = f"草案止于 {draft.effective_until}，早于被替代的版本 {holding.number}，其后将无政策施行"
        problems.append(Problem("GAP_AHEAD", message, ("effective", "until"), severity=Severity.WARNING))
    return tuple(problems)


def succeed(published: Sequence[PolicyVersion], draft: PolicyVersion) -> tuple[PolicyVersion, ...]:
    """The published versions with the draft among them and its predecessor's period shortened to where it begins.

    For drafts that ``check_succession`` lets pass.  An erratum with the same first day takes the place of the version
    it corrects, whose period becomes empty.
    """
    start = draft.period.from_on
    kept = tuple(
        version.shortened(start) if version.effective_from is not None and start in version.period else version
        for version in published
    )
    return (*kept, draft)


def check_period(version: PolicyVersion) -> tuple[Problem, ...]:
    """What is wrong with the version's own dates."""
    return () if version.effective_from is None or _ends_after_start(version) else (_ends_too_early(version),)


def describe(version: PolicyVersion) -> str:
    """The period as ``[2026-04-02, 2029-04-02)``."""
    until = version.period.until
    return f"[{version.period.from_on}, {until if until is not None else '…'})"


def _ends_after_start(version: PolicyVersion) -> bool:
    start, end = version.effective_from, version.effective_until
    return start is not None and (end is None or start < end)


def _ends_too_early(version: PolicyVersion) -> Problem:
    message = f"失效日期 {version.effective_until} 应晚于施行日期 {version.effective_from}（失效日期当日不再施行）"
    return Problem("EMPTY_PERIOD", message, ("effective", "until"))


def _outlives(version: PolicyVersion, until: date) -> bool:
    end = version.period.until
    return end is None or end > until
