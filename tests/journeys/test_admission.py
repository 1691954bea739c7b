"""Admission whole: one call, four gaps, six applicants, three awards, two institutions that open and one that does not."""

from datetime import date
from typing import Any

from tests.driving import Client, Server
from tests.journeys.opening import area, cancel, notify, open_doors, proposed, register
from tests.licensing.story import Story
from tests.selection.world import (
    act,
    add_expert,
    credit_code,
    decide,
    determined,
    experts,
    identify,
    on,
    persona,
    publish,
    score,
    seen,
    step,
    stranger,
    submit,
    verified,
)

AGREEMENT = "agreement { id version number status openingBy termUntil prohibitedUses breaches { use } }"
#: Who applies for which gap (both by number): the first two compete, the third is for profit.
WANTED = {1: 0, 2: 0, 3: 1, 4: 1, 5: 2, 6: 3}
#: Who is awarded, and by which day they must open.
OPENING_BY = {2: "2027-06-30", 3: "2027-06-30", 6: "2027-03-31"}


async def apply(server: Server, call: str, gaps: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """Six operators' applications, by number; the fifth is for profit."""
    found = {}
    for n, place in WANTED.items():
        nature = "FOR_PROFIT" if n == 5 else "NON_PROFIT"
        done = await submit(stranger(server, f"applicant{n}"), call, gaps[place]["id"], n, operatingNature=nature)
        assert done["__typename"] == "ApplicationSubmitted", done
        found[n] = done["application"]
    return found


async def examine(
    server: Server, officer: Client, applications: dict[int, dict[str, Any]]
) -> dict[int, dict[str, Any]]:
    """All of them examined: the fifth is not eligible, by article 4."""
    decided = {}
    for n, one in applications.items():
        if n == 2:
            one = await verified(officer, one)
        else:
            await determined(server, one)
        done = await decide(officer, one, eligible=n != 5)
        assert done["__typename"] == "EligibilityDecided", done
        decided[n] = done["application"]
    return decided


async def evaluate(server: Server, officer: Client, call: dict[str, Any], ids: dict[int, str]) -> dict[str, Any]:
    """The call with its scores opened: the first operator before the second, the third before the fourth."""
    fourth = await add_expert(server)
    call = await step(officer, "formCommittee", "CommitteeFormed", call, members=experts(server), quorum=3)
    call = await step(officer, "beginEvaluation", "EvaluationBegun", call)
    assert call["status"] == "UNDER_EVALUATION", call
    shown = await seen(officer, call["id"])
    recusals = {one["name"]: [r["application"]["id"] for r in one["recusals"]] for one in shown["committee"]}
    assert recusals == {"专家1": [], "专家2": [], "专家3": [], "专家四": [ids[2]]}
    clients = [persona(server, f"mentougou-expert-{n}") for n in (1, 2, 3)]
    shares = {1: 0.9, 2: 0.8, 3: 0.7, 4: 0.6, 6: 0.75}
    for expert in [*clients, fourth]:
        for n, share in shares.items():
            if expert is fourth and n == 2:
                continue
            done = await score(expert, ids[n], shown["criteria"], share)
            assert done["__typename"] == "ScoresSealed", done
            assert (done["sheet"]["status"], done["sheet"]["total"], done["sheet"]["scores"]) == ("SEALED", None, [])
    return await step(officer, "openScores", "ScoresOpened", call)


async def object_and_win(server: Server, officer: Client, call: dict[str, Any], gap: str) -> None:
    """The second operator objects to the first, and is right."""
    rival = stranger(server, "applicant2")
    shown = "... on ObjectionRaised { objection { id version status } }"
    raised = await act(
        rival, "raiseObjection", shown, call=call["id"], gap=gap, objector="第2社区健康服务中心", grounds="材料不实"
    )
    assert raised["__typename"] == "ObjectionRaised", raised
    early = await step(officer, "awardCall", "CallAwarded", call, openings=[])
    assert early["code"] == "CONFLICT"
    done = await act(
        officer,
        "decideObjection",
        "... on ObjectionDecided { objection { status remedy } }",
        objection=raised["objection"]["id"],
        expectedVersion=raised["objection"]["version"],
        upheld=True,
        remedy="EXCLUDE",
        reason="经核查，其人员材料不实",
    )
    assert done["objection"] == {"status": "UPHELD", "remedy": "EXCLUDE"}, done


async def entrust(officer: Client, gap: str, application: str) -> dict[str, Any]:
    """An agreement about premises of the gap, signed and handed over."""
    place = await act(
        officer,
        "registerPremises",
        "... on PremisesRegistered { premises { id } }",
        district="mentougou",
        name="永定镇社区服务用房一层",
        address="永定镇新区路8号",
        areaM2="420.5",
        ownerKind="GOVERNMENT",
        ownerName="区机关事务管理服务中心",
        gap=gap,
    )
    drafted = await act(
        officer,
        "draftAgreement",
        f"... on AgreementDrafted {{ {AGREEMENT} }}",
        premises=place["premises"]["id"],
        application=application,
        termFromOn="2027-01-15",
        termUntil="2030-01-15",
        openingBy="2027-05-31",
    )
    assert drafted["__typename"] == "AgreementDrafted", drafted
    agreement = drafted["agreement"]
    signed = await act(
        officer,
        "signAgreement",
        f"... on AgreementSigned {{ {AGREEMENT} }}",
        agreement=agreement["id"],
        expectedVersion=agreement["version"],
        signedForAuthority="区卫生健康委负责人",
        signedForOperator="举办主体负责人",
    )
    assert signed["__typename"] == "AgreementSigned", signed
    found: dict[str, Any] = signed["agreement"]
    return found


async def prepare(operator: Client, application: str) -> dict[str, Any]:
    """The confirmed operator begins to prepare its institution."""
    own = await operator("query($id: ID!) { operatorApplication(id: $id) { version } }", id=application)
    done = await act(
        operator,
        "beginPreparing",
        "... on PreparationBegun { application { status gap { status } } }",
        application=application,
        expectedVersion=own.data["operatorApplication"]["version"],
    )
    found: dict[str, Any] = done["application"]
    return found


async def test_from_four_uncovered_areas_to_two_open_institutions_and_a_cancelled_licence(
    server: Server, story: Story
) -> None:
    officer = persona(server, "mentougou-officer")
    with on("2026-11-23"):
        gaps = await identify(officer, ["甲居住区", "乙居住区", "丙居住区", "丁居住区"])
        published = await publish(officer, [one["id"] for one in gaps], publicityWorkingDays=None)
        assert published["__typename"] == "CallPublished", published
        call = published["call"]
    with on("2026-12-18", hour=23):  # the last day is in time
        applications = await apply(server, call["id"], gaps)
        assert applications[5]["proposed"] == "INELIGIBLE"
    with on("2026-12-19"):
        late = await submit(stranger(server, "late"), call["id"], gaps[0]["id"], 7)
        assert (late["code"], late["clause"]["anchor"]) == ("CONFLICT", "第八条")
        call = await step(officer, "closeCall", "CallClosed", call)
        assert call["status"] == "CLOSED"
        applications = await examine(server, officer, applications)
    ids = {n: one["id"] for n, one in applications.items()}
    with on("2026-12-21"):
        call = await evaluate(server, officer, call, ids)
        outcomes = {one["gap"]["id"]: one["outcome"] for one in call["outcomes"]}
        assert outcomes[gaps[2]["id"]] == "FAILED"
        call = await step(officer, "determineOperators", "OperatorsDetermined", call)
        call = await step(officer, "openPublicity", "PublicityOpened", call)
        assert (call["status"], call["publicityEndsOn"]) == ("PUBLICITY", "2026-12-28")
    with on("2026-12-28"):
        await object_and_win(server, officer, call, gaps[0]["id"])
        call = await step(officer, "determineOperators", "OperatorsDetermined", call)
        call = await step(officer, "openPublicity", "PublicityOpened", call)
    ends = date.fromisoformat(call["publicityEndsOn"])
    openings = [{"application": ids[n], "openingBy": day} for n, day in OPENING_BY.items()]
    with on(ends.isoformat(), hour=23):
        refused = await step(officer, "awardCall", "CallAwarded", call, openings=openings)
        assert (refused["code"], refused["clause"]["anchor"]) == ("CONFLICT", "第十条")
    with on("2027-01-08"):
        call = await step(officer, "awardCall", "CallAwarded", call, openings=openings)
        assert call["status"] == "AWARDED", call
        statuses = {one["name"]: one["status"] for one in call["gaps"]}
        assert statuses == {
            "甲居住区": "OPERATOR_DETERMINED",
            "乙居住区": "OPERATOR_DETERMINED",
            "丙居住区": "REOPENED",
            "丁居住区": "OPERATOR_DETERMINED",
        }
        agreement = await entrust(officer, gaps[0]["id"], ids[2])
        assert (agreement["status"], agreement["prohibitedUses"]) == (
            "SIGNED",
            ["MORTGAGE", "FINANCING", "LOAN", "DIVERSION"],
        )
        preparing = await prepare(stranger(server, "applicant2"), ids[2])
        assert preparing["gap"]["status"] == "PREPARING"
    await the_public_reads_the_result_and_nothing_else(server, call["id"])
    await the_reviews_tell_how_it_ended(server, call["number"])
    await two_open_and_one_does_not(server, story, {n: ids[n] for n in OPENING_BY}, [one["id"] for one in gaps])
    with on("2027-04-20"):
        # Both the area nobody was fit for and the one that lost its operator are offered again.
        again = await publish(officer, [gaps[2]["id"], gaps[3]["id"]], closesOn="2027-05-31")
        assert again["__typename"] == "CallPublished", again
        assert {one["status"] for one in again["call"]["gaps"]} == {"PUBLISHED"}


async def two_open_and_one_does_not(server: Server, story: Story, awards: dict[int, str], gaps: list[str]) -> None:
    """Three operators are registered; the sixth does not open by the day of its award, and loses its licence."""
    with story.at(date(2027, 1, 18)):
        licences = {n: await register(story, n, award) for n, award in awards.items()}
        assert {n: one["openingDueOn"] for n, one in licences.items()} == OPENING_BY
        assert [(await area(server, one))[0] for one in gaps] == ["LICENSED", "LICENSED", "REOPENED", "LICENSED"]
    with story.at(date(2027, 3, 15)):
        await open_doors(story, licences[2], date(2027, 3, 15))
        await open_doors(story, licences[3], date(2027, 3, 12))
    with story.at(date(2027, 3, 31)):  # the last day is in time
        missed = await story.act("mentougou-officer", "reviewMissedDays", district="mentougou")
        assert licences[6]["id"] not in {one["id"] for one in missed["licences"]}
    with story.at(date(2027, 4, 1)):
        ending = await notify(story, licences[6], await proposed(story, licences[6]))
        assert (await area(server, gaps[3]))[0] == "LICENSED"
    with story.at(date(2027, 4, 19)):
        await cancel(story, ending)
        assert [(await area(server, one))[0] for one in gaps] == ["OPEN", "OPEN", "REOPENED", "REOPENED"]
        went = ["IDENTIFIED", "SELECTED", "PUBLISHED", "OPERATOR_DETERMINED"]
        assert (await area(server, gaps[0]))[1] == [*went, "PREPARING", "LICENSED", "OPEN"]
        assert (await area(server, gaps[3]))[1] == [*went, "PREPARING", "LICENSED", "REOPENED"]
        for n, status in {2: "OPERATING", 3: "OPERATING", 6: "CANCELLED"}.items():
            now = await story.licence(licences[n])
            assert now["institution"]["status"] == status
            assert now["status"] == ("CANCELLED" if n == 6 else "ACTIVE")


async def the_public_reads_the_result_and_nothing_else(server: Server, call: str) -> None:
    reply = await server.client(None)(
        "query($id: ID!) { node(id: $id) { ... on SelectionCall { status gaps { name history { reason } }"
        " applications(first: 10) { totalCount } committee { name } objections { grounds }"
        " notices { kind results { operatorName totalScore application { id } gap { name } } } } } }",
        id=call,
    )
    found = reply.data["node"]
    assert found["status"] == "AWARDED"
    assert (found["applications"]["totalCount"], found["committee"], found["objections"]) == (0, [], [])
    assert all(one["history"] == [] for one in found["gaps"])
    assert [one["kind"] for one in found["notices"]] == ["CALL", "RESULT", "RESULT", "AWARD"]
    award = {one["gap"]["name"]: one for one in found["notices"][-1]["results"]}
    assert {name: one["operatorName"] for name, one in award.items()} == {
        "甲居住区": "第2社区健康服务中心",
        "乙居住区": "第3社区健康服务中心",
        "丙居住区": None,
        "丁居住区": "第6社区健康服务中心",
    }
    assert award["甲居住区"]["totalScore"] == "320.00"
    assert all(one["application"] is None for one in award.values())


async def the_reviews_tell_how_it_ended(server: Server, number: str) -> None:
    reply = await persona(server, "municipal-analyst")(
        "query($c: String!) { reviews(first: 50, filter: {kind: {eq: SELECTION}, cycle: {eq: $c}}) {"
        " nodes { outcome reason score institution { id } application { operatorName unifiedSocialCreditCode } } } }",
        c=number,
    )
    found = {one["application"]["operatorName"]: one for one in reply.data["reviews"]["nodes"]}
    outcomes = {name[1]: one["outcome"] for name, one in found.items()}
    assert outcomes == {"1": "FAILED", "2": "PASSED", "3": "PASSED", "4": "FAILED", "5": "FAILED", "6": "PASSED"}
    assert found["第1社区健康服务中心"]["reason"] == "经核查，其人员材料不实"
    assert found["第5社区健康服务中心"]["score"] is None
    assert found["第3社区健康服务中心"]["score"] == 280.0
    assert found["第2社区健康服务中心"]["application"]["unifiedSocialCreditCode"] == credit_code(2)
