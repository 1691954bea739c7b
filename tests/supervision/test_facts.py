"""What supervision offers to policy, from its rows; who records which facts."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from server.db import roles
from server.kit.actor import Actor, Grant, Role
from server.kit.clock import BEIJING
from server.kit.ids import NodeId
from server.policy.events import ATTRIBUTES, EventKind, History
from server.policy.terms import InsuranceAction
from server.record.acts import acting
from server.supervision.actions.facts import record_insurance_action
from server.supervision.facts import COVERED, card_event, fact_event, finding_event
from server.supervision.model import FactKind
from server.supervision.rules import SAYS
from server.supervision.store import FACT_NAMES
from tests.driving import Server
from tests.supervision.driving import Officer

AT = datetime(2026, 9, 10, 9, tzinfo=BEIJING)


def row(**given: Any) -> dict[str, Any]:
    made = dict.fromkeys(FACT_NAMES) | {"id": uuid4(), "root_id": UUID(int=7), "created_at": AT}
    return made | {"occurred_on": date(2026, 9, 1)} | given


def test_every_kind_of_fact_is_an_event_that_says_what_the_fact_says() -> None:
    for kind in FactKind:
        event = fact_event(row(kind=kind.value))
        if kind is FactKind.PENALTY:
            assert event is None
            continue
        assert event is not None
        assert (event.kind.value, event.id, event.attributes) == (kind.value, f"fact:{UUID(int=7)}", {})
        assert event.kind in COVERED
        assert kind in SAYS
    known = {spec.name for specs in ATTRIBUTES.values() for spec in specs}
    said = {name for needed, determined in SAYS.values() for name in (*needed, *determined)}
    assert {"points", "matter", "substantiated", "refused", "harm"} <= known & said


def test_what_is_determined_later_is_the_same_event_and_the_earlier_stays_known() -> None:
    later = AT + timedelta(days=3)
    before = fact_event(row(kind="SAFETY_ACCIDENT", annulled_at=later))
    after = fact_event(
        row(kind="SAFETY_ACCIDENT", safety_grade="GENERAL", decided_on=date(2026, 9, 13), created_at=later)
    )
    assert before is not None
    assert after is not None
    assert before.id == after.id
    history = History("x", (before, after), COVERED)
    day = date(2026, 9, 20)
    (then,) = history.known(as_of=day, known_at=AT + timedelta(days=1)).events
    (now,) = history.known(as_of=day, known_at=later).events
    assert (then.get("grade"), now.get("grade")) == (None, "GENERAL")


def test_an_allegation_is_held_against_nobody_and_a_reversal_is_known_from_its_instant() -> None:
    names = ("item", "basis", "confirmed_on", "confirmed_at", "reversed_at")
    said = dict.fromkeys(names) | {"id": UUID(int=1), "occurred_on": date(2026, 9, 1), "item": "NL-6"}
    assert finding_event(said) is None
    event = finding_event(
        said | {"confirmed_on": date(2026, 9, 20), "confirmed_at": AT, "reversed_at": AT + timedelta(days=1)}
    )
    assert event is not None
    assert (event.decided_on, event.attributes) == (date(2026, 9, 20), {"item": "NL-6"})
    assert event.annulled_at == AT + timedelta(days=1)


def test_a_card_bears_its_decision_and_never_its_closure() -> None:
    said = {
        "id": UUID(int=2),
        "confirmation_id": UUID(int=3),
        "occurred_on": date(2026, 9, 1),
        "confirmed_on": date(2026, 9, 20),
        "issued_on": date(2026, 9, 21),
        "created_at": AT,
        "voided_at": None,
    }
    event = card_event(said)
    assert (event.kind, event.decided_on, event.annulled_at) == (EventKind.YELLOW_CARD, date(2026, 9, 21), None)
    assert event.get("decision") == str(UUID(int=3))


RECORDING = """mutation($input: RecordSupervisionFactInput!) { recordSupervisionFact(input: $input) { __typename
  ... on SupervisionFactRecorded { proposals { item } } } }"""


@pytest.mark.parametrize(
    ("persona", "kind", "given", "may"),
    [
        ("fengtai-market-regulation", "PENALTY", {"penaltyKind": "FINE", "decidedOn": "2026-09-10"}, True),
        ("fengtai-market-regulation", "PRACTICE_POINTS", {"points": 6, "decidedOn": "2026-09-10"}, False),
        ("fengtai-market-regulation", "INSURANCE_ACTION", {"insuranceAction": "YELLOW_CARD"}, False),
        (
            "fengtai-medical-insurance",
            "INSURANCE_ACTION",
            {"insuranceAction": "YELLOW_CARD", "decidedOn": "2026-09-10"},
            True,
        ),
        ("fengtai-agency", "INSURANCE_ACTION", {"insuranceAction": "YELLOW_CARD", "decidedOn": "2026-09-10"}, True),
        ("fengtai-institution", "COMPLAINT", {"matter": "x", "channel": "LETTER"}, False),
        ("mentougou-officer", "COMPLAINT", {"matter": "x", "channel": "LETTER"}, False),
    ],
)
async def test_departments_record_what_they_themselves_decide(
    server: Server, persona: str, kind: str, given: dict[str, Any], may: bool
) -> None:
    institution = (await Officer.of(server, "fengtai-officer").register("fengtai"))["id"]
    said = {"institution": institution, "kind": kind, "occurredOn": "2026-09-01", "sourceName": "本部门"}
    key = {"idempotencyKey": f"{persona}{kind}{institution}"}
    reply = await Officer.of(server, persona).ask(RECORDING, input=said | given | key)
    if may:
        assert reply.data["recordSupervisionFact"]["__typename"] == "SupervisionFactRecorded"
    else:
        assert reply.codes in (["FORBIDDEN"], ["NOT_FOUND"])


async def test_the_insurance_area_puts_its_actions_on_the_districts_record(server: Server) -> None:
    officer = Officer.of(server, "fengtai-officer")
    node = NodeId.parse((await officer.register("fengtai"))["id"])
    actor = Actor("agency", "agency", (Grant(node.tenant_id, Role.AGENCY_OFFICER),))
    async with acting(server.app.pools, roles.district_role("fengtai"), node.tenant_id, actor, "test") as act:
        await record_insurance_action(
            act,
            node.id,
            InsuranceAction.AGREEMENT_TERMINATION,
            occurred_on=date(2026, 9, 1),
            decided_on=date(2026, 9, 10),
            source_name="区医保经办机构",
        )
    assert (await officer.standing(str(node)))["FT-NL-7"]["outcome"] == "FIRED"
