"""Whom a draft touches."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from server.kit.clock import BEIJING
from server.policy.amend import NewValue, amend
from server.policy.catalogue import Catalogue
from server.policy.evaluate import CompiledPolicy, compile_policy
from server.policy.events import Event, EventKind, History
from server.policy.facts import facts_of
from server.policy.simulate import facts_from, simulate
from server.policy.terms import Effect, Kind, Outcome

ON = date(2028, 3, 1)
AT = datetime(2028, 3, 1, 12, tzinfo=BEIJING)


@pytest.fixture(scope="module")
def current(catalogue: Catalogue) -> CompiledPolicy:
    pack = catalogue.find("fengtai", Kind.EXIT)
    assert pack is not None
    return compile_policy(pack.versions[0], catalogue.register)


def draft(catalogue: Catalogue, current: CompiledPolicy, **values: str) -> CompiledPolicy:
    changed = [NewValue(key, value) for key, value in values.items()]
    version = amend(current.version, number=2, effective_from=date(2027, 7, 1), parameters=changed)
    return compile_policy(version, catalogue.register)


def cards(number: int | None) -> dict[str, object]:
    return {
        "yellow_cards_in_window": number,
        "consecutive_failed_cycles": 0,
        "verification_not_qualified": False,
        "revocation_grounds_met": False,
    }


def test_a_higher_threshold_lets_go_of_those_between(catalogue: Catalogue, current: CompiledPolicy) -> None:
    population = [(f"机构{n}", facts_of(ON, AT, **cards(n))) for n in range(5)]
    found = simulate(current, draft(catalogue, current, cards_to_transform="3"), population)
    assert (found.evaluated, found.changed, found.indeterminate) == (5, 1, 0)
    (change,) = found.changes
    assert (change.subject, change.rule) == ("机构2", "FT-2-4-5-CARDS")
    assert (change.before, change.after) == (Outcome.FIRED, Outcome.NOT_FIRED)
    assert (change.before_effect, change.after_effect) == (Effect.GUIDE_TRANSFORMATION, Effect.NO_ACTION)
    assert change.reasons == (
        "参数 cards_to_transform 由 2 改为 3",
        "“计数期内黄牌累计达到规定次数”由满足变为不满足",
    )
    assert dict(found.leaving) == {Effect.GUIDE_TRANSFORMATION: 1}
    assert dict(found.entering) == {}


def test_an_open_rule_under_the_draft_is_counted_and_unchanged(catalogue: Catalogue, current: CompiledPolicy) -> None:
    found = simulate(
        current, draft(catalogue, current, cards_to_transform="3"), [("甲", facts_of(ON, AT, **cards(None)))]
    )
    assert (found.evaluated, found.changed, found.indeterminate) == (1, 0, 1)


def test_another_window_is_derived_anew(catalogue: Catalogue, current: CompiledPolicy) -> None:
    days = (date(2027, 12, 20), date(2028, 2, 1))
    events = tuple(
        Event(str(n), EventKind.YELLOW_CARD, day, AT, day, attributes={"issued_on": day}) for n, day in enumerate(days)
    )
    history = History("甲", events, frozenset(EventKind))
    calendar = draft(catalogue, current, card_window_kind="CALENDAR_YEAR")
    source = facts_from(history, [current.version], current.fact_names, as_of=ON, known_at=AT)
    found = simulate(current, calendar, [("甲", source)])
    (change,) = found.changes
    assert (change.before, change.after) == (Outcome.FIRED, Outcome.NOT_FIRED)
    assert "事实 yellow_cards_in_window 由 2 变为 1" in change.reasons


def test_without_a_version_in_force_the_draft_is_compared_with_nothing(
    catalogue: Catalogue, current: CompiledPolicy
) -> None:
    found = simulate(None, current, [("甲", facts_of(ON, AT, **cards(2))), ("乙", facts_of(ON, AT, **cards(0)))])
    assert [(c.subject, c.before, c.after) for c in found.changes] == [("甲", None, Outcome.FIRED)]
    assert dict(found.entering) == {Effect.GUIDE_TRANSFORMATION: 1}


def test_rules_added_and_removed_show(catalogue: Catalogue, current: CompiledPolicy) -> None:
    version = current.version
    renamed = replace(version.rules[0], code="NEW")
    other = compile_policy(replace(version, rules=(renamed, *version.rules[1:])), catalogue.register)
    found = simulate(current, other, [("甲", facts_of(ON, AT, **cards(2)))])
    assert [(c.rule, c.before, c.after, c.reasons) for c in found.changes] == [
        ("FT-2-4-5-CARDS", Outcome.FIRED, None, ("草案删除本规则",)),
        ("NEW", None, Outcome.FIRED, ("草案新增本规则",)),
    ]


def test_the_same_policy_changes_nobody(current: CompiledPolicy) -> None:
    population = [(str(n), facts_of(ON, AT, **cards(n))) for n in range(4)]
    found = simulate(current, current, population)
    assert (found.changed, found.changes) == (0, ())


def test_another_effect_is_a_change(catalogue: Catalogue, current: CompiledPolicy) -> None:
    version = current.version
    harder = replace(version.rules[0], effects=(Effect.ORDER_EXIT,))
    other = compile_policy(replace(version, rules=(harder, *version.rules[1:])), catalogue.register)
    (change,) = simulate(current, other, [("甲", facts_of(ON, AT, **cards(2)))]).changes
    assert (change.before, change.after) == (Outcome.FIRED, Outcome.FIRED)
    assert (change.before_effect, change.after_effect) == (Effect.GUIDE_TRANSFORMATION, Effect.ORDER_EXIT)
    assert change.reasons == ("效果由引导转型改为责令退出",)
