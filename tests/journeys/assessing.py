"""One assessment of one institution from the cycle to the confirmed result, on days of one's own choosing."""

from datetime import date
from decimal import Decimal
from typing import Any

from server.db import roles
from server.kit import clock
from server.kit.actor import Actor, Grant, Role
from server.kit.ids import NodeId
from server.record.acts import acting
from server.reviews.actions import Conclusion, record_review
from server.reviews.model import ReviewKind, ReviewOutcome
from server.standing.proposing import propose_for
from tests.assessment.test_graphql import adopted, cycle_of, marks, mine, on, send
from tests.driving import Server
from tests.supervision.driving import Officer


async def failed(server: Server, institution: str, cycle: str, opens: date, confirms: date) -> dict[str, Any]:
    """The institution, a centre, fails the cycle; the assessment as it is then."""
    with clock.frozen(opens):
        officer, admin = server.client("fengtai-officer"), server.client("fengtai-admin")
        scheme = await adopted(officer, admin, "CENTRE", "COMMUNITY_HEALTH_MGMT_CENTRE")
        days = {"selfReportBy": str(opens), "assessBy": str(confirms)}
        planned = await cycle_of(officer, scheme, cycle, **days)
        said = {"cycle": planned["id"], "expectedVersion": 1}
        opened = await send(officer, "openAssessmentCycle", "AssessmentCycleSaved", "cycle", "id version", **said)
    with clock.frozen(confirms):
        officer, body = server.client("fengtai-officer"), server.client("fengtai-health-management")
        (row,) = await mine(officer, opened, institution={"id": {"eq": institution}})
        row = await on(body, "scoreAssessment", row, scores=marks(row, "10", "20"))
        row = await on(officer, "recheckAssessment", row)
        row = await on(server.client("fengtai-admin"), "confirmAssessment", row)
        assert row["grade"] == "NOT_QUALIFIED", row
    return row


async def concluded(
    server: Server, officer: Officer, district: str, institution: str, cycle: str, *, passed: bool
) -> None:
    """The review of a cycle as an area concludes it, with what it sets off."""
    assert officer.on is not None
    node = NodeId.parse(institution)
    actor = Actor("assessor", "assessor", (Grant(node.tenant_id, Role.DISTRICT_OFFICER),))
    outcome = ReviewOutcome.PASSED if passed else ReviewOutcome.FAILED
    score = Decimal(80 if passed else 40)
    result = Conclusion(
        ReviewKind.ASSESSMENT, node.id, outcome, officer.on, "区卫生健康委", cycle, score, Decimal(100), "试验方案/1"
    )
    with clock.frozen(officer.on):
        async with acting(server.app.pools, roles.district_role(district), node.tenant_id, actor, "test") as act:
            await record_review(act, result)
            await propose_for(act, server.app.engine.policies, [node.id])


async def open_proposals(who: Officer, institution: str) -> list[dict[str, Any]]:
    """What is proposed about the institution and not yet decided."""
    text = """query($id: ID!) { proposals(filter: {institution: {id: {eq: $id}}, status: {eq: OPEN}}) {
      nodes { id version effects flags item rule { code } } } }"""
    found: list[dict[str, Any]] = (await who.ask(text, id=institution)).data["proposals"]["nodes"]
    return found
