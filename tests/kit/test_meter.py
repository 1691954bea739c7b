"""Token buckets: what flows back, who pays for whom, and that nobody is refused who keeps to the rate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.kit.actor import Actor, Grant, Role
from server.kit.meter import REQUEST, Meter, Rate

RATES = {role: Rate(6_000, 2_000) for role in Role} | {Role.DISTRICT_OFFICER: Rate(60_000, 20_000)}


class Seconds:
    """A clock that stands still until a test moves it."""

    at = 0.0

    def __call__(self) -> float:
        return self.at


def person(subject: str, tenant: int = 1, *roles: Role) -> Actor:
    return Actor(subject, subject, tuple(Grant(tenant, role) for role in roles or (Role.EXPERT,)))


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


ENDLESS = Rate(10**9, 10**9)


def meter(seconds: Seconds, together: Rate = ENDLESS) -> Meter:
    return Meter(RATES, together, elapsed=seconds)


def test_what_is_spent_flows_back(seconds: Seconds) -> None:
    one = meter(seconds)
    assert one.spend(person("a"), "", 1_990) == (0, 0)
    assert one.spend(person("a"), "", 90).wait_s == 1
    seconds.at = 1.0
    assert one.spend(person("a"), "", 90) == (0, 0)
    seconds.at = 1000.0
    assert one.spend(person("a"), "", 0) == (0, 2_000 - REQUEST)


def test_a_refusal_takes_nothing(seconds: Seconds) -> None:
    one = meter(seconds)
    one.spend(person("a"), "", 1_500)
    for _ in range(100):
        assert one.spend(person("a"), "", 1_500).wait_s > 0
    assert one.spend(person("a"), "", 400).wait_s == 0


def test_of_several_roles_the_most_generous_counts(seconds: Seconds) -> None:
    one = meter(seconds)
    assert one.spend(person("a", 1, Role.EXPERT, Role.DISTRICT_OFFICER), "", 19_000).wait_s == 0
    assert one.spend(person("b", 1, Role.EXPERT), "", 19_000).wait_s == 0  # beyond the bucket: a full one is enough
    assert one.spend(person("b", 1, Role.EXPERT), "", 0).wait_s > 100  # and the debt is paid first


def test_people_of_a_district_share_a_bucket_and_no_other_district_pays(seconds: Seconds) -> None:
    one = meter(seconds, Rate(6_000, 6_000))
    for n in range(3):
        assert one.spend(person(f"a{n}"), "", 1_990).wait_s == 0
    assert one.spend(person("another of the same"), "", 90).wait_s > 0
    assert one.spend(person("of the next", 2), "", 90).wait_s == 0
    assert one.spend(None, "192.0.2.1", 90).wait_s == 0


def test_callers_without_a_token_are_told_apart_by_address(seconds: Seconds) -> None:
    one = meter(seconds)
    assert one.spend(None, "192.0.2.1", 1_990).wait_s == 0
    assert one.spend(None, "192.0.2.1", 1_990).wait_s > 0
    assert one.spend(None, "192.0.2.2", 1_990).wait_s == 0


@given(st.lists(st.tuples(st.floats(0, 30), st.integers(0, 3_000)), max_size=60))
def test_never_more_than_the_burst_and_what_flowed_back(asked: list[tuple[float, int]]) -> None:
    seconds = Seconds()
    one, spent = meter(seconds), 0
    for pause, cost in asked:
        seconds.at += pause
        told = one.spend(person("a"), "", cost)
        if told.wait_s:
            # Whoever waits as long as they are told, and asks for nothing else, is let through.
            seconds.at += told.wait_s
            assert one.spend(person("a"), "", cost).wait_s == 0
        spent += cost + REQUEST
        assert spent <= 2_000 + seconds.at * 100 + 3_000 + REQUEST


@pytest.mark.parametrize("values", [(0, 1), (1, 0)])
def test_a_rate_that_lets_nothing_through_is_refused(values: tuple[int, int]) -> None:
    with pytest.raises(ValueError):
        Rate(*values)
