"""What follows from a failed assessment, and how each effect is settled by the case that follows it."""

from datetime import date
from typing import Any

import pytest

from server.db import roles
from server.identity.store import insert_memberships
from server.kit import clock
from server.kit.actor import Role
from server.kit.ids import NodeId, new_id
from tests.assessment.test_graphql import adopted, cycle_of, marks, mine, on, send
from tests.driving import Client, Server
from tests.supervision.driving import Officer
from tests.supervision.test_findings import REVERSED, confirm, occurrence

Doing = dict[str, Any]
STAFF = "staff-of-failed-centres"
OPENED, CONFIRMED, LATER = date(2028, 1, 5), date(2028, 3, 8), date(2028, 3, 10)
EFFECTS = """query($id: ID!) { node(id: $id) { ... on Assessment { version rectificationItems { id problem }
  effects { id version kind status note settledOn assessment { id }
    proposal { id version status item assessmentEffect { id } }
    finding { id version status assessmentEffect { id } yellowCard { id version } }
    interview { id assessmentEffects { id } } } } } }"""
TASKS = "query($id: ID!) { tasks(filter: {subject: {eq: $id}, status: {eq: OPEN}}) { nodes { kind } } }"
SETTLED = "... on AssessmentEffectSettled { effect { status } }"


class Failed:
    """A centre that failed its assessment, in the hands of the district."""

    def __init__(self, server: Server, institution: str, assessment: str) -> None:
        with clock.frozen(LATER):
            token = server.issuer.token(STAFF, "shequ")
        self.staff = Officer(Client(server.http, {"authorization": f"Bearer {token}"}), LATER)
        self.institution, self.assessment = institution, assessment
        self.officer = Officer.of(server, "fengtai-officer", LATER)

    async def shown(self, who: Officer | None = None) -> Doing:
        found: Doing = (await (who or self.officer).ask(EFFECTS, id=self.assessment)).data["node"]
        return found

    async def effect(self, kind: str) -> Doing:
        """The newest of the kind."""
        return [one for one in (await self.shown())["effects"] if one["kind"] == kind][-1]

    async def confirmed(self) -> Doing:
        """The proposal taken up: the answer of the confirmation."""
        proposal = (await self.effect("NEGATIVE_LIST"))["proposal"]
        said = {"discoveredOn": str(CONFIRMED), "confirmedOn": str(LATER)}
        found = occurrence("NL-1", "2027-12-31", proposal=proposal["id"])
        return await confirm(self.officer, self.institution, found, **said)


@pytest.fixture(scope="module")
async def failures(server: Server, samples: None) -> list[Failed]:
    """Centres that failed one cycle."""
    with clock.frozen(OPENED):
        officer, admin = Officer.of(server, "fengtai-officer", OPENED), server.client("fengtai-admin")
        ids = [(await officer.register("fengtai", "COMMUNITY_HEALTH_CENTRE"))["id"] for _ in range(4)]
        made = await adopted(officer.client, admin, "CENTRE", "COMMUNITY_HEALTH_MGMT_CENTRE")
        days = {"selfReportBy": str(OPENED), "assessBy": str(CONFIRMED)}
        planned = await cycle_of(officer.client, made, "2027", **days)
        said = {"cycle": planned["id"], "expectedVersion": 1}
        cycle = await send(officer.client, "openAssessmentCycle", "AssessmentCycleSaved", "cycle", "id", **said)
    rows = [
        {
            "tenant_id": NodeId.parse(one).tenant_id,
            "id": new_id(),
            "subject": STAFF,
            "name": "工作人员",
            "role": Role.INSTITUTION_STAFF,
            "department": None,
            "institution_id": NodeId.parse(one).id,
            "from_on": OPENED,
            "created_by": "tests",
            "source": "SAMPLE",
        }
        for one in ids
    ]
    async with server.app.pools.transaction(roles.PLATFORM) as connection:
        await insert_memberships(connection, rows)
    failed = []
    with clock.frozen(CONFIRMED):
        body, first = server.client("fengtai-health-management"), server.client("fengtai-officer")
        for one in ids:
            (row,) = await mine(first, cycle, institution={"id": {"eq": one}})
            row = await on(body, "scoreAssessment", row, scores=marks(row, "10", "20"))
            row = await on(first, "recheckAssessment", row)
            problems = [{"text": f"问题{n}", "dueOn": "2028-06-30"} for n in (1, 2)]
            row = await on(server.client("fengtai-admin"), "confirmAssessment", row, problems=problems)
            assert row["grade"] == "NOT_QUALIFIED"
            failed.append(Failed(server, one, row["id"]))
    return failed


async def test_a_failed_assessment_is_proposed_and_the_finding_settles_its_effect(failures: list[Failed]) -> None:
    case = failures[0]
    waiting = await case.effect("NEGATIVE_LIST")
    assert waiting["status"] == "PENDING"
    assert (waiting["proposal"]["status"], waiting["proposal"]["item"]) == ("OPEN", "NL-1")
    assert waiting["proposal"]["assessmentEffect"] == {"id": waiting["id"]}
    assert waiting["assessment"] == {"id": case.assessment}
    by_hand = {"effect": waiting["id"], "expectedVersion": waiting["version"], "note": "已登记"}
    refused = await case.officer.do("settleAssessmentEffect", SETTLED, **by_hand)
    assert refused["code"] == "CONFLICT"
    assert "处置建议" in refused["message"]

    done = await case.confirmed()
    (card,) = done["yellowCards"]
    settled = await case.effect("NEGATIVE_LIST")
    assert (settled["status"], settled["settledOn"], settled["note"]) == (
        "DONE",
        str(LATER),
        "已认定负面清单条目 NL-1",
    )
    assert settled["finding"]["id"] == done["findings"][0]["id"]
    assert settled["finding"]["assessmentEffect"] == {"id": settled["id"]}
    assert settled["proposal"]["status"] == "ACCEPTED"

    # The card's interview is the one that the failed assessment asks for.
    assert (await case.effect("INTERVIEW"))["status"] == "PENDING"
    talk = {"on": str(LATER), "ledBy": "区卫生健康委", "attendedBy": "主要负责人", "minutes": "限期整改"}
    await case.officer.do("holdInterview", "", card=card["id"], expectedVersion=1, **talk)
    talked = await case.effect("INTERVIEW")
    assert talked["status"] == "DONE"
    assert talked["interview"]["assessmentEffects"] == [{"id": talked["id"]}]
    kinds = {one["kind"]: one["status"] for one in (await case.shown())["effects"]}
    assert kinds["RECTIFICATION"] == kinds["SUBSIDY"] == "PENDING"

    # Reversed, what it settled does not hold.
    given = {"ground": "COURT", "on": str(LATER), "reason": "法院判决撤销"}
    finding = settled["finding"]
    await case.officer.do(
        "reverseNegativeFinding", REVERSED, finding=finding["id"], expectedVersion=finding["version"], **given
    )
    void = await case.effect("NEGATIVE_LIST")
    assert (void["status"], void["note"]) == ("VOID", "认定已撤销：法院判决撤销")
    assert (void["finding"]["id"], void["finding"]["status"]) == (finding["id"], "REVERSED")


async def test_a_declined_proposal_voids_the_effect(failures: list[Failed]) -> None:
    case = failures[1]
    proposal = (await case.effect("NEGATIVE_LIST"))["proposal"]
    given = {"proposal": proposal["id"], "expectedVersion": proposal["version"], "reason": "已另案处理"}
    await case.officer.do("declineProposal", "", **given)
    effect = await case.effect("NEGATIVE_LIST")
    assert (effect["status"], effect["note"], effect["finding"]) == ("VOID", "处置建议不予采纳：已另案处理", None)
    assert effect["proposal"]["status"] == "DECLINED"


async def test_rectification_is_done_with_the_last_item_of_the_ledger(failures: list[Failed]) -> None:
    case = failures[2]
    items = (await case.shown())["rectificationItems"]
    assert [one["problem"] for one in items] == ["问题1", "问题2"]
    shown = "... on RectificationSaved { item { version status assessment { id } } }"
    for one in items:
        assert (await case.effect("RECTIFICATION"))["status"] == "PENDING"
        await case.staff.do("submitRectification", shown, item=one["id"], expectedVersion=1, evidence="已整改")
        given = {"item": one["id"], "expectedVersion": 2, "accepted": True}
        done = await case.officer.do("decideRectification", shown, **given)
        assert done["item"] == {"version": 3, "status": "ACCEPTED", "assessment": {"id": case.assessment}}
    settled = await case.effect("RECTIFICATION")
    assert (settled["status"], settled["note"]) == ("DONE", "整改台账中的 2 项问题均已验收通过")


async def test_who_reads_no_proposals_reads_the_effect_without_one(failures: list[Failed]) -> None:
    case = failures[2]
    (told,) = [one for one in (await case.shown(case.staff))["effects"] if one["kind"] == "NEGATIVE_LIST"]
    assert (told["status"], told["proposal"]) == ("PENDING", None)


async def test_an_amended_result_leaves_its_finding_to_be_looked_at_again(failures: list[Failed]) -> None:
    case = failures[3]
    (finding,) = (await case.confirmed())["findings"]
    row = {"id": case.assessment, "version": (await case.shown())["version"]}
    with clock.frozen(LATER):
        row = await on(case.staff.client, "appealAssessment", row, statement="数据有误")
        corrections = marks(row, "45", "45", comment="核对后更正")
        row = await on(case.officer.client, "decideAssessmentAppeal", row, reason="核对属实", corrections=corrections)
    assert (row["status"], row["grade"]) == ("AMENDED", "EXCELLENT")
    listed = [one for one in (await case.shown())["effects"] if one["kind"] == "NEGATIVE_LIST"]
    assert [(one["status"], one["finding"]["id"]) for one in listed] == [("DONE", finding["id"])]
    tasks = (await case.officer.ask(TASKS, id=finding["id"])).data["tasks"]["nodes"]
    assert [one["kind"] for one in tasks] == ["REVIEW_FINDING"]
