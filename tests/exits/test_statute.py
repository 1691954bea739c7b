"""What statute alone can do, handed over by an exit case and followed: licensing's procedures, penalties, suspensions."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import psycopg
import pytest

from server.db import roles
from server.districts.model import AuthorityKind
from server.identity.store import insert_memberships
from server.kit import clock
from server.kit.actor import Role
from server.kit.ids import new_id
from tests.driving import Client, Server
from tests.exits.driving import Case, opened, to_be_executed
from tests.journeys.test_admission_style import licensed, social
from tests.licensing.story import TENANT, Story
from tests.supervision.driving import Officer

FIRST, SECOND = "mentougou-officer", "mentougou-admin"
DAY = date(2026, 12, 1)


@pytest.fixture(scope="module")
def planting(superuser: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(superuser, autocommit=True) as connection:
        yield connection


@pytest.fixture
def story(server: Server, planting: psycopg.Connection[Any]) -> Story:
    return Story(server, planting)


def pair(server: Server, day: date = DAY) -> tuple[Officer, Officer]:
    """Two officers on that day."""
    return Officer.of(server, FIRST, day), Officer.of(server, SECOND, day)


async def held(server: Server, *effects: str) -> Case:
    """A decided case about an institution whose licence is on record."""
    first, second = pair(server)
    institution = await social(server)
    await licensed(first, institution, "2026-06-01")
    return await to_be_executed(first, second, institution, *effects)


async def department_officer(server: Server, department: AuthorityKind) -> Officer:
    """Somebody of this department of the district."""
    subject = f"department:{new_id()}"
    row = {
        "tenant_id": TENANT,
        "id": new_id(),
        "subject": subject,
        "name": "试验",
        "role": Role.DEPARTMENT_OFFICER,
        "department": department,
        "institution_id": None,
        "from_on": date(2020, 1, 1),
        "created_by": "tests",
        "source": "SAMPLE",
    }
    async with server.app.pools.transaction(roles.PLATFORM) as connection:
        await insert_memberships(connection, [row])
    with clock.frozen(DAY):
        token = server.issuer.token(subject, "shequ")
    return Officer(Client(server.http, {"authorization": f"Bearer {token}"}), DAY)


async def tasks(who: Officer, subject: str) -> list[tuple[str, str, str | None]]:
    """The tasks of a case that this person sees."""
    text = "query($id: ID!) { tasks(filter: {subject: {eq: $id}}) { nodes { kind status department } } }"
    found = (await who.ask(text, id=subject)).data["tasks"]["nodes"]
    return [(one["kind"], one["status"], one["department"]) for one in found]


async def current(who: Officer, institution: str) -> dict[str, Any]:
    """The institution's licence."""
    text = "query($id: ID!) { institution(id: $id) { status licence { id version status } } }"
    found: dict[str, Any] = (await who.ask(text, id=institution)).data["institution"]["licence"]
    return found


async def test_a_licence_not_used_in_time_is_cancelled_by_licensing_and_the_case_is_executed_with_it(
    story: Story,
) -> None:
    with story.at(DAY):
        award = story.award(opening_by=date(2027, 1, 29))
        licence = await story.licensed(award=award)
    first, second = pair(story.server, date(2027, 2, 1))
    await first.do("reviewMissedDays", "", district="mentougou")
    text = (
        "query($id: ID!) { proposals(filter: {institution: {id: {eq: $id}}}) { nodes { id version rule { code } } } }"
    )
    (proposal,) = (await first.ask(text, id=licence["institution"]["id"])).data["proposals"]["nodes"]
    assert proposal["rule"]["code"] == "MTG-22-1"
    case = Case(first, second)
    given = {"proposal": proposal["id"], "expectedVersion": proposal["version"]}
    await case.take("openExitCase", ground="RULE", because="采纳建议", **given)
    await case.heard()
    await case.decided(["CANCEL_LICENCE"])
    done = await case.take("executeExit", withoutPlanBecause="从未开放运行，没有居民需要承接")
    (referral,) = done["referrals"]
    assert (done["status"], done["executedOn"], referral["status"]) == ("DECIDED", None, "PENDING")
    ending = referral["ending"]
    assert (ending["status"], ending["ground"], ending["clause"]["anchor"]) == ("NOTIFIED", "NOT_OPENED", "第二十二条")
    assert referral["paper"]["kind"] == "STATUTORY_TRANSFER"
    again = await case.take("executeExit")
    assert (again["code"], "移送" in again["message"]) == ("CONFLICT", True)
    with story.at(date(2027, 3, 1)):
        given = {"ending": ending["id"], "expectedVersion": ending["version"], "ended": True, "reason": "情况属实"}
        await story.act(SECOND, "decideLicenceEnding", **given)
    case.first = pair(story.server, date(2027, 3, 1))[0]
    done = await case.again()
    (referral,) = done["referrals"]
    assert (done["status"], done["executedOn"], referral["status"]) == ("EXECUTED", "2027-03-01", "DONE")
    assert (referral["licence"]["status"], done["institution"]["status"]) == ("CANCELLED", "CANCELLED")
    assert story.area(award) == "REOPENED", "with the licence, as article 22 says"
    told = await case.first.ask(
        "query($id: ID!) { node(id: $id) { ... on LicenceEnding { exitReferrals { exitCase { id } } } } }",
        id=ending["id"],
    )
    assert told.data["node"]["exitReferrals"] == [{"exitCase": {"id": case.id}}]


async def test_what_licensing_does_not_end_leaves_nothing_executed(server: Server, story: Story) -> None:
    case = await held(server, "CANCEL_LICENCE")
    licence = await current(case.first, case.seen["institution"]["id"])
    given = {"licence": licence["id"], "expectedVersion": licence["version"], "reason": "直接告知"}
    with story.at(DAY):
        refused = await story.refused(FIRST, "notifyLicenceEnding", ground="EXIT", **given)
    assert (refused["code"], refused["path"]) == ("WRONG_STATE", ["input", "ground"])
    await case.take("executeExit", withoutPlanBecause="房屋险情")
    ending = case.seen["referrals"][0]["ending"]
    assert (ending["ground"], ending["clause"]["anchor"]) == ("EXIT", case.seen["clause"]["anchor"])
    early = await case.take("closeExitCase")
    assert "尚未办结" in early["message"]
    by_hand = await case.first.do(
        "declineExitReferral", "", referral=case.seen["referrals"][0]["id"], expectedVersion=2, reason="不办"
    )
    assert "终止许可程序办理中" in by_hand["message"]
    with story.at(date(2027, 1, 5)):
        given = {"ending": ending["id"], "expectedVersion": ending["version"], "ended": False}
        await story.act(SECOND, "decideLicenceEnding", **given, reason="机构已整改")
    done = await case.again()
    (referral,) = done["referrals"]
    assert (referral["status"], referral["outcome"]) == ("NOT_DONE", referral["outcome"])
    assert "机构已整改" in referral["outcome"]
    assert (done["status"], done["executedOn"]) == ("DECIDED", None)
    assert ("REVIEW_EXIT_CASE", "OPEN", None) in await tasks(case.first, case.id)
    case.first = pair(server, date(2027, 1, 6))[0]
    await case.take("closeExitCase")
    assert (case.seen["status"], case.seen["executedOn"]) == ("CLOSED", None)


async def test_a_revocation_is_the_task_of_whoever_may_punish_and_done_when_the_penalty_is(
    server: Server, story: Story
) -> None:
    case = await held(server, "REVOKE_LICENCE")
    given = {"handedOverTo": "区市场监督管理局"}
    foreign = await case.take("executeExit", **given, handedOverDepartment="MENTAL_HEALTH")
    assert (foreign["path"], "市场监管局" in foreign["message"]) == (["input", "handedOverDepartment"], True)
    await case.take("executeExit", **given, handedOverDepartment="MARKET_REGULATION")
    (referral,) = case.seen["referrals"]
    assert (referral["status"], referral["department"], referral["ending"]) == ("PENDING", "MARKET_REGULATION", None)
    punishing = await department_officer(server, AuthorityKind.MARKET_REGULATION)
    beside = await department_officer(server, AuthorityKind.CIVIL_AFFAIRS)
    assert await tasks(punishing, referral["id"]) == [("CONDUCT_PENALTY", "OPEN", "MARKET_REGULATION")]
    assert await tasks(beside, referral["id"]) == []
    text = "query($id: ID!) { node(id: $id) { ... on ExitReferral { exitCase { facts } paper { number } } } }"
    attached = (await punishing.ask(text, id=referral["id"])).data["node"]
    assert attached == {"exitCase": {"facts": "事实清楚"}, "paper": {"number": referral["paper"]["number"]}}
    no = {"referral": referral["id"], "expectedVersion": referral["version"], "reason": "不予处罚"}
    stranger = await beside.ask(
        "mutation($i: DeclineExitReferralInput!) { declineExitReferral(input: $i) { __typename } }",
        i=no | {"idempotencyKey": "beside"},
    )
    assert stranger.codes == ["NOT_FOUND"]

    licence = await current(case.first, case.seen["institution"]["id"])
    penalty = {"number": "门卫罚〔2026〕9号", "authority": "区卫生健康委", "decidedOn": str(DAY)}
    with story.at(DAY):
        notice = {"licence": licence["id"], "expectedVersion": licence["version"], "reason": "已作出处罚决定"}
        ending = (await story.act(FIRST, "notifyLicenceEnding", **notice, ground="PENALTY", penalty=penalty))["ending"]
    assert await tasks(punishing, referral["id"]) == [("CONDUCT_PENALTY", "DONE", "MARKET_REGULATION")]
    late = await punishing.do("declineExitReferral", "", **no | {"expectedVersion": referral["version"] + 1})
    assert late["code"] == "CONFLICT"
    with story.at(date(2027, 1, 5)):
        given = {"ending": ending["id"], "expectedVersion": ending["version"], "ended": True, "reason": "依处罚决定"}
        await story.act(SECOND, "decideLicenceEnding", **given, continuity="由邻近机构承接")
    done = await case.again()
    assert (done["status"], done["institution"]["status"]) == ("EXECUTED", "REVOKED")
    assert (done["referrals"][0]["status"], done["referrals"][0]["reference"]) == ("DONE", penalty["number"])


async def test_whoever_may_punish_may_decide_not_to(server: Server) -> None:
    case = await held(server, "REVOKE_LICENCE")
    await case.take("executeExit", handedOverTo="区市场监督管理局", handedOverDepartment="MARKET_REGULATION")
    (referral,) = case.seen["referrals"]
    punishing = await department_officer(server, AuthorityKind.MARKET_REGULATION)
    shown = "... on ExitReferralDeclined { referral { status outcome reference exitCase { status executedOn } } }"
    given = {"referral": referral["id"], "reason": "违法行为轻微，不予处罚", "reference": "门市监不罚〔2026〕1号"}
    stale = await punishing.do("declineExitReferral", shown, **given, expectedVersion=9)
    assert stale["__typename"] == "OutOfDate"
    done = await punishing.do("declineExitReferral", shown, **given, expectedVersion=referral["version"])
    assert done["referral"] == {
        "status": "NOT_DONE",
        "outcome": given["reason"],
        "reference": given["reference"],
        "exitCase": {"status": "DECIDED", "executedOn": None},
    }


async def test_a_suspension_is_ordered_with_the_execution_where_verification_failed(story: Story) -> None:
    with story.at(DAY):
        licence = await story.licensed(opening=date(2027, 6, 30))
    with story.at(date(2027, 3, 15)):
        at = {"licence": licence["id"], "expectedVersion": licence["version"]}
        licence = (await story.act(FIRST, "recordOpening", **at, on="2027-03-15"))["licence"]
    with story.at(date(2027, 11, 1)):
        at = {"licence": licence["id"], "expectedVersion": licence["version"]}
        papers = story.documents(FIRST, ("VERIFICATION_FORM", "PRACTICE_REPORT"))
        applied = (await story.act(FIRST, "applyForVerification", **at, documents=papers))["verification"]
    with story.at(date(2027, 11, 22)):
        at = {"verification": applied["id"], "expectedVersion": applied["version"]}
        failed = await story.act(FIRST, "decideVerification", **at, result="NOT_QUALIFIED", reason="人员不足")
    (proposal,) = failed["proposals"]
    assert proposal["effects"] == ["SUSPEND_VERIFICATION"]
    first, second = pair(story.server, date(2027, 11, 23))
    case = Case(first, second)
    taken = {"proposal": proposal["id"], "expectedVersion": proposal["version"]}
    await case.take("openExitCase", ground="RULE", because="采纳建议", **taken)
    await case.heard()
    await case.decided(["SUSPEND_VERIFICATION"], stops=False)
    long = await case.take("executeExit", suspensionMonths=24)
    assert long["path"] == ["input", "suspensionMonths"]
    done = await case.take("executeExit", suspensionMonths=3)
    (referral,) = done["referrals"]
    assert (done["status"], referral["status"], referral["obstacle"]) == ("EXECUTED", "DONE", None)
    assert referral["licence"]["status"] == "VERIFICATION_SUSPENDED"
    with story.at(date(2027, 11, 23)):
        assert (await story.licence(licence))["suspendedThroughOn"] == "2028-02-23"


async def test_what_licensing_cannot_begin_is_handed_over_with_what_stands_in_the_way(server: Server) -> None:
    case = await held(server, "SUSPEND_VERIFICATION")
    await case.take("executeExit", suspensionMonths=3, withoutPlanBecause="房屋险情")
    (referral,) = case.seen["referrals"]
    assert (referral["status"], "首次校验不合格" in referral["obstacle"]) == ("PENDING", True)
    assert await tasks(case.first, referral["id"]) == [("DECIDE_VERIFICATION", "OPEN", None)]
    assert (await current(case.first, case.seen["institution"]["id"]))["status"] == "ACTIVE"

    first, second = pair(server)
    unlicensed = await to_be_executed(first, second, await social(server), "CANCEL_LICENCE", "ORDER_EXIT")
    await unlicensed.take("executeExit", withoutPlanBecause="房屋险情")
    (referral,) = unlicensed.seen["referrals"]
    assert (referral["obstacle"], referral["licence"]) == ("机构没有登记在册的执业许可证", None)
    assert unlicensed.seen["institution"]["status"] == "EXITED_SYSTEM"
    given = {"referral": referral["id"], "expectedVersion": referral["version"], "reason": "从未取得许可证"}
    alone = await first.do("declineExitReferral", "", **given)
    assert alone["code"] == "SECOND_PERSON"
    await second.do("declineExitReferral", "", **given)
    done = await unlicensed.again()
    assert done["status"] == "EXECUTED", "the exit that the district orders itself was done"


async def test_a_decision_revoked_on_appeal_hands_nothing_over_any_more(server: Server, story: Story) -> None:
    case = await held(server, "CANCEL_LICENCE")
    await case.take("executeExit", withoutPlanBecause="房屋险情")
    (referral,) = case.seen["referrals"]
    await case.take("appealExit", kind="RECONSIDERATION", on=str(DAY), because="不服")
    await case.take("concludeExitAppeal", outcome="REVOKED", on=str(DAY), reason="事实不清")
    assert [(one["status"], one["outcome"]) for one in case.seen["referrals"]] == [("NOT_DONE", "退出决定已撤销")]
    ending = {"ending": referral["ending"]["id"], "expectedVersion": referral["ending"]["version"]}
    with story.at(date(2027, 1, 5)):
        unfounded = await story.refused(SECOND, "decideLicenceEnding", **ending, ended=True, reason="注销")
        assert "退出决定已撤销" in unfounded["message"]
        await story.act(SECOND, "decideLicenceEnding", **ending, ended=False, reason="退出决定已撤销")
    assert (await case.again())["status"] == "WITHDRAWN"


async def test_refusals_carry_the_words_of_their_clause(server: Server) -> None:
    first, second = pair(server)
    case = await opened(first, second, await social(server), "ORDER_EXIT")
    text = """mutation($i: NotifyExitInput!) { notifyExit(input: $i) { ... on Problem { clause { anchor text } } } }"""
    await case.take("reviewExitFacts", facts="事实清楚")
    past = {"case": case.id, "expectedVersion": case.version, "statementBy": str(DAY - timedelta(days=1))}
    refused = (await first.ask(text, i=past | {"idempotencyKey": "words"})).data["notifyExit"]
    assert refused["clause"]["anchor"] == case.seen["clause"]["anchor"]
    assert len(refused["clause"]["text"]) > 10
