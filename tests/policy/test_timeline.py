"""Versions in time."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.policy.catalogue import Catalogue
from server.policy.model import PolicyVersion
from server.policy.problems import errors_in
from server.policy.terms import Kind, Status
from server.policy.timeline import (
    check_numbers,
    check_succession,
    count_from,
    in_force,
    status_on,
    succeed,
    version_for,
)

D = date


def version(number: int, start: date | None, end: date | None = None) -> PolicyVersion:
    return PolicyVersion("P", Kind.EXIT, "x", "题", number, start, end)


def test_a_period_is_half_open(catalogue: Catalogue) -> None:
    pack = catalogue.find("mentougou", Kind.EXIT)
    assert pack is not None
    held = {day: in_force(pack.versions, day) is not None for day in
            (D(2026, 4, 1), D(2026, 4, 2), D(2029, 4, 1), D(2029, 4, 2))}  # fmt: skip
    assert list(held.values()) == [False, True, True, False]


def test_one_districts_plan_has_no_end_and_holds_the_day_of_the_contracts_finding(catalogue: Catalogue) -> None:
    pack = catalogue.find("fengtai", Kind.NEGATIVE_LIST)
    assert pack is not None
    assert in_force(pack.versions, D(2025, 12, 31)) is None
    assert in_force(pack.versions, D(2026, 9, 1)) is not None
    assert in_force(pack.versions, D(2040, 1, 1)) is not None


def test_a_successor_shortens_its_predecessor() -> None:
    first, second = version(1, D(2026, 1, 1)), version(2, D(2027, 7, 1))
    assert check_succession([first], second, today=D(2027, 6, 1)) == ()
    published = succeed([first], second)
    assert [v.period.until for v in published] == [D(2027, 7, 1), None]
    assert in_force(published, D(2027, 6, 30)) == published[0]
    assert in_force(published, D(2027, 7, 1)) == second
    assert published[0].digest == first.digest


def codes(published: list[PolicyVersion], draft: PolicyVersion, today: date, erratum: bool = False) -> list[str]:
    return [problem.code for problem in check_succession(published, draft, today=today, erratum=erratum)]


def test_a_back_dated_version_is_refused_except_as_an_erratum() -> None:
    published = [version(1, D(2026, 1, 1))]
    assert codes(published, version(2, D(2026, 6, 1)), D(2026, 6, 2)) == ["BACK_DATED"]
    assert codes(published, version(2, D(2026, 6, 2)), D(2026, 6, 2)) == []
    assert codes(published, version(2, D(2026, 6, 1)), D(2026, 6, 2), erratum=True) == []


def test_an_erratum_may_take_the_place_of_the_version_it_corrects() -> None:
    wrong, right = version(1, D(2026, 1, 1)), version(2, D(2026, 1, 1))
    assert codes([wrong], right, D(2026, 3, 1), erratum=True) == []
    assert in_force(succeed([wrong], right), D(2026, 2, 1)) == right


def test_a_version_that_overlaps_a_later_one_is_refused() -> None:
    published = [version(1, D(2026, 1, 1)), version(2, D(2028, 1, 1))]
    assert codes(published, version(3, D(2027, 1, 1)), D(2026, 6, 1)) == ["OVERLAP"]
    assert codes(published, version(3, D(2028, 1, 1)), D(2026, 6, 1)) == ["OVERLAP"]
    fits = version(3, D(2027, 1, 1), D(2028, 1, 1))
    assert errors_in(check_succession(published, fits, today=D(2026, 6, 1))) == ()


def test_a_draft_without_its_first_day_cannot_follow() -> None:
    (problem,) = check_succession([], version(1, None), today=D(2026, 1, 1))
    assert problem.code == "EFFECTIVE_FROM_REQUIRED"
    assert problem.path == ("effective", "from")


def test_a_draft_that_ends_before_its_predecessor_would_is_a_warning() -> None:
    draft = version(2, D(2027, 1, 1), D(2028, 1, 1))
    assert codes([version(1, D(2026, 1, 1))], draft, D(2026, 6, 1)) == ["GAP_AHEAD"]
    assert (
        codes([version(1, D(2026, 1, 1))], version(2, D(2027, 1, 1), D(2026, 1, 1)), D(2026, 6, 1))[0] == "EMPTY_PERIOD"
    )


def test_status_follows_from_the_dates() -> None:
    first = version(1, D(2026, 4, 2), D(2029, 4, 2))
    assert status_on(first, Status.PUBLISHED, D(2026, 4, 1)) is Status.PUBLISHED
    assert status_on(first, Status.PUBLISHED, D(2026, 4, 2)) is Status.IN_FORCE
    assert status_on(first, Status.PUBLISHED, D(2029, 4, 2)) is Status.EXPIRED
    assert status_on(first.shortened(D(2027, 1, 1)), Status.PUBLISHED, D(2027, 1, 1)) is Status.SUPERSEDED
    assert status_on(first, Status.DRAFT, D(2027, 1, 1)) is Status.DRAFT
    assert status_on(first, Status.WITHDRAWN, D(2027, 1, 1)) is Status.WITHDRAWN


def test_a_finding_is_judged_by_its_own_day_and_an_aggregate_by_its_last_decision() -> None:
    first, second = succeed([version(1, D(2026, 1, 1))], version(2, D(2027, 7, 1)))
    both, today = [first, second], D(2027, 8, 1)
    assert version_for(both, occurred_on=D(2027, 6, 30), as_of=today) == first
    assert version_for(both, occurred_on=D(2027, 7, 1), as_of=today) == second
    assert version_for(both, last_decided_on=D(2027, 6, 30), as_of=today) == first
    assert version_for(both, as_of=today) == second
    assert version_for(both, occurred_on=D(2025, 12, 31), as_of=today) is None
    with pytest.raises(ValueError, match="either"):
        version_for(both, occurred_on=today, last_decided_on=today, as_of=today)


def test_events_count_from_the_packs_first_day_in_every_version() -> None:
    first, second = version(1, D(2026, 1, 1)), version(2, D(2027, 7, 1))
    assert count_from([first, second], second) == D(2026, 1, 1)
    assert count_from([], second) == D(2027, 7, 1)


DAY = st.dates(min_value=date(2026, 1, 1), max_value=date(2028, 12, 31))
DRAFT = st.tuples(DAY, st.none() | st.integers(-5, 400), DAY, st.booleans())


@given(st.lists(DRAFT, max_size=8))
def test_whatever_is_published_one_after_another_never_overlaps(
    drafts: list[tuple[date, int | None, date, bool]],
) -> None:
    published: tuple[PolicyVersion, ...] = ()
    for number, (start, length, today, erratum) in enumerate(drafts, 1):
        draft = version(number, start, None if length is None else start + timedelta(days=length))
        if not errors_in(check_succession(published, draft, today=today, erratum=erratum)):
            published = succeed(published, draft)
    assert [p.code for p in check_numbers(published)] == []
    for offset in range(0, 1200, 7):
        on = date(2026, 1, 1) + timedelta(days=offset)
        assert sum(on in v.period for v in published) <= 1
