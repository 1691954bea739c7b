"""Which version judges (A-X-2)."""

from datetime import date, datetime
from typing import Any

import pytest

from server.kit.clock import BEIJING
from server.policy.amend import NewValue, amend
from server.policy.catalogue import Catalogue
from server.policy.events import Event, EventKind, History
from server.policy.judge import Book
from server.policy.model import PolicyVersion
from server.policy.replay import replay
from server.policy.terms import Effect, Kind, Outcome, Truth
from server.policy.timeline import succeed

ALL = frozenset(EventKind)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=BEIJING)


def card(name: str, day: date) -> Event:
    return Event(name, EventKind.YELLOW_CARD, day, at(day), day, attributes={"issued_on": day, "decision": name})


@pytest.fixture(scope="module")
def first(catalogue: Catalogue) -> PolicyVersion:
    pack = catalogue.find("fengtai", Kind.EXIT)
    assert pack is not None
    return pack.versions[0]


def cards_decision(book: Book, events: list[Event], as_of: date) -> Any:
    decisions = book.standing(History("机构", tuple(events), ALL), as_of=as_of, known_at=at(as_of))
    return next(decision for decision in decisions if decision.rule == "FT-2-4-5-CARDS")


@pytest.fixture(scope="module")
def stricter(catalogue: Catalogue, first: PolicyVersion) -> Book:
    """From 2027-07-01 on, one card is enough."""
    second = amend(first, number=2, effective_from=date(2027, 7, 1), parameters=[NewValue("cards_to_transform", "1")])
    return Book(succeed([first], second), catalogue.register)


def test_a_stricter_version_does_not_reach_back(stricter: Book) -> None:
    decision = cards_decision(stricter, [card("甲", date(2027, 6, 30))], date(2027, 8, 1))
    assert (decision.policy_version, decision.outcome) == (1, Outcome.NOT_FIRED)
    decision = cards_decision(stricter, [card("甲", date(2027, 7, 1))], date(2027, 8, 1))
    assert (decision.policy_version, decision.outcome) == (2, Outcome.FIRED)


def test_an_aggregate_is_judged_when_its_last_event_was_decided(stricter: Book) -> None:
    both = [card("甲", date(2027, 3, 1)), card("乙", date(2027, 6, 30))]
    decision = cards_decision(stricter, both, date(2027, 8, 1))
    assert (decision.policy_version, decision.outcome) == (1, Outcome.FIRED)
    decision = cards_decision(stricter, [*both, card("丙", date(2027, 7, 2))], date(2027, 8, 1))
    assert (decision.policy_version, decision.outcome) == (2, Outcome.FIRED)


def test_nothing_happened_is_judged_by_the_version_of_the_day(stricter: Book) -> None:
    assert cards_decision(stricter, [], date(2027, 6, 30)).policy_version == 1
    assert cards_decision(stricter, [], date(2027, 7, 1)).policy_version == 2


def test_a_rule_that_did_not_exist_yet_does_not_judge_what_was_before(
    catalogue: Catalogue, first: PolicyVersion
) -> None:
    from dataclasses import replace

    without = replace(first, rules=tuple(rule for rule in first.rules if rule.code != "FT-2-4-5-CARDS"))
    second = replace(first, number=2, effective_from=date(2027, 7, 1))
    book = Book(succeed([without], second), catalogue.register)
    before = [card("甲", date(2027, 3, 1)), card("乙", date(2027, 6, 30))]
    decision = cards_decision(book, before, date(2027, 8, 1))
    assert decision.outcome is Outcome.NOT_FIRED
    assert decision.effects == (Effect.NO_ACTION,)
    assert decision.explanation[0].outcome is Truth.NOT_MET
    assert "不溯及既往" in decision.explanation[-1].label
    assert replay(decision.record(), book.compiled(second)).same
    decision = cards_decision(book, [*before, card("丙", date(2027, 7, 2))], date(2027, 8, 1))
    assert decision.outcome is Outcome.FIRED


def test_what_happened_while_no_version_was_in_force_is_not_judged(catalogue: Catalogue, first: PolicyVersion) -> None:
    from dataclasses import replace

    ended = replace(first, effective_until=date(2027, 1, 1))
    again = replace(first, number=2, effective_from=date(2027, 7, 1))
    book = Book([ended, again], catalogue.register)
    between = [card("甲", date(2027, 3, 1)), card("乙", date(2027, 4, 1))]
    decision = cards_decision(book, between, date(2027, 8, 1))
    assert decision.outcome is Outcome.NOT_FIRED
    assert decision.explanation[-1].label == "有关事实发生时没有施行中的版本，不予判定"


def test_events_before_the_pack_began_never_count_not_even_under_a_later_version(stricter: Book) -> None:
    decision = cards_decision(stricter, [card("甲", date(2025, 12, 31))], date(2026, 2, 1))
    assert decision.facts[0].value == 0


def test_no_version_in_force_proposes_nothing(catalogue: Catalogue) -> None:
    pack = catalogue.find("mentougou", Kind.EXIT)
    assert pack is not None
    book = Book(pack.versions, catalogue.register)
    history = History("机构", (), ALL)
    counts = {
        day: len(book.standing(history, as_of=day, known_at=at(day)))
        for day in (date(2026, 4, 1), date(2026, 4, 2), date(2029, 4, 1), date(2029, 4, 2))
    }
    assert list(counts.values()) == [0, 10, 10, 0]


def test_a_finding_is_judged_by_the_version_of_its_own_day(catalogue: Catalogue) -> None:
    pack = catalogue.find("fengtai", Kind.NEGATIVE_LIST)
    assert pack is not None
    first = pack.versions[0]
    second = amend(
        first, number=2, effective_from=date(2027, 1, 1), parameters=[NewValue("malpractice_max_grade", "4")]
    )
    book = Book(succeed([first], second), catalogue.register)
    outcomes = {}
    for day in (date(2026, 12, 31), date(2027, 1, 1), date(2025, 12, 31)):
        event = Event("事故", EventKind.MALPRACTICE, day, at(day), date(2027, 2, 1), attributes={"grade": 4})
        decisions = book.finding(
            History("机构", (event,), ALL), occurrence=["事故"], as_of=date(2027, 2, 1), known_at=at(date(2027, 2, 1))
        )
        outcomes[day] = next((d.outcome for d in decisions if d.item == "NL-6"), None)
    assert list(outcomes.values()) == [Outcome.NOT_FIRED, Outcome.FIRED, None]


def test_the_contracts_finding_earns_a_card(catalogue: Catalogue) -> None:
    pack = catalogue.find("fengtai", Kind.NEGATIVE_LIST)
    assert pack is not None
    confirmed = date(2026, 9, 20)
    event = Event(
        "认定", EventKind.NEGATIVE_FINDING, date(2026, 9, 1), at(confirmed), confirmed, attributes={"item": "NL-6"}
    )
    decisions = Book(pack.versions, catalogue.register).finding(
        History("机构", (event,), ALL), occurrence=["认定"], as_of=confirmed, known_at=at(confirmed)
    )
    assert [(d.item, d.effect) for d in decisions if d.outcome is Outcome.FIRED] == [("NL-6", Effect.ISSUE_CARD)]
    rule = pack.versions[0].find_item("NL-6")
    assert rule is not None
    clause = catalogue.register.find(rule.cites[0])
    assert clause is not None
    assert clause.text == "6.发生三级及以上医疗事故的；"


def test_a_finding_without_its_events_is_our_mistake(catalogue: Catalogue, stricter: Book) -> None:
    with pytest.raises(ValueError, match="no event"):
        stricter.finding(
            History("机构", (), ALL), occurrence=["无"], as_of=date(2027, 1, 1), known_at=at(date(2027, 1, 1))
        )


def test_an_application_is_judged_by_the_version_of_the_day_it_was_submitted(catalogue: Catalogue) -> None:
    pack = catalogue.find("mentougou", Kind.ADMISSION)
    assert pack is not None
    first = pack.versions[0]
    second = amend(
        first,
        number=2,
        effective_from=date(2027, 1, 1),
        parameters=[NewValue("eligible_operator_kinds", "NON_GOV_ENTERPRISE")],
    )
    book = Book(succeed([first], second), catalogue.register)
    declared = Event(
        "申报",
        EventKind.DECLARATION,
        date(2026, 12, 31),
        at(date(2026, 12, 31)),
        attributes={"fact": "operator_kind", "value": "INDIVIDUAL"},
    )
    as_of = date(2027, 2, 1)
    for submitted, expected in ((date(2026, 12, 31), Outcome.NOT_FIRED), (date(2027, 1, 1), Outcome.FIRED)):
        decisions = book.application(
            History("申报", (declared,), ALL), submitted_on=submitted, as_of=as_of, known_at=at(as_of)
        )
        assert next(d.outcome for d in decisions if d.rule == "MTG-2-1") is expected
    assert (
        book.application(History("申报", (), ALL), submitted_on=date(2026, 4, 1), as_of=as_of, known_at=at(as_of)) == ()
    )
