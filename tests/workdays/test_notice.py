"""Loading a notice: a provisional year becomes official, and a wrong notice is refused with the entry."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.kit.errors import Conflict, Invalid
from server.workdays import notice, rules, seed
from server.workdays.model import Calendar, CalendarStatus, DayKind

# The days of 2026 as published, typed as an administrator would; the number is an example.
NOTICE_2026 = """
year: 2026
number: 国办发明电〔2025〕7号
issued_on: 2025-11-04
days:
  - {on: 2026-01-01, kind: LEGAL_HOLIDAY, name: 元旦}
  - {on: 2026-01-02, kind: ADJUSTED_DAY_OFF, name: 元旦}
  - {on: 2026-01-04, kind: ADJUSTED_WORKDAY, name: 元旦}
  - {from: 2026-02-16, through: 2026-02-19, kind: LEGAL_HOLIDAY, name: 春节}
  - {from: 2026-02-15, through: 2026-02-23, kind: ADJUSTED_DAY_OFF, name: 春节}
  - {on: 2026-02-14, kind: ADJUSTED_WORKDAY, name: 春节}
  - {on: 2026-02-28, kind: ADJUSTED_WORKDAY, name: 春节}
  - {on: 2026-04-05, kind: LEGAL_HOLIDAY, name: 清明节}
  - {on: 2026-04-06, kind: ADJUSTED_DAY_OFF, name: 清明节}
  - {from: 2026-05-01, through: 2026-05-02, kind: LEGAL_HOLIDAY, name: 劳动节}
  - {from: 2026-05-03, through: 2026-05-05, kind: ADJUSTED_DAY_OFF, name: 劳动节}
  - {on: 2026-05-09, kind: ADJUSTED_WORKDAY, name: 劳动节}
  - {on: 2026-06-19, kind: LEGAL_HOLIDAY, name: 端午节}
  - {on: 2026-09-25, kind: LEGAL_HOLIDAY, name: 中秋节}
  - {from: 2026-10-01, through: 2026-10-03, kind: LEGAL_HOLIDAY, name: 国庆节}
  - {from: 2026-10-04, through: 2026-10-07, kind: ADJUSTED_DAY_OFF, name: 国庆节}
  - {on: 2026-09-20, kind: ADJUSTED_WORKDAY, name: 国庆节}
  - {on: 2026-10-10, kind: ADJUSTED_WORKDAY, name: 国庆节}
"""

BEFORE = Calendar.of([seed.official_year(2025), seed.provisional_year(2026)])

# A made-up notice in the manner of the one for 2019, which moved the weekend before New Year.
STATUTORY_2030 = [
    {"on": str(day.on), "kind": "LEGAL_HOLIDAY", "name": day.name}
    for day in seed.provisional_year(2030).days
    if day.kind is DayKind.LEGAL_HOLIDAY
]


def as_json(*days: dict[str, Any], **fields: Any) -> str:
    whole = {
        "year": 2030,
        "number": "国办发明电〔2029〕1号",
        "issued_on": "2029-11-01",
        "days": [*STATUTORY_2030, *days],
    }
    return json.dumps({**whole, **fields})


def test_loaded_year_equals_the_published_one() -> None:
    loaded = notice.apply(BEFORE, notice.parse(NOTICE_2026)).years[2026]
    published = seed.official_year(2026)
    assert loaded.status is CalendarStatus.OFFICIAL
    assert loaded.source == "国办发明电〔2025〕7号"
    assert [(day.on, day.kind) for day in loaded.days] == [(day.on, day.kind) for day in published.days]


def test_deadlines_become_official_and_move() -> None:
    after = notice.apply(BEFORE, notice.parse(NOTICE_2026))
    start = date(2026, 9, 28)
    guessed = rules.add_working_days(BEFORE, start, 5)
    known = rules.add_working_days(after, start, 5)
    assert (guessed.on, guessed.status) == (date(2026, 10, 8), CalendarStatus.PROVISIONAL)
    assert (known.on, known.status) == (date(2026, 10, 10), CalendarStatus.OFFICIAL)


def test_days_to_recompute_are_those_whose_work_changes() -> None:
    after = notice.apply(BEFORE, notice.parse(NOTICE_2026))
    changed = rules.changed_days(BEFORE, after)
    assert date(2026, 10, 10) in changed
    assert date(2026, 1, 4) in changed
    assert date(2026, 10, 1) not in changed
    assert rules.changed_days(after, after) == ()


def test_the_calendar_given_is_not_changed() -> None:
    notice.apply(BEFORE, notice.parse(NOTICE_2026))
    assert BEFORE.years[2026].status is CalendarStatus.PROVISIONAL


def test_json_is_read_like_yaml() -> None:
    parsed = notice.parse(as_json())
    assert (parsed.year, parsed.number, parsed.issued_on) == (2030, "国办发明电〔2029〕1号", date(2029, 11, 1))
    assert len(parsed.days) == 13


def test_notice_may_move_the_december_before_and_settles_it() -> None:
    calendar = seed.seeded(2030).with_years(
        notice.apply(
            seed.seeded(2029),
            notice.parse(
                json.dumps(
                    {
                        "year": 2029,
                        "number": "甲",
                        "issued_on": "2028-11-01",
                        "days": [
                            {"on": str(day.on), "kind": "LEGAL_HOLIDAY"}
                            for day in seed.provisional_year(2029).days
                            if day.kind is DayKind.LEGAL_HOLIDAY
                        ],
                    }
                )
            ),
        ).years[2029]
    )
    moving = notice.parse(
        as_json(
            {"on": "2029-12-29", "kind": "ADJUSTED_WORKDAY", "name": "元旦"},
            {"on": "2029-12-31", "kind": "ADJUSTED_DAY_OFF", "name": "元旦"},
        )
    )
    after = notice.apply(calendar, moving)
    assert rules.is_workday(after, date(2029, 12, 29))
    assert not rules.is_workday(after, date(2029, 12, 31))
    assert after.status_on(date(2029, 12, 31)) is CalendarStatus.OFFICIAL

    # A correction of 2029 that comes later does not undo what the notice for 2030 said about its last week.
    correction = notice.parse(
        json.dumps(
            {
                "year": 2029,
                "number": "乙",
                "issued_on": "2029-12-01",
                "replaces": "甲",
                "days": [
                    {"on": str(day.on), "kind": "LEGAL_HOLIDAY"}
                    for day in seed.provisional_year(2029).days
                    if day.kind is DayKind.LEGAL_HOLIDAY
                ],
            }
        )
    )
    corrected = notice.apply(after, correction)
    assert corrected.years[2029].source == "乙"
    assert rules.is_workday(corrected, date(2029, 12, 29))


def test_official_year_is_replaced_only_by_a_notice_that_says_so() -> None:
    calendar = Calendar.of([seed.official_year(2026)])
    with pytest.raises(Conflict, match="2026 年已有正式安排"):
        notice.apply(calendar, notice.parse(NOTICE_2026))
    source = seed.official_year(2026).source
    replacing = notice.parse(NOTICE_2026 + f"replaces: {source}\n")
    assert notice.apply(calendar, replacing).years[2026].source == "国办发明电〔2025〕7号"


def test_december_of_a_year_not_held_cannot_be_moved() -> None:
    moving = notice.parse(as_json({"on": "2029-12-31", "kind": "ADJUSTED_DAY_OFF"}))
    with pytest.raises(Invalid, match="未收录 2029 年"):
        notice.apply(Calendar.of([]), moving)


def test_day_off_by_special_decision_needs_a_name_of_its_own() -> None:
    special = {"on": "2030-09-03", "kind": "LEGAL_HOLIDAY", "name": "抗战胜利85周年纪念日"}
    assert date(2030, 9, 3) in {day.on for day in notice.parse(as_json(special)).days}


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"on": "2030-10-04", "kind": "LEGAL_HOLIDAY", "name": "国庆节"}, "2030-10-04 不是法定节日.*第 14 条"),
        ({"from": "2030-10-04", "through": "2030-10-07", "kind": "LEGAL_HOLIDAY"}, "不是法定节日"),
        ({"on": "2029-12-31", "kind": "LEGAL_HOLIDAY", "name": "跨年"}, "不是法定节日"),
        ({"on": "2030-10-01", "kind": "LEGAL_HOLIDAY"}, "2030-10-01 在通知中出现两次"),
        ({"on": "2030-10-01", "kind": "WORKDAY"}, "是法定节日（国庆节）"),
        ({"on": "2030-10-02", "kind": "ADJUSTED_DAY_OFF"}, "是法定节日（国庆节）"),
        ({"on": "2030-03-02", "kind": "ADJUSTED_DAY_OFF"}, "是周六或周日"),
        ({"on": "2030-03-04", "kind": "ADJUSTED_WORKDAY"}, "是周一至周五"),
        ({"from": "2030-03-01", "through": "2030-03-04", "kind": "ADJUSTED_WORKDAY"}, "是周一至周五"),
        ({"on": "2031-01-01", "kind": "ADJUSTED_DAY_OFF"}, "日期应在 2029-12-24 至 2030-12-31 之间"),
        ({"on": "2029-12-23", "kind": "ADJUSTED_WORKDAY"}, "日期应在"),
        ({"from": "2030-10-07", "through": "2030-10-04", "kind": "ADJUSTED_DAY_OFF"}, "through 不早于 from"),
        ({"on": "2030-10-07", "through": "2030-10-08", "kind": "ADJUSTED_DAY_OFF"}, "不能同时填写"),
        ({"on": "2030-02-30", "kind": "ADJUSTED_DAY_OFF"}, "on 应为"),
        ({"from": "2030-02-03", "kind": "ADJUSTED_DAY_OFF"}, "through 应为"),
        ({"on": "2030-03-04", "kind": "FREE"}, "kind 应为 WORKDAY、"),
        ({"on": "2030-03-04"}, "kind 应为"),
        ({"on": "2030-03-04", "kind": "ADJUSTED_DAY_OFF", "colour": "red"}, "每一条应写明"),
        ({"on": "2030-03-04", "kind": "ADJUSTED_DAY_OFF", "name": 3}, "name 应为"),
    ],
)
def test_contradictions_are_refused_with_the_entry(entry: dict[str, Any], says: str) -> None:
    with pytest.raises(Invalid, match=says):
        notice.parse(as_json(entry))


def test_a_free_range_over_a_worked_weekend_is_a_contradiction() -> None:
    free = {"from": "2030-10-04", "through": "2030-10-07", "kind": "ADJUSTED_DAY_OFF"}
    worked = {"on": "2030-10-05", "kind": "ADJUSTED_WORKDAY"}
    with pytest.raises(Invalid, match="2030-10-05 在通知中出现两次"):
        notice.parse(as_json(free, worked))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "应包含"),
        ("[]", "应包含"),
        ("{", "不是有效的 YAML"),
        ("a: 1\na: 2", "不是有效的 YAML"),
        ("a: 2026-13-40", "不是有效的 YAML"),
        ("!!python/object/apply:os.system ['ls']", "不是有效的 YAML"),
        ("[" * 5000, "不是有效的 YAML"),
        ("a: \x00", "不是有效的 YAML"),
        ("x" * 70_000, "最长 65536 个字符"),
        ("year: 2030", "缺少：days、issued_on、number"),
        (as_json(colour="red"), "不认识的项：colour"),
        (as_json(year="2030"), "year 应为"),
        (as_json(year=True), "year 应为"),
        (as_json(year=2051), "year 应为 2004 至 2050"),
        (as_json(year=2031), "日期应在 2030-12-24"),
        (as_json(number=" "), "number 应为"),
        (as_json(issued_on="yesterday"), "issued_on 应为"),
        (as_json(issued_on=None), "issued_on 应为"),
        (as_json(days=[]), "days 应为"),
        (as_json(days={}), "days 应为"),
        (as_json(days=["2030-01-01"]), "每一条应写明.*第 1 条"),
        (as_json(days=STATUTORY_2030[:-1]), "缺少法定节日 2030-10-03（国庆节）"),
        (NOTICE_2026.replace("2026-09-25", "2026-09-24"), "2026-09-24 不是法定节日"),
    ],
)
def test_a_text_that_is_no_notice_is_refused(text: str, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        notice.parse(text)


@given(st.text(max_size=200))
def test_any_text_is_a_notice_or_refused(text: str) -> None:
    with pytest.raises(Invalid):
        notice.parse(text)
