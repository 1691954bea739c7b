"""Who may grant what, and what a membership looks like: pure rules."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.districts.model import AuthorityKind
from server.identity import rules
from server.identity.model import Membership
from server.kit.actor import MUNICIPALITY, Role
from server.kit.errors import Conflict, Invalid, NotAllowed
from server.kit.ids import stable_id

TODAY = date(2026, 11, 22)
DAYS = st.integers(-400, 400).map(lambda days: TODAY + timedelta(days=days))


def membership(role: Role = Role.EXPERT, **given: object) -> Membership:
    fields = {"subject": "s", "name": "张三", "role": role, "from_on": TODAY} | given
    return Membership(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.PUBLIC])
def test_each_role_has_one_kind_of_place(role: Role) -> None:
    here, there = (MUNICIPALITY, 5) if role in rules.MUNICIPAL else (5, MUNICIPALITY)
    rules.check_place(role, here)
    with pytest.raises(Invalid) as refused:
        rules.check_place(role, there)
    assert refused.value.path == ("input", "role")


def test_the_public_role_is_nobodys_to_grant() -> None:
    with pytest.raises(Invalid):
        rules.check_place(Role.PUBLIC, 5)


@pytest.mark.parametrize("role", rules.GRANTED_BY)
def test_a_role_is_granted_by_those_who_may_and_by_nobody_else(role: Role) -> None:
    for held in Role:
        for vacant in (True, False):
            allowed = held in rules.GRANTED_BY[role]
            if allowed:
                rules.check_grantor(role, frozenset({held}), operator=False, vacant=vacant)
            else:
                with pytest.raises(NotAllowed):
                    rules.check_grantor(role, frozenset({held}), operator=False, vacant=vacant)


@pytest.mark.parametrize("role", rules.GRANTED_BY)
def test_the_operator_grants_the_first_of_those_who_grant_and_nothing_else(role: Role) -> None:
    first = role in {Role.DISTRICT_ADMINISTRATOR, Role.MUNICIPAL_HEALTH_OFFICER, Role.MUNICIPAL_INSURANCE_OFFICER}
    if first:
        rules.check_grantor(role, frozenset(), operator=True, vacant=True)
    with pytest.raises(NotAllowed):
        rules.check_grantor(role, frozenset(), operator=True, vacant=not first)


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (membership(subject=""), "subject"),
        (membership(subject="s" * 256), "subject"),
        (membership(subject=" s"), "subject"),
        (membership(subject="s\u3000"), "subject"),
        (membership(subject="s\x00t"), "subject"),
        (membership(subject="s\u200bt"), "subject"),
        (membership(name=""), "name"),
        (membership(name="长" * 51), "name"),
        (membership(name="张\n三"), "name"),
        (membership(Role.DEPARTMENT_OFFICER), "department"),
        (membership(department=AuthorityKind.CIVIL_AFFAIRS), "department"),
        (membership(Role.INSTITUTION_STAFF), "institution"),
        (membership(Role.DISTRICT_OFFICER, institution_id=stable_id("x")), "institution"),
        (membership(from_on=TODAY - timedelta(days=1)), "fromOn"),
        (membership(until=TODAY), "until"),
        (membership(from_on=TODAY + timedelta(days=9), until=TODAY + timedelta(days=9)), "until"),
    ],
)
def test_what_does_not_fit_names_its_field(wanted: Membership, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.checked(wanted, TODAY)
    assert refused.value.path == ("input", field)


def test_what_fits_is_kept_as_it_is_but_for_blanks_around_the_name() -> None:
    wanted = membership(
        Role.DEPARTMENT_OFFICER, name=" 李四 ", department=AuthorityKind.CIVIL_AFFAIRS, until=TODAY + timedelta(days=1)
    )
    kept = rules.checked(wanted, TODAY)
    assert kept.name == "李四"
    assert (kept.subject, kept.role, kept.department) == ("s", Role.DEPARTMENT_OFFICER, AuthorityKind.CIVIL_AFFAIRS)
    assert (kept.from_on, kept.until) == (wanted.from_on, wanted.until)


@given(from_on=DAYS, length=st.none() | st.integers(1, 300), wanted=DAYS)
def test_revoking_only_ever_takes_days_that_are_still_to_come(from_on: date, length: int | None, wanted: date) -> None:
    until = None if length is None else from_on + timedelta(days=length)
    ended = until is not None and until <= TODAY
    try:
        end = rules.end_of(from_on, until, wanted, TODAY)
    except Conflict:
        assert ended
    except Invalid:
        assert not ended
        assert wanted < TODAY or (until is not None and wanted >= until)
    else:
        assert not ended
        assert from_on <= end
        assert until is None or end < until or end == from_on
        # Days that have been, and those before the wanted end, keep their rights; none from the wanted end on does.
        assert end == max(wanted, from_on)
