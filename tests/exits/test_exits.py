"""Exit cases over GraphQL: two persons, notice and statement, continuity, hand-over, appeal; and what is refused."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from server.insurance.tables import designation
from server.kit import clock
from server.kit.ids import NodeId, new_id
from tests.db.rows import insert
from tests.driving import Server
from tests.exits.driving import Case, answered, asked, drafted, opened, planning, provided
from tests.exits.elsewhere import officer_of
from tests.supervision.driving import Officer


@pytest.fixture
def officer(server: Server) -> Officer:
    return Officer.of(server, "mentougou-officer")


@pytest.fixture
def second(server: Server) -> Officer:
    return Officer.of(server, "mentougou-admin")


@pytest.fixture
async def institution(officer: Officer) -> str:
    return (await officer.register("mentougou", operatorKind="SOCIAL_ORGANISATION"))["id"]


async def refused_fact(officer: Officer, institution: str) -> dict[str, Any]:
    """The proposal that a refused mandatory task gives rise to (MTG-20-5)."""
    done = await officer.do(
        "recordSupervisionFact",
        "... on SupervisionFactRecorded { proposals { id version effects rule { code } } }",
        institution=institution,
        kind="MANDATORY_TASK",
        occurredOn="2026-09-01",
        decidedOn="2026-09-20",
        sourceName="区卫生健康委",
        summary="拒不承担疫苗接种保障任务",
        refused=True,
    )
    (proposal,) = done["proposals"]
    return dict(proposal)


async def test_a_proposal_becomes_a_case_and_an_exit_in_the_hands_of_two(
    server: Server, officer: Officer, second: Officer, institution: str
) -> None:
    proposal = await refused_fact(officer, institution)
    assert proposal["effects"] == ["ORDER_EXIT", "TERMINATE_AGREEMENTS"]
    case = Case(officer, second)
    given = {
        "ground": "RULE",
        "because": "采纳建议",
        "proposal": proposal["id"],
        "expectedVersion": proposal["version"],
    }
    await case.take("openExitCase", **given)
    assert (case.seen["status"], case.seen["clause"]) == (
        "OPENED",
        {"document": "mentougou-2026-3", "anchor": "第二十条(五)"},
    )
    again = await Case(officer, second).take("openExitCase", **given)
    assert again["__typename"] in ("OutOfDate", "Conflicting")

    unreviewed = await case.take("notifyExit", statementBy="2027-01-15")
    assert unreviewed["__typename"] == "Conflicting"
    await case.take("reviewExitFacts", facts="2026年9月拒不落实")
    past = await case.take("notifyExit", statementBy=clock.today().isoformat())
    assert (past["path"], past["clause"]["anchor"]) == (["input", "statementBy"], "第二十条(五)")
    by = (clock.today() + timedelta(days=10)).isoformat()
    await case.take("notifyExit", statementBy=by)

    draft = {"effects": ["ORDER_EXIT", "TERMINATE_AGREEMENTS"], "because": "理由", "serviceStops": True}
    unheard = await case.take("draftExitDecision", **draft)
    assert (unheard["__typename"], unheard["clause"]["anchor"]) == ("Conflicting", "第二十条(五)")
    assert by in unheard["message"]
    await case.take("stateOnExit", statement="确有困难")
    untold = await case.take("draftExitDecision", **draft | {"effects": ["CANCEL_LICENCE"]})
    assert untold["path"] == ["input", "effects"]
    await case.take("draftExitDecision", **draft)
    alone = await case.take("decideExit")
    assert (alone["__typename"], alone["clause"]["anchor"]) == ("Conflicting", "第二十条(五)")
    assert "两人" in alone["message"]
    await case.take("decideExit", by=second)
    assert (case.seen["status"], case.seen["institution"]["status"]) == ("DECIDED", "EXITING")

    unplanned = await case.take("executeExit")
    assert (unplanned["__typename"], unplanned["clause"]["anchor"]) == ("Conflicting", "第二十条(五)")
    assert "承接方案" in unplanned["message"]
    successor = (await officer.register("mentougou"))["id"]
    plan = await provided(officer, case.id, successor)
    shown = await officer.ask("query($id: ID!) { node(id: $id) { ... on ExitCase { status version } } }", id=case.id)
    assert shown.data["node"]["status"] == "CONTINUITY_READY"
    case.version = shown.data["node"]["version"]
    await case.take("executeExit")
    assert (case.seen["status"], case.seen["institution"]["status"]) == ("EXECUTED", "EXITED_SYSTEM")
    early = await case.take("closeExitCase")
    assert "承接" in early["message"]
    await planning(officer, "startContinuityTransfer", plan=plan, expectedVersion=4)
    await planning(officer, "completeContinuityTransfer", plan=plan, expectedVersion=5, outcome="全部承接")
    await case.take("closeExitCase")
    assert case.seen["status"] == "CLOSED"
    papers = "query($id: ID!) { papers(filter: {subject: {eq: $id}}) { nodes { kind addressee } } }"
    told = {one["kind"]: one for one in (await officer.ask(papers, id=case.id)).data["papers"]["nodes"]}
    assert set(told) == {"EXIT_NOTICE", "EXIT_DECISION", "EXIT_CIRCULAR"}
    assert (await officer.ask(papers, id=plan)).data["papers"]["nodes"][0]["kind"] == "CONTINUITY_PLAN"
    assert (await officer.standing(institution)).keys() >= {"MTG-20-5"}


async def test_an_emergency_does_not_wait_but_owes_a_plan(officer: Officer, second: Officer, institution: str) -> None:
    case = await opened(officer, second, institution, "ORDER_EXIT")
    await case.heard()
    await case.decided(["ORDER_EXIT"])
    await case.take("executeExit", withoutPlanBecause="房屋险情，立即停诊")
    assert case.seen["status"] == "EXECUTED"
    due = clock.today() + timedelta(days=30)
    assert due.isoformat() <= case.seen["planDueOn"] <= (due + timedelta(days=9)).isoformat()
    tasks = (
        "query($id: ID!) { tasks(filter: {subject: {eq: $id}, status: {eq: OPEN}}) { nodes { kind dueOn dueRule } } }"
    )
    (task,) = (await officer.ask(tasks, id=case.id)).data["tasks"]["nodes"]
    assert (task["kind"], task["dueOn"]) == ("PLAN_CONTINUITY", case.seen["planDueOn"])
    assert "平台默认" in task["dueRule"]
    open_still = await case.take("closeExitCase")
    assert open_still["__typename"] == "Conflicting"


async def test_a_revocation_is_handed_over_with_its_facts_and_waits_for_no_plan(
    officer: Officer, second: Officer, institution: str
) -> None:
    case = await opened(officer, second, institution, "REVOKE_LICENCE")
    await case.take("reviewExitFacts", facts="达到吊销标准")
    soon = await case.take("notifyExit", statementBy=(clock.today() + timedelta(days=2)).isoformat())
    assert soon["path"] == ["input", "statementBy"]
    await case.take("notifyExit", statementBy=(clock.today() + timedelta(days=20)).isoformat())
    await case.take("stateOnExit", statement="不要求听证")
    await case.decided(["REVOKE_LICENCE"])
    nobody = await case.take("executeExit")
    assert nobody["path"] == ["input", "handedOverTo"]
    await case.take("executeExit", handedOverTo="区卫生健康监督所")
    assert (case.seen["status"], case.seen["handedOverTo"]) == ("DECIDED", "区卫生健康监督所")
    assert (case.seen["executedOn"], case.seen["referrals"][0]["status"]) == (None, "PENDING")
    assert case.seen["planDueOn"] is not None
    assert case.seen["institution"]["status"] == "OPERATING"
    papers = "query($id: ID!) { papers(filter: {subject: {eq: $id}}) { nodes { kind } } }"
    kinds = {one["kind"] for one in (await officer.ask(papers, id=case.id)).data["papers"]["nodes"]}
    assert "STATUTORY_TRANSFER" in kinds


async def test_a_successor_of_another_district_answers_over_its_own(
    server: Server, officer: Officer, second: Officer, institution: str
) -> None:
    other = Officer.of(server, "fengtai-officer")
    theirs = (await other.register("fengtai"))["id"]
    case = await opened(officer, second, institution, "CANCEL_LICENCE")
    plan = await drafted(officer, case.id)
    itself = await asked(officer, plan["id"], 1, successor=institution)
    assert itself["__typename"] == "Conflicting"
    both = await asked(officer, plan["id"], 1, successor=institution, successorDistrict="fengtai")
    assert both["path"] == ["input", "successor"]
    request = await asked(officer, plan["id"], 1, successorDistrict="fengtai", successorName="丰台承接站")
    early = await planning(officer, "approveContinuityPlan", plan=plan["id"], expectedVersion=2)
    assert "尚未答复" in early["message"]
    read = (
        "query($id: ID!) { successionRequests(filter: {id: {eq: $id}}) { nodes { leavingName plan { id } accepted } } }"
    )
    seen = (await other.ask(read, id=request["id"])).data["successionRequests"]["nodes"]
    assert [(one["plan"], one["accepted"]) for one in seen] == [(None, None)]
    for persona in ("mentougou-applicant", "fengtai-market-regulation"):
        stranger = Officer.of(server, persona)
        reply = await stranger.ask(
            "mutation($i: AnswerSuccessionInput!) { answerSuccession(input: $i) { __typename } }",
            i={
                "request": request["id"],
                "expectedVersion": 1,
                "institution": theirs,
                "accept": True,
                "idempotencyKey": persona,
            },
        )
        assert reply.codes in (["FORBIDDEN"], ["NOT_FOUND"])
    silent = await answered(other, request["id"], theirs, accept=False)
    assert silent["path"] == ["input", "reason"]
    done = await answered(other, request["id"], theirs)
    assert done["answer"] == {"id": done["answer"]["id"], "accepted": True, "institution": {"id": theirs}}
    twice = await answered(other, request["id"], theirs)
    assert twice["__typename"] == "Conflicting"
    assert (await officer.ask(read, id=request["id"])).data["successionRequests"]["nodes"][0]["accepted"] is True
    approved = await planning(officer, "approveContinuityPlan", plan=plan["id"], expectedVersion=2)
    assert approved["status"] == "APPROVED"


async def test_a_plan_is_approved_when_all_services_are_taken_over(
    officer: Officer, second: Officer, institution: str
) -> None:
    case = await opened(officer, second, institution, "CANCEL_LICENCE")
    for given, path in (
        ({"population": -1}, "population"),
        ({"highNeedResidents": 20000}, "highNeedResidents"),
        ({"services": []}, "services"),
        ({"until": "2026-12-31"}, "until"),
    ):
        assert (await drafted(officer, case.id, **given))["path"] == ["input", path]
    plan = await drafted(officer, case.id)
    assert (await drafted(officer, case.id))["__typename"] == "Conflicting"
    one, two = [(await officer.register("mentougou"))["id"] for _ in range(2)]
    part = await asked(officer, plan["id"], 1, successor=one, services=["MEDICAL"])
    await answered(officer, part["id"], one)
    short = await planning(officer, "approveContinuityPlan", plan=plan["id"], expectedVersion=2)
    assert "基本公共卫生没有机构承接" in short["message"]
    rest = await asked(officer, plan["id"], 2, successor=two, services=["PUBLIC_HEALTH"])
    await answered(officer, rest["id"], two, accept=False, reason="人员不足")
    declined = await planning(officer, "approveContinuityPlan", plan=plan["id"], expectedVersion=3)
    assert "不同意" in declined["message"]
    await officer.do("withdrawSuccessionRequest", "", request=rest["id"], expectedVersion=1)
    rest = await asked(officer, plan["id"], 3, successor=one, services=["PUBLIC_HEALTH"])
    await answered(officer, rest["id"], one)
    approved = await planning(officer, "approveContinuityPlan", plan=plan["id"], expectedVersion=4)
    assert approved["status"] == "APPROVED"


async def test_a_decision_revoked_on_appeal_never_held(
    server: Server, officer: Officer, second: Officer, institution: str
) -> None:
    case = await opened(officer, second, institution, "ORDER_EXIT")
    nothing = await case.take("appealExit", kind="RECONSIDERATION", on=clock.today().isoformat(), because="不服")
    assert nothing["__typename"] == "Conflicting"
    await case.heard()
    await case.decided(["ORDER_EXIT"])
    assert case.seen["institution"]["status"] == "EXITING"
    late = await case.take("withdrawExitCase", because="不再处理")
    assert "复议或诉讼" in late["message"]
    ahead = await case.take("appealExit", kind="RECONSIDERATION", on="2999-01-01", because="不服")
    assert ahead["path"] == ["input", "on"]
    await case.take("appealExit", kind="RECONSIDERATION", on=clock.today().isoformat(), because="不服")
    assert case.seen["appealOutcome"] == "PENDING"
    await case.take("concludeExitAppeal", outcome="REVOKED", on=clock.today().isoformat(), reason="事实不清")
    assert (case.seen["status"], case.seen["institution"]["status"]) == ("WITHDRAWN", "OPERATING")


async def test_no_action_ends_the_case(officer: Officer, second: Officer, institution: str) -> None:
    case = await opened(officer, second, institution, "ORDER_EXIT")
    await case.heard()
    await case.decided(["NO_ACTION"])
    assert (case.seen["status"], case.seen["effect"], case.seen["strength"]) == ("CLOSED", "NO_ACTION", "OTHER")


@pytest.mark.parametrize(
    "effects", [[], ["ISSUE_CARD"], ["NO_ACTION", "ORDER_EXIT"], ["ORDER_EXIT", "ORDER_EXIT"]], ids=str
)
async def test_effects_that_no_exit_can_have_are_refused(
    officer: Officer, second: Officer, institution: str, effects: list[str]
) -> None:
    given = {"ground": "STATUTORY", "because": "依法处理", "institution": institution, "effects": effects}
    refused = await Case(officer, second).take("openExitCase", **given)
    assert (refused["code"], refused["path"]) == ("INVALID", ["input", "effects"])
    assert refused["clause"]["document"] == "mentougou-2026-3"


async def test_without_an_exit_policy_there_is_no_case(server: Server) -> None:
    officer = await officer_of(server, "xicheng")
    institution = (await officer.register("xicheng"))["id"]
    given = {"ground": "STATUTORY", "because": "依法处理", "institution": institution, "effects": ["ORDER_EXIT"]}
    refused = await Case(officer, officer, "xicheng").take("openExitCase", **given)
    assert (refused["__typename"], refused["code"]) == ("PolicyNotEnabled", "POLICY_NOT_ENABLED")


async def test_conversion_runs_in_both_directions(officer: Officer, institution: str) -> None:
    shown = "... on {} {{ conversion {{ id version status institution {{ kind status }} }} }}"
    hospital = (await officer.register("mentougou", "OTHER_MEDICAL"))["id"]
    into = {"direction": "INTO_COMMUNITY", "targetKind": "COMMUNITY_HEALTH_STATION", "because": "鼓励转型"}
    wrong = await officer.do("openConversion", "", institution=institution, **into)
    assert wrong["path"] == ["input", "direction"]
    aimless = await officer.do("openConversion", "", institution=hospital, **into | {"targetKind": "LEVEL_2_HOSPITAL"})
    assert aimless["path"] == ["input", "targetKind"]
    done = await officer.do("openConversion", shown.format("ConversionOpened"), institution=hospital, **into)
    conversion = done["conversion"]["id"]
    second = await officer.do("openConversion", "", institution=hospital, **into)
    assert second["__typename"] == "Conflicting"
    early = await officer.do("executeConversion", "", conversion=conversion, expectedVersion=1)
    assert early["__typename"] == "Conflicting"
    await officer.do("agreeConversion", "", conversion=conversion, expectedVersion=1, agreement="一致")
    ended = await officer.do(
        "executeConversion", shown.format("ConversionExecuted"), conversion=conversion, expectedVersion=2
    )
    assert ended["conversion"]["institution"] == {"kind": "COMMUNITY_HEALTH_STATION", "status": "OPERATING"}
    out = {"direction": "OUT_OF_COMMUNITY", "targetKind": "OTHER_MEDICAL", "because": "引导转型"}
    done = await officer.do("openConversion", shown.format("ConversionOpened"), institution=institution, **out)
    declined = await officer.do(
        "declineConversion",
        shown.format("ConversionDeclined"),
        conversion=done["conversion"]["id"],
        expectedVersion=1,
        because="机构继续整改",
    )
    assert declined["conversion"]["status"] == "DECLINED"


async def test_a_conversion_within_a_year_of_signing_needs_a_reason_and_tells_the_agency(
    officer: Officer, institution: str, superuser: str
) -> None:
    """X-12: guided transformation against commitment 9 of the insurance agreement."""
    node, today = NodeId.parse(institution), clock.today()
    with psycopg.connect(superuser) as connection:
        signed = {"institution_id": node.id, "signed_on": today, "locked_until": today + timedelta(days=366)}
        kept = {"status": "ACTIVE", "category": "COMMUNITY_HEALTH_STATION", "included_on": today}
        named = {"id": new_id(), "tenant_id": node.tenant_id, "institution_name": "试验站"}
        insert(connection, designation, named | signed | kept | {"created_by": "tests", "source": "SAMPLE"})
    shown = "... on {} {{ conversion {{ id version status }} }}"
    out = {"direction": "OUT_OF_COMMUNITY", "targetKind": "OTHER_MEDICAL", "because": "引导转型"}
    made = await officer.do("openConversion", shown.format("ConversionOpened"), institution=institution, **out)
    given = {"conversion": made["conversion"]["id"], "expectedVersion": 2}
    await officer.do("agreeConversion", "", **given | {"expectedVersion": 1}, agreement="一致")
    locked = await officer.do("executeConversion", "", **given)
    assert (locked["code"], locked["path"]) == ("DESIGNATION_LOCKED", ["input", "specialReason"])
    assert locked["clause"]["anchor"] == "附件2-1第九项"
    done = await officer.do(
        "executeConversion",
        shown.format("ConversionExecuted"),
        **given,
        specialReason="一年内两次黄牌警告，依区方案引导转型",
    )
    assert done["conversion"]["status"] == "EXECUTED"
