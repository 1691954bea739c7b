"""What may follow what in licensing, and when: pure."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.kit.errors import Invalid
from server.kit.terms import Term
from server.licensing import rules
from server.licensing.errors import MaterialsAskedOnce, NoPublishedPlan, WrongState
from server.licensing.limits import Limits
from server.licensing.model import (
    LIVING,
    NEXT_APPLICATION,
    NEXT_ENDING,
    NEXT_LICENCE,
    PENDING,
    ApplicationStatus,
    LicenceStatus,
)
from server.tasks.model import DayUnit
from server.workdays.rules import add_calendar_days, add_working_days
from server.workdays.seed import seeded

CALENDAR = seeded(2028)
MACHINES: list[Mapping[Any, frozenset[Any]]] = [NEXT_APPLICATION, NEXT_LICENCE, NEXT_ENDING]
DAYS = st.dates(date(2026, 1, 1), date(2027, 6, 30))


@pytest.mark.parametrize("machine", MACHINES)
def test_a_machine_knows_every_state_and_every_way_ends(machine: Mapping[Term, frozenset[Term]]) -> None:
    kind = type(next(iter(machine)))
    assert set(machine) == set(kind)
    ends = {state for state, following in machine.items() if not following}
    reached = {state: {state} for state in machine}
    for _ in machine:
        for state, following in machine.items():
            reached[state] |= {further for one in following for further in reached[one]}
    assert all(found & ends for found in reached.values())


@given(st.data())
def test_no_step_leaves_the_machine(data: st.DataObject) -> None:
    machine = data.draw(st.sampled_from(MACHINES))
    now, to = data.draw(st.sampled_from(list(machine))), data.draw(st.sampled_from(list(machine)))
    if to in machine[now]:
        rules.check_step(machine, now, to)
    else:
        with pytest.raises(WrongState, match=now.label):
            rules.check_step(machine, now, to)


def test_what_is_missing_is_asked_for_once_whatever_happens_in_between() -> None:
    seen, open_ = set(), {ApplicationStatus.SUPPLIED}
    while open_:
        state = open_.pop()
        seen.add(state)
        open_ |= NEXT_APPLICATION[state] - seen
    assert ApplicationStatus.MATERIALS_ASKED not in seen
    assert set(PENDING) & set(LIVING) == set()
    assert LicenceStatus.CANCELLED not in LIVING


@given(
    start=DAYS,
    n=st.integers(1, 60),
    before=st.integers(0, 40),
    review=st.integers(0, 60),
    unit=st.sampled_from(DayUnit),
)
def test_a_review_by_experts_takes_nothing_from_the_limit(
    start: date, n: int, before: int, review: int, unit: DayUnit
) -> None:
    """However long experts took, the days outside their review are those of the limit."""
    if unit not in (DayUnit.WORKING, DayUnit.CALENDAR):
        unit = DayUnit.WORKING
    add = add_working_days if unit is DayUnit.WORKING else add_calendar_days
    paused = start + timedelta(days=before)
    used = rules.used_days(CALENDAR, start, paused, unit)
    left = max(n - used, 0)
    resumed = paused + timedelta(days=review)
    last = add(CALENDAR, resumed, left).on
    after = rules.used_days(CALENDAR, resumed, last + timedelta(days=1), unit)
    assert used >= 0
    if unit is DayUnit.WORKING:
        assert after == left
    else:
        assert after >= left, "a last day that is free moves on"
    assert last >= add(CALENDAR, resumed, 0).on


def test_a_refusal_for_planning_reasons_names_a_published_plan() -> None:
    today = date(2026, 12, 1)
    rules.check_plan("区规划", "门政发〔2025〕8号", date(2025, 3, 1), None, today)
    rules.check_plan("区规划", None, today, "https://example.org/plan", today)
    for title, number, on, url in (
        ("", "门政发〔2025〕8号", date(2025, 3, 1), None),
        ("区规划", None, date(2025, 3, 1), None),
        ("区规划", "门政发〔2025〕8号", None, None),
        ("区规划", "门政发〔2025〕8号", date(2026, 12, 2), None),
    ):
        with pytest.raises(NoPublishedPlan) as refused:
            rules.check_plan(title, number, on, url, today)
        assert refused.value.clause == rules.PLAN_MUST_BE_PUBLISHED


def test_missing_materials_are_asked_for_in_time_and_not_twice() -> None:
    day = date(2026, 12, 8)
    rules.check_notice(day, day, ["STAFF_LIST"], [])
    with pytest.raises(MaterialsAskedOnce, match="即为受理"):
        rules.check_notice(day + timedelta(days=1), day, ["STAFF_LIST"], [])
    with pytest.raises(MaterialsAskedOnce) as twice:
        rules.check_notice(day, day, ["STAFF_LIST"], ["STAFF_LIST"])
    assert twice.value.clause == rules.SUBMITTED_ONCE
    with pytest.raises(Invalid):
        rules.check_notice(day, day, [], [])


@pytest.mark.parametrize("months", [None, 0, 7])
def test_a_suspension_lasts_one_to_six_months(months: int | None) -> None:
    with pytest.raises(Invalid, match="1 到 6 个月"):
        rules.check_suspension(months, 1, 6, None)
    assert rules.check_suspension(1, 1, 6, None) == 1
    assert rules.check_suspension(6, 1, 6, None) == 6


@given(st.dates(date(2024, 1, 1), date(2030, 12, 31)), st.integers(1, 36))
def test_cycles_follow_each_other_without_a_gap(start: date, months: int) -> None:
    from_on, until = rules.next_cycle(start, months)
    assert from_on == start < until
    assert rules.next_cycle(until, months)[0] == until
    assert rules.cycle_words(from_on, until) == f"{start}/{until - timedelta(days=1)}"


@pytest.mark.parametrize("subjects", [[], ["全科"] * 2, [""], ["长" * 51], [f"科目{n}" for n in range(61)]])
def test_subjects_of_practice_are_some_and_each_once(subjects: list[str]) -> None:
    with pytest.raises(Invalid):
        rules.check_subjects(subjects)


def test_limits_without_any_pack_are_not_made_up() -> None:
    nothing = Limits(date(2026, 12, 1), None, None, None, None)
    for ask in (nothing.required, lambda: nothing.days("setup_decision_days"), nothing.suspension):
        with pytest.raises(Exception, match="政策") as refused:
            ask()
        assert refused.value.code == "POLICY_NOT_ENABLED"  # type: ignore[attr-defined]
