"""State machines of gaps and agreements, and what is a breach."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.kit.clause import Clause
from server.kit.errors import Conflict, Invalid
from server.sites import rules
from server.sites.model import AGREEMENT_NEXT, GAP_NEXT, PUBLISHABLE, AgreementStatus, GapStatus, OwnerKind

ARTICLE_18 = Clause("measures", "第十八条")
DAYS = st.dates(date(2026, 1, 1), date(2032, 1, 1))


def reachable(start: GapStatus) -> set[GapStatus]:
    found, new = {start}, {start}
    while new:
        new = {after for one in new for after in GAP_NEXT[one]} - found
        found |= new
    return found


def test_every_status_of_a_gap_is_reached_and_only_two_are_final() -> None:
    assert GAP_NEXT.keys() == set(GapStatus)
    assert reachable(GapStatus.IDENTIFIED) == set(GapStatus)
    assert {one for one, after in GAP_NEXT.items() if not after} == {GapStatus.WITHDRAWN}


def test_whatever_was_published_can_be_opened_again_and_then_published() -> None:
    for one in reachable(GapStatus.PUBLISHED) - {GapStatus.WITHDRAWN, GapStatus.REOPENED}:
        assert GapStatus.REOPENED in GAP_NEXT[one]
    assert {one for one, after in GAP_NEXT.items() if GapStatus.PUBLISHED in after} == PUBLISHABLE


@given(st.sampled_from(GapStatus), st.sampled_from(GapStatus))
def test_a_step_outside_the_machine_is_refused_with_the_clause(status: GapStatus, to: GapStatus) -> None:
    if to in GAP_NEXT[status]:
        rules.check_gap_step("甲", status, to, clause=ARTICLE_18, path=())
    else:
        with pytest.raises(Conflict) as refused:
            rules.check_gap_step("甲", status, to, clause=ARTICLE_18, path=())
        assert refused.value.clause == ARTICLE_18


@given(st.sampled_from(AgreementStatus), st.sampled_from(AgreementStatus))
def test_an_agreement_keeps_to_its_machine(status: AgreementStatus, to: AgreementStatus) -> None:
    allowed = to in AGREEMENT_NEXT[status]
    assert not (allowed and status in (AgreementStatus.EXPIRED, AgreementStatus.TERMINATED))
    if not allowed:
        with pytest.raises(Conflict):
            rules.check_agreement_step(status, to, clause=ARTICLE_18)
    else:
        rules.check_agreement_step(status, to, clause=ARTICLE_18)


@given(st.sampled_from(OwnerKind), DAYS, DAYS, DAYS)
def test_only_a_use_of_entrusted_premises_in_their_time_is_a_breach(
    owner: OwnerKind, in_force: date, occurred: date, found: date
) -> None:
    """X-6: a mortgage of the operator's own property is none, whenever it was."""
    sound = owner is not OwnerKind.OPERATOR and in_force <= occurred <= found
    if sound:
        rules.check_breach(owner, in_force, occurred, found, clause=ARTICLE_18)
        return
    with pytest.raises((Conflict, Invalid)) as refused:
        rules.check_breach(owner, in_force, occurred, found, clause=ARTICLE_18)
    if owner is OwnerKind.OPERATOR:
        assert isinstance(refused.value, Conflict)
        assert "自有" in refused.value.message
        assert refused.value.clause == ARTICLE_18


def test_premises_that_were_not_handed_over_cannot_be_misused() -> None:
    with pytest.raises(Invalid, match="尚未交付"):
        rules.check_breach(OwnerKind.GOVERNMENT, None, date(2027, 1, 1), date(2027, 1, 2), clause=ARTICLE_18)


def test_the_operators_own_premises_are_not_entrusted_to_it() -> None:
    with pytest.raises(Conflict, match="自有"):
        rules.check_entrustable(OwnerKind.OPERATOR, clause=ARTICLE_18)
    for one in set(OwnerKind) - {OwnerKind.OPERATOR}:
        rules.check_entrustable(one, clause=ARTICLE_18)


@given(DAYS, st.integers(1, 2000), st.integers(-50, 2500), st.integers(-50, 2500))
def test_opening_lies_within_the_term_and_not_after_the_award(
    start: date, days: int, opening: int, awarded: int
) -> None:
    until, by, latest = start + timedelta(days), start + timedelta(opening), start + timedelta(awarded)
    if 0 <= opening < days and opening <= awarded:
        rules.check_term(start, until, by, latest)
    else:
        with pytest.raises(Invalid) as refused:
            rules.check_term(start, until, by, latest)
        assert refused.value.path == ("input", "openingBy")


def test_a_term_that_is_empty_is_refused() -> None:
    day = date(2027, 1, 1)
    with pytest.raises(Invalid) as refused:
        rules.check_term(day, day, day, day)
    assert refused.value.path == ("input", "termUntil")
