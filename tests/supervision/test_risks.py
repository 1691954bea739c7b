"""Risk signals between departments, joint inspections and guidance, over GraphQL."""

from datetime import timedelta
from typing import Any

import pytest

from server.kit import clock
from tests.driving import Server
from tests.supervision.driving import Officer

SIGNAL = "id version status department sharedWith level"
RAISED = f"... on RiskSignalRaised {{ signal {{ {SIGNAL} }} }}"

#: Each kind with the persona whose department watches for it.
WATCHED = {
    "SERVICE_TERMINATION": "fengtai-officer",
    "DOCTOR_PATIENT_DISPUTE": "fengtai-officer",
    "INSURANCE_FRAUD": "fengtai-medical-insurance",
    "ADVERTISING_FRAUD": "fengtai-market-regulation",
    "CIVIL_REGISTRATION_VIOLATION": "fengtai-civil-affairs",
    "COLLECTIVE_OPERATION": "fengtai-agriculture",
}


@pytest.fixture
def officer(server: Server) -> Officer:
    return Officer.of(server, "fengtai-officer")


@pytest.fixture
async def institution(officer: Officer) -> str:
    return (await officer.register("fengtai"))["id"]


async def raised(who: Officer, institution: str, kind: str, **given: Any) -> dict[str, Any]:
    said = {"institution": institution, "kind": kind, "level": "MEDIUM", "observedOn": "2026-10-01", "facts": "情况"}
    return await who.do("raiseRiskSignal", RAISED, **said | given)


async def seen(who: Officer, signal: str) -> bool:
    text = "query($id: ID!) { riskSignals(filter: {id: {eq: $id}}) { totalCount } }"
    return (await who.ask(text, id=signal)).data["riskSignals"]["totalCount"] == 1


async def test_each_kind_is_raised_by_its_own_department(server: Server, institution: str) -> None:
    people = {persona: Officer.of(server, persona) for persona in set(WATCHED.values())}
    for kind, own in WATCHED.items():
        for persona, who in people.items():
            answer = await raised(who, institution, kind)
            if persona == own:
                assert answer["signal"]["status"] == "RAISED", (kind, persona)
            else:
                assert (answer["code"], answer["path"]) == ("CONFLICT", ["input", "kind"]), (kind, persona)
                assert answer["clause"] == {"document": "fengtai-plan", "anchor": "二(二)第二段"}


async def test_a_signal_is_read_by_its_department_and_by_those_it_is_shared_with(
    server: Server, officer: Officer, institution: str
) -> None:
    own, other = Officer.of(server, "fengtai-market-regulation"), Officer.of(server, "fengtai-civil-affairs")
    made = (await raised(own, institution, "ADVERTISING_FRAUD"))["signal"]
    assert (await seen(own, made["id"]), await seen(officer, made["id"])) == (True, True)
    assert not await seen(other, made["id"])
    for persona in ("fengtai-agency", "mentougou-officer"):
        assert not await seen(Officer.of(server, persona), made["id"])
    given = {"signal": made["id"], "expectedVersion": 1}
    early = await own.do("shareRiskSignal", "", **given, departments=["CIVIL_AFFAIRS"])
    assert early["__typename"] == "Conflicting"
    await officer.do("triageRiskSignal", "", **given, level="HIGH", note="属实，需联合检查")
    absent = await own.do("shareRiskSignal", "", **given | {"expectedVersion": 2}, departments=["SUBDISTRICT_TOWN"])
    assert absent["path"] == ["input", "departments"]
    shown = f"... on RiskSignalShared {{ signal {{ {SIGNAL} }} }}"
    shared = await own.do("shareRiskSignal", shown, **given | {"expectedVersion": 2}, departments=["CIVIL_AFFAIRS"])
    assert (shared["signal"]["sharedWith"], shared["signal"]["level"]) == (["CIVIL_AFFAIRS"], "HIGH")
    assert await seen(other, made["id"])


async def test_a_signal_leads_to_an_inspection_which_is_a_review(
    server: Server, officer: Officer, institution: str
) -> None:
    made = (await raised(officer, institution, "SERVICE_TERMINATION"))["signal"]
    await officer.do("triageRiskSignal", "", signal=made["id"], expectedVersion=1, level="HIGH", note="启动检查")
    soon = (clock.today() + timedelta(days=3)).isoformat()
    wanted = {"institution": institution, "kind": "JOINT_INSPECTION", "plannedOn": soon, "purpose": "核实服务情况"}
    alone = await officer.do("planJointVisit", "", **wanted, departments=["HEALTH_COMMISSION"])
    assert alone["path"] == ["input", "departments"]
    past = await officer.do("planJointVisit", "", **wanted | {"plannedOn": "2026-01-01"}, departments=["CIVIL_AFFAIRS"])
    assert past["path"] == ["input", "plannedOn"]
    shown = "... on {} {{ visit {{ id version status departments signal {{ status }} }} }}"
    done = await officer.do(
        "planJointVisit",
        shown.format("JointVisitPlanned"),
        **wanted,
        departments=["CIVIL_AFFAIRS", "MARKET_REGULATION"],
        signal=made["id"],
    )
    visit = done["visit"]
    assert visit["departments"] == ["CIVIL_AFFAIRS", "HEALTH_COMMISSION", "MARKET_REGULATION"]
    assert visit["signal"]["status"] == "ACTION_STARTED"
    tasks = "query($id: ID!) { tasks(filter: {subject: {eq: $id}}) { nodes { kind dueOn department } } }"
    department = Officer.of(server, "fengtai-civil-affairs")
    assert (await department.ask(tasks, id=visit["id"])).data["tasks"]["nodes"] == [
        {"kind": "HOLD_VISIT", "dueOn": soon, "department": "CIVIL_AFFAIRS"}
    ]
    given = {"visit": visit["id"], "expectedVersion": 1, "findings": "存在停诊情况", "problemsFound": True}
    early = await officer.do("concludeJointVisit", "", **given, heldOn=soon)
    assert (early["code"], early["path"]) == ("INVALID", ["input", "heldOn"])
    today = clock.today().isoformat()
    held = await officer.do("concludeJointVisit", shown.format("JointVisitConcluded"), **given, heldOn=today)
    assert held["visit"]["status"] == "HELD"
    reviews = "query($id: ID!) { institution(id: $id) { latestReviewOn reviews { nodes { kind outcome decidedOn } } } }"
    assert (await officer.ask(reviews, id=institution)).data["institution"] == {
        "latestReviewOn": today,
        "reviews": {"nodes": [{"kind": "INSPECTION", "outcome": "CONDITIONAL", "decidedOn": today}]},
    }
    again = await officer.do("cancelJointVisit", "", visit=visit["id"], expectedVersion=2, reason="改期")
    assert again["__typename"] == "Conflicting"


async def test_a_signal_becomes_an_allegation(officer: Officer, institution: str) -> None:
    made = (await raised(officer, institution, "DOCTOR_PATIENT_DISPUTE"))["signal"]
    given = {"signal": made["id"], "item": "NL-9", "occurredOn": "2026-09-20", "evidence": "调查笔录"}
    early = await officer.do("escalateRiskSignal", "", **given, expectedVersion=1)
    assert early["__typename"] == "Conflicting"
    await officer.do("triageRiskSignal", "", signal=made["id"], expectedVersion=1, level="HIGH", note="转认定")
    shown = "... on RiskSignalEscalated { signal { status finding { id } } finding { id status } }"
    done = await officer.do("escalateRiskSignal", shown, **given, expectedVersion=2)
    assert done["signal"] == {"status": "ESCALATED", "finding": {"id": done["finding"]["id"]}}
    assert done["finding"]["status"] == "ALLEGED"
    late = await officer.do("closeRiskSignal", "", signal=made["id"], expectedVersion=3, outcome="办结")
    assert late["__typename"] == "Conflicting"


async def test_without_the_packs_no_signal(server: Server) -> None:
    officer = Officer.of(server, "mentougou-officer")
    institution = (await officer.register("mentougou"))["id"]
    assert (await raised(officer, institution, "SERVICE_TERMINATION"))["code"] == "POLICY_NOT_ENABLED"


async def test_a_risk_seen_in_the_future_is_refused(officer: Officer, institution: str) -> None:
    refused = await raised(officer, institution, "SERVICE_TERMINATION", observedOn="2999-01-01")
    assert (refused["code"], refused["path"]) == ("INVALID", ["input", "observedOn"])
    assert refused["clause"]["anchor"] == "二(二)第二段"
