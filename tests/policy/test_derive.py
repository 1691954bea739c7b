"""Facts from dated events: as of a day, as known at an instant, with their sources."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.kit.clock import BEIJING
from server.policy.catalogue import Catalogue
from server.policy.derive import DERIVATIONS, derive_facts
from server.policy.events import ATTRIBUTES, Event, EventKind, History
from server.policy.model import PolicyVersion
from server.policy.terms import FactScope, Flag, Kind
from server.policy.vocabulary import FACTS, in_scope

ALL = frozenset(EventKind)
START = date(2026, 1, 1)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=BEIJING)


def card(name: str, issued: date, **more: Any) -> Event:
    decision = more.pop("decision", name)
    return Event(
        name,
        EventKind.YELLOW_CARD,
        more.pop("occurred_on", issued),
        at(more.pop("recorded_on", issued)),
        issued,
        attributes={"issued_on": issued, "decision": decision},
        **more,
    )


@pytest.fixture(scope="module")
def version(catalogue: Catalogue) -> PolicyVersion:
    pack = catalogue.find("fengtai", Kind.EXIT)
    assert pack is not None
    return pack.versions[0]


def cards_on(version: PolicyVersion, events: list[Event], as_of: date, known: date | None = None) -> Any:
    facts = derive_facts(
        History("机构", tuple(events), ALL),
        version,
        as_of=as_of,
        known_at=at(known or as_of) + timedelta(hours=11),
        count_from=START,
        names=["yellow_cards_in_window"],
    )
    return facts.known["yellow_cards_in_window"]


def test_every_declared_fact_can_be_derived() -> None:
    claimed = {"operator_kind", "operating_nature", "institution_kind", "application_route"}
    derived = set(DERIVATIONS) | claimed | {name for name, spec in FACTS.items() if spec.determined}
    assert derived == set(FACTS)


def test_labels_are_unambiguous_because_cases_are_written_with_them() -> None:
    assert len({spec.label for spec in FACTS.values()}) == len(FACTS)
    assert len({kind.label for kind in EventKind}) == len(EventKind)
    assert len({flag.label for flag in Flag}) == len(Flag)
    for specs in ATTRIBUTES.values():
        assert len({spec.label for spec in specs}) == len(specs)


def test_a_fact_carries_the_events_it_comes_from_and_until_when_they_count(version: PolicyVersion) -> None:
    fact = cards_on(version, [card("甲", date(2027, 3, 10)), card("乙", date(2027, 9, 1))], date(2027, 10, 1))
    assert fact.value == 2
    assert [(s.event_id, s.counts_until) for s in fact.sources] == [
        ("甲", date(2028, 3, 11)),
        ("乙", date(2028, 9, 2)),
    ]


def test_what_was_not_yet_known_does_not_count_then_and_does_later(version: PolicyVersion) -> None:
    late = card("甲", date(2027, 3, 10), recorded_on=date(2027, 5, 1))
    assert cards_on(version, [late], date(2027, 3, 20)).value == 0
    assert cards_on(version, [late], date(2027, 3, 20), known=date(2027, 5, 1)).value == 1


def test_an_annulled_card_counts_as_long_as_nobody_knew(version: PolicyVersion) -> None:
    voided = card("甲", date(2027, 3, 10), annulled_at=at(date(2027, 6, 1)))
    assert cards_on(version, [voided], date(2027, 3, 20)).value == 1
    assert cards_on(version, [voided], date(2027, 3, 20), known=date(2027, 6, 2)).value == 0


def test_a_card_without_its_anchor_day_leaves_the_count_open(version: PolicyVersion) -> None:
    event = Event("甲", EventKind.YELLOW_CARD, date(2027, 3, 1), at(date(2027, 3, 1)))
    facts = derive_facts(
        History("机构", (event,), ALL), version, as_of=date(2027, 4, 1), known_at=at(date(2027, 4, 1)), count_from=START
    )
    assert "发出之日" in facts.missing["yellow_cards_in_window"].reason


def test_a_register_nobody_consulted_is_missing_not_empty(version: PolicyVersion) -> None:
    history = History("机构", (), ALL - {EventKind.YELLOW_CARD})
    facts = derive_facts(history, version, as_of=START, known_at=at(START), count_from=START)
    assert "黄牌警告" in facts.missing["yellow_cards_in_window"].reason
    assert facts.known["consecutive_failed_cycles"].value == 0


def test_a_fact_whose_window_is_not_said_is_missing(version: PolicyVersion) -> None:
    facts = derive_facts(History("机构", (), ALL), version, as_of=START, known_at=at(START), count_from=START)
    assert "points_cycle" in facts.missing["practice_points_in_cycle"].reason


def test_every_fact_of_the_scope_is_known_or_missing_and_of_its_type(version: PolicyVersion) -> None:
    facts = derive_facts(History("机构", (), ALL), version, as_of=START, known_at=at(START), count_from=START)
    names = set(in_scope(FactScope.INSTITUTION))
    assert set(facts.known) | set(facts.missing) == names
    assert not set(facts.known) & set(facts.missing)


def test_a_confirmation_that_rests_on_a_record_does_not_overrule_it(catalogue: Catalogue) -> None:
    pack = catalogue.find("fengtai", Kind.NEGATIVE_LIST)
    assert pack is not None
    day = date(2026, 9, 1)
    attributes = {"item": "NL-6", "basis": "事故"}
    finding = Event("认定", EventKind.NEGATIVE_FINDING, day, at(day), day, attributes=attributes)
    free = replace(finding, id="认定2", attributes={"item": "NL-6"})
    for event, items in ((finding, ()), (free, ("NL-6",))):
        facts = derive_facts(
            History("机构", (event,), ALL), pack.versions[0], as_of=day, known_at=at(day), count_from=START
        )
        assert facts.known["confirmed_items"].value == items


def test_one_finding_is_judged_by_its_own_events_and_counts_by_all(catalogue: Catalogue) -> None:
    pack = catalogue.find("fengtai", Kind.NEGATIVE_LIST)
    assert pack is not None
    day = date(2026, 9, 1)
    events = (
        Event("旧事故", EventKind.MALPRACTICE, day, at(day), day, attributes={"grade": 1}),
        Event("新事故", EventKind.MALPRACTICE, day, at(day), day, attributes={"grade": 4}),
        Event("处罚", EventKind.SAFETY_PENALTY, day, at(day), day),
    )
    history = History("机构", events, ALL)
    common: dict[str, Any] = {"as_of": day, "known_at": at(day), "count_from": START}
    everything = derive_facts(history, pack.versions[0], **common)
    one = derive_facts(history, pack.versions[0], occurrence=["新事故"], **common)
    assert everything.known["malpractice_grade"].value == 1
    assert one.known["malpractice_grade"].value == 4
    assert one.known["safety_penalties_in_window"].value == 1


DAYS = st.dates(min_value=date(2026, 1, 1), max_value=date(2029, 12, 31))


@given(st.lists(st.tuples(DAYS, DAYS), max_size=8), DAYS, st.randoms())
def test_the_order_of_events_makes_no_difference(
    version: PolicyVersion, dates: list[tuple[date, date]], as_of: date, random: Any
) -> None:
    events = [card(f"{n}", max(pair), occurred_on=min(pair)) for n, pair in enumerate(dates)]
    shuffled = events.copy()
    random.shuffle(shuffled)
    first, second = cards_on(version, events, as_of), cards_on(version, shuffled, as_of)
    assert first.value == second.value
    assert set(first.sources) == set(second.sources)


@given(st.lists(DAYS, max_size=8), DAYS)
def test_cards_count_exactly_on_the_days_they_say(version: PolicyVersion, issued: list[date], as_of: date) -> None:
    fact = cards_on(version, [card(str(n), day) for n, day in enumerate(issued)], as_of)
    by_hand = 0
    for day in issued:
        try:
            last = day.replace(year=day.year + 1)
        except ValueError:  # 29 February
            last = date(day.year + 1, 2, 28)
        by_hand += day <= as_of <= last
    assert fact.value == by_hand
