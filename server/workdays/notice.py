"""Loading an official notice: YAML or JSON in, a new calendar out, with the year official.

An administrator types the State Council's notice as a list of days; every day not listed is what its weekday makes it.

    year: 2026
    number: 国办发明电〔2025〕…号
    issued_on: 2025-11-04
    days:
      - {on: 2026-01-01, kind: LEGAL_HOLIDAY, name: 元旦}
      - {on: 2026-01-02, kind: ADJUSTED_DAY_OFF, name: 元旦}
      - {from: 2026-02-20, through: 2026-02-23, kind: ADJUSTED_DAY_OFF, name: 春节}

A range of days off may run over weekends and statutory days, which are free anyway and keep their kind; every other
entry must fit its day.  The notice may also move days of the last week of the December before, as 元旦 has done.  A
year that is already official is changed only by a notice that says so: ``replaces: <source of the year as it stands>``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from server.kit.errors import Conflict, Invalid
from server.workdays import festivals
from server.workdays.model import (
    TURN_OF_YEAR,
    Calendar,
    CalendarStatus,
    Day,
    DayKind,
    Year,
    days_of,
    ordinary,
)

#: A notice lists a few dozen days; anything longer is not a notice.
LONGEST_TEXT: Final = 65_536

_FIELDS: Final = frozenset({"year", "number", "issued_on", "replaces", "days"})
_DAY_FIELDS: Final = frozenset({"on", "from", "through", "kind", "name"})


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice, free of contradictions.  ``days`` are those that differ from their weekday and all statutory ones."""

    year: int
    number: str
    issued_on: date
    replaces: str | None
    days: tuple[Day, ...]


def parse(text: str) -> Notice:
    """The notice that the text holds; JSON is read as YAML.

    True of the result: every listed day lies in the year or in the last week of the December before, stands once, fits
    its weekday, and all statutory days of the year are there as LEGAL_HOLIDAY and no ordinary festival day besides.

    Raises: ``Invalid`` with the entry and the remedy.
    """
    fields = _load(text)
    year = fields["year"]
    if type(year) is not int or not festivals.FIRST_YEAR <= year <= festivals.LAST_YEAR:
        raise _invalid(f"year 应为 {festivals.FIRST_YEAR} 至 {festivals.LAST_YEAR} 之间的年份", "year")
    replaces = None if fields.get("replaces") is None else _text(fields["replaces"], "replaces")
    statutory = festivals.statutory_days(year)
    days: dict[date, Day] = {}
    entries = fields["days"]
    if not isinstance(entries, list) or not entries:
        raise _invalid("days 应为放假和调休日期的列表，且不能为空", "days")
    for index, entry in enumerate(entries):
        for day in _entry(entry, index, year, statutory):
            if day.on in days:
                raise _invalid(f"{day.on} 在通知中出现两次，请只保留一条", "days", index)
            days[day.on] = day
    _require_statutory(days, statutory)
    return Notice(
        year=year,
        number=_text(fields["number"], "number"),
        issued_on=_date(fields["issued_on"], "issued_on"),
        replaces=replaces,
        days=tuple(days[on] for on in sorted(days)),
    )


def apply(calendar: Calendar, notice: Notice) -> Calendar:
    """The calendar with the notice's year official, and the December before it moved where the notice says so.

    What a later year's notice already moved in this year's last week stays, unless this notice lists the day itself.
    Use ``rules.changed_days`` to learn which deadlines must be computed again.

    Raises: ``Conflict`` when the year is official by another notice that this one does not replace; ``Invalid`` when it
    moves days of a December that the calendar does not hold.
    """
    current = calendar.years.get(notice.year)
    if current is not None and current.status is CalendarStatus.OFFICIAL and notice.replaces != current.source:
        raise Conflict(
            f"{notice.year} 年已有正式安排（{current.source}）；如本通知是对它的更正，请在 replaces 中填写该来源全文",
            path=("replaces",),
            year=notice.year,
        )
    whole = Year(
        notice.year, CalendarStatus.OFFICIAL, notice.number, tuple(_base(calendar, on) for on in days_of(notice.year))
    )
    years = [whole.with_days(day for day in notice.days if day.on.year == notice.year)]
    before = [day for day in notice.days if day.on.year < notice.year]
    if before:
        previous = calendar.years.get(notice.year - 1)
        if previous is None:
            raise _invalid(f"工作日历未收录 {notice.year - 1} 年，不能调整 {before[0].on}，请先录入该年", "days")
        years.append(previous.with_days(before))
    return calendar.with_years(*years)


def _base(calendar: Calendar, on: date) -> Day:
    following = calendar.years.get(on.year + 1)
    settled = following is not None and following.status is CalendarStatus.OFFICIAL
    if settled and (on.month, on.day) >= TURN_OF_YEAR and on.year in calendar.years:
        return calendar.day(on)
    return ordinary(on)


def _load(text: str) -> Mapping[str, Any]:
    if len(text) > LONGEST_TEXT:
        raise _invalid(f"放假通知文件最长 {LONGEST_TEXT} 个字符，现为 {len(text)} 个")
    try:
        fields = YAML(typ="safe", pure=True).load(text)
    # ruamel lets a ValueError through for a date that does not exist, and recursion for absurd nesting.
    except (YAMLError, ValueError, RecursionError) as broken:
        raise _invalid(f"放假通知不是有效的 YAML 或 JSON：{' '.join(str(broken).split())[:200]}") from None
    if not isinstance(fields, dict):
        raise _invalid("放假通知应包含 year、number、issued_on、days 四项")
    if missing := (_FIELDS - {"replaces"}) - fields.keys():
        raise _invalid(f"放假通知缺少：{'、'.join(sorted(missing))}")
    if unknown := {str(field) for field in fields} - _FIELDS:
        raise _invalid(f"放假通知中有不认识的项：{'、'.join(sorted(unknown))}")
    return fields


def _entry(entry: Any, index: int, year: int, statutory: Mapping[date, str]) -> Iterator[Day]:
    if not isinstance(entry, dict) or not {str(field) for field in entry} <= _DAY_FIELDS:
        raise _invalid("每一条应写明 on（或 from 和 through）、kind，可写 name", "days", index)
    try:
        kind = DayKind(entry["kind"])
    except (KeyError, ValueError):
        raise _invalid(f"kind 应为 {'、'.join(DayKind)} 之一", "days", index, "kind") from None
    name = None if entry.get("name") is None else _text(entry["name"], "days", index, "name")
    is_range = "on" not in entry
    first = _date(entry.get("from" if is_range else "on"), "days", index, "from" if is_range else "on")
    last = _date(entry.get("through"), "days", index, "through") if is_range else first
    if not is_range and ("from" in entry or "through" in entry):
        raise _invalid("on 与 from、through 不能同时填写", "days", index)
    if not (date(year - 1, *TURN_OF_YEAR) <= first <= last <= date(year, 12, 31)):
        month, day = TURN_OF_YEAR
        limits = f"{year - 1}-{month}-{day} 至 {year}-12-31"
        raise _invalid(f"日期应在 {limits} 之间，且 through 不早于 from", "days", index)
    for on in (first + timedelta(days=n) for n in range((last - first).days + 1)):
        if is_range and kind is DayKind.ADJUSTED_DAY_OFF and on in statutory:
            continue
        if is_range and kind is DayKind.ADJUSTED_DAY_OFF and not ordinary(on).is_workday:
            # Said outright, so that another entry that has people work on this weekend is a contradiction.
            yield Day(on, DayKind.WEEKEND, name)
            continue
        if objection := _objection(on, kind, name, statutory):
            raise _invalid(f"{on} {objection}", "days", index)
        yield Day(on, kind, statutory.get(on, name))


def _objection(on: date, kind: DayKind, name: str | None, statutory: Mapping[date, str]) -> str | None:
    """Why the day cannot be of this kind; None when it can."""
    if kind is DayKind.LEGAL_HOLIDAY:
        if on in statutory:
            return None
        # The State Council may free a day by a decision of its own (3 September 2015); it then has a name of its own.
        if name is None or name in festivals.NAMES or on < next(iter(statutory)):
            return "不是法定节日；调休放假请用 ADJUSTED_DAY_OFF，另行决定的全民放假日请写明名称"
        return None
    if on in statutory:
        return f"是法定节日（{statutory[on]}），只能是 LEGAL_HOLIDAY"
    if ordinary(on).is_workday and kind in {DayKind.WEEKEND, DayKind.ADJUSTED_WORKDAY}:
        return f"是周一至周五，不能是 {kind}"
    if not ordinary(on).is_workday and kind in {DayKind.WORKDAY, DayKind.ADJUSTED_DAY_OFF}:
        return f"是周六或周日，不能是 {kind}"
    return None


def _require_statutory(days: Mapping[date, Day], statutory: Mapping[date, str]) -> None:
    """A notice that forgets a statutory day was cut short or belongs to another year."""
    for on, name in statutory.items():
        day = days.get(on)
        if day is None or day.kind is not DayKind.LEGAL_HOLIDAY:
            raise _invalid(f"缺少法定节日 {on}（{name}），请补充为 LEGAL_HOLIDAY，并核对年份和全文是否完整", "days")


def _text(value: Any, *path: str | int) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > 200:
        raise _invalid(f"{path[-1]} 应为 1 至 200 个字符的文字", *path)
    return value.strip()


def _date(value: Any, *path: str | int) -> date:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    elif isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise _invalid(f"{path[-1]} 应为 2026-01-31 形式的日期", *path)


def _invalid(message: str, *path: str | int) -> Invalid:
    place = f"（第 {path[1] + 1} 条）" if len(path) > 1 and isinstance(path[1], int) else ""
    return Invalid(f"{message}{place}", path=tuple(map(str, path)))
