"""When an exit needs a plan, who may decide, and that no verb leaves the machines."""

from collections.abc import Mapping
from datetime import date
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.exits import model, rules
from server.exits.model import STATUTORY, ReferralStatus
from server.kit.clause import Clause
from server.kit.errors import Conflict, Invalid
from server.kit.terms import Term
from server.licensing.model import EndingGround, EndingStatus, LicenceStatus
from server.policy.terms import Effect
from server.supervision import model as supervision
from server.supervision.rules import check_days, check_step

CLAUSE = Clause("some-document", "第一条")
MACHINES: list[Mapping[Term, frozenset[Term]]] = [
    model.NEXT_OF_EXIT,
    model.NEXT_OF_PLAN,
    model.NEXT_OF_CONVERSION,
    supervision.NEXT_OF_FINDING,
    supervision.NEXT_OF_CARD,
    supervision.NEXT_OF_SIGNAL,
    supervision.NEXT_OF_VISIT,
]


@pytest.mark.parametrize("machine", MACHINES, ids=lambda one: type(next(iter(one))).__name__)
def test_a_machine_knows_every_status_and_reaches_each(machine: Mapping[Term, frozenset[Term]]) -> None:
    kind = type(next(iter(machine)))
    assert set(machine) == set(kind)
    reached, fresh = set(), {next(iter(kind))}
    while fresh:
        reached |= fresh
        fresh = {after for one in fresh for after in machine[one]} - reached
    assert reached == set(kind)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda one: type(next(iter(one))).__name__)
@given(data=st.data())
def test_a_step_is_taken_only_where_the_machine_leads(
    machine: Mapping[Term, frozenset[Term]], data: st.DataObject
) -> None:
    now, to = data.draw(st.sampled_from(list(machine))), data.draw(st.sampled_from(list(machine)))
    if to in machine[now]:
        check_step(machine, now.value, to, of="它")
    else:
        with pytest.raises(Conflict, match=now.label):
            check_step(machine, now.value, to, of="它")


@given(
    effects=st.sets(st.sampled_from(model.DECIDABLE), min_size=1),
    stops=st.booleans(),
)
def test_what_waits_for_a_plan_needs_one_and_a_penalty_never_waits(effects: set[Effect], stops: bool) -> None:
    first, needed = (
        rules.plan_goes_first(effects, service_stops=stops),
        rules.needs_plan(effects, service_stops=stops),
    )
    assert needed or not first
    if Effect.REVOKE_LICENCE in effects:
        assert needed
        assert not first
    elif effects & {Effect.ORDER_EXIT, Effect.CANCEL_LICENCE}:
        assert first
    elif effects <= {Effect.NO_ACTION}:
        assert not needed
    else:
        assert first == stops, "advice and suspension need one only where the service stops"


def test_effects_that_contradict_one_another_are_refused() -> None:
    for effects in ([], [Effect.ELIGIBLE], [Effect.NO_ACTION, Effect.ORDER_EXIT], [Effect.ORDER_EXIT] * 2):
        with pytest.raises(Invalid) as refused:
            rules.check_effects(effects, clause=CLAUSE)
        assert refused.value.clause == CLAUSE
    with pytest.raises(Invalid, match="建议"):
        rules.check_effects([Effect.GUIDE_TRANSFORMATION, Effect.ORDER_EXIT], clause=CLAUSE)


def test_nobody_is_judged_unheard_and_nobody_decides_alone() -> None:
    day = date(2027, 3, 10)
    for today, spoken, heard in ((day, None, False), (day, day, True), (date(2027, 3, 11), None, True)):
        if heard:
            rules.check_heard(statement_on=spoken, statement_by=day, today=today, clause=CLAUSE)
        else:
            with pytest.raises(Conflict, match="陈述申辩期限"):
                rules.check_heard(statement_on=spoken, statement_by=day, today=today, clause=CLAUSE)
    for drafted in (None, "甲"):
        with pytest.raises(Conflict) as refused:
            rules.check_second_person(drafted, "甲", clause=CLAUSE)
        assert refused.value.clause == CLAUSE
    rules.check_second_person("甲", "乙", clause=CLAUSE)


@given(days=st.lists(st.one_of(st.none(), st.dates(date(2026, 1, 1), date(2028, 1, 1))), min_size=1, max_size=4))
def test_days_follow_one_another_and_none_lies_ahead(days: list[date | None]) -> None:
    today = date(2027, 1, 1)
    said = [(f"day{n}", day) for n, day in enumerate(days)]
    known = [day for day in days if day is not None]
    fits = all(a <= b for a, b in combinations(known, 2)) and all(day <= today for day in known)
    if fits:
        check_days(said, today, within=("input",), clause=CLAUSE)
    else:
        with pytest.raises(Invalid) as refused:
            check_days(said, today, within=("input",), clause=CLAUSE)
        assert refused.value.clause == CLAUSE
        assert refused.value.path[0] == "input"


GONE = (LicenceStatus.CANCELLED, LicenceStatus.REVOKED)


@given(st.sampled_from(sorted(STATUTORY)), st.sampled_from(LicenceStatus), st.none() | st.sampled_from(EndingStatus))
def test_a_measure_is_done_by_the_licence_alone_and_never_pends_on_one_that_is_gone(
    effect: Effect, licence: LicenceStatus, procedure: EndingStatus | None
) -> None:
    outcome = rules.outcome_of(effect, licence, procedure)
    suspended = effect is Effect.SUSPEND_VERIFICATION and licence is LicenceStatus.VERIFICATION_SUSPENDED
    ended = effect is not Effect.SUSPEND_VERIFICATION and licence in GONE
    assert (outcome is ReferralStatus.DONE) == (suspended or ended)
    if licence in GONE:
        assert outcome is not ReferralStatus.PENDING
    if outcome is ReferralStatus.NOT_DONE:
        assert licence in GONE or procedure is EndingStatus.NOT_ENDED


@given(st.sampled_from(EndingGround))
def test_a_revocation_waits_for_a_penalty_and_nothing_else_does(ground: EndingGround) -> None:
    penalty = ground is EndingGround.PENALTY
    assert rules.leads_to(Effect.REVOKE_LICENCE, ground) is penalty
    assert rules.leads_to(Effect.CANCEL_LICENCE, ground) is not penalty
    assert not rules.leads_to(Effect.SUSPEND_VERIFICATION, ground)
