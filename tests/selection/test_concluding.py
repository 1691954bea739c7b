"""From the determination to the award: publicity, objections, what fails and what re-opens."""

from typing import Any

import pytest

from tests.driving import Client, Server
from tests.selection.world import (
    SCHEME,
    act,
    all_scored,
    decide,
    determined,
    failing,
    identify,
    on,
    persona,
    publish,
    step,
    stranger,
    submit,
    under_evaluation,
)

DAY = "2026-12-21"
OBJECTION = "... on ObjectionRaised { objection { id version status } }"


@pytest.fixture(scope="module")
def officer(server: Server) -> Client:
    return persona(server, "mentougou-officer")


@pytest.fixture(scope="module")
async def chosen(officer: Client) -> str:
    """A gap that may be published."""
    with on("2026-11-23"):
        (gap,) = await identify(officer, ["字段区"])
    return str(gap["id"])


async def in_publicity(
    server: Server, officer: Client, operators: tuple[int, ...] = (71, 72), **given: Any
) -> tuple[dict[str, Any], dict[int, str]]:
    """A call whose result is public until 2026-12-28: the first operator before the second."""
    call, ids = await under_evaluation(server, operators=operators, **given)
    shares = {ids[n]: 0.9 - place / 10 for place, n in enumerate(operators)}
    call = await all_scored(server, call, shares)
    with on(DAY):
        call = await step(officer, "determineOperators", "OperatorsDetermined", call)
        call = await step(officer, "openPublicity", "PublicityOpened", call)
    assert call["status"] == "PUBLICITY", call
    return call, ids


async def objected(client: Client, call: dict[str, Any], **given: Any) -> dict[str, Any]:
    """An objection, or the problem."""
    fields = {"call": call["id"], "gap": call["gaps"][0]["id"], "objector": "居民代表", "grounds": "评分依据不足"}
    return await act(client, "raiseObjection", OBJECTION, **fields | given)


async def answer(officer: Client, objection: dict[str, Any], **given: Any) -> dict[str, Any]:
    """The review of an objection, or the problem."""
    return await act(
        officer,
        "decideObjection",
        "... on ObjectionDecided { objection { status remedy decisionReason } }",
        objection=objection["id"],
        expectedVersion=objection["version"],
        **{"upheld": False, "reason": "经复核评分符合规则"} | given,
    )


async def test_an_award_waits_for_the_end_of_publicity_and_for_every_objection(server: Server, officer: Client) -> None:
    call, ids = await in_publicity(server, officer, publicityWorkingDays=5)
    openings = [{"application": ids[71], "openingBy": "2027-06-30"}]
    with on("2026-12-28", hour=23):
        early = await step(officer, "awardCall", "CallAwarded", call, openings=openings)
        assert (early["code"], early["clause"]["anchor"]) == ("CONFLICT", "第十条")
        assert "2026-12-28" in early["message"]
        resident = stranger(server, "resident")
        raised = await objected(resident, call)
        assert raised["__typename"] == "ObjectionRaised", raised
        own = await resident(
            "query($id: ID!) { node(id: $id) { ... on Objection { status grounds } } }", id=raised["objection"]["id"]
        )
        assert own.data["node"] == {"status": "OPEN", "grounds": "评分依据不足"}
    with on("2026-12-29"):
        late = await objected(stranger(server, "too late"), call)
        assert (late["code"], late["clause"]["anchor"]) == ("CONFLICT", "第十条")
        held = await step(officer, "awardCall", "CallAwarded", call, openings=openings)
        assert "1 项异议未复核" in held["message"]
        without = await answer(officer, raised["objection"], upheld=True)
        assert without["path"] == ["input", "remedy"]
        done = await answer(officer, raised["objection"])
        assert done["objection"]["status"] == "DISMISSED", done
        none = await step(officer, "awardCall", "CallAwarded", call, openings=[])
        assert (none["path"], none["clause"]["anchor"]) == (["input", "openings"], "第二十二条")
        past = [{"application": ids[71], "openingBy": "2026-12-29"}]
        assert (await step(officer, "awardCall", "CallAwarded", call, openings=past))["path"] == ["input", "openings"]
        call = await step(officer, "awardCall", "CallAwarded", call, openings=openings)
        assert call["status"] == "AWARDED", call
        shown = await stranger(server, "applicant71")(
            "{ tasks(filter: {kind: {eq: OPEN_INSTITUTION}}) { nodes { dueOn dueRule provisional consequence } } }"
        )
    (task,) = shown.data["tasks"]["nodes"]
    assert (task["dueOn"], task["provisional"]) == ("2027-06-30", False)
    assert "注销" in task["consequence"]


async def test_a_gap_is_scored_anew_when_the_evaluation_was_flawed(server: Server, officer: Client) -> None:
    call, ids = await in_publicity(server, officer, operators=(81, 82))
    with on("2026-12-22"):
        raised = await objected(stranger(server, "applicant82"), call)
        done = await answer(officer, raised["objection"], upheld=True, remedy="SCORE_ANEW", reason="评分时漏看材料")
        assert done["objection"]["remedy"] == "SCORE_ANEW", done
        again = await answer(officer, raised["objection"] | {"version": 2})
        assert again["code"] == "CONFLICT"
        call = await step(officer, "beginEvaluation", "EvaluationBegun", call)
        assert call["status"] == "UNDER_EVALUATION", call
    call = await all_scored(server, call, {ids[81]: 0.3, ids[82]: 0.6}, day="2026-12-22")
    with on("2026-12-22"):
        call = await step(officer, "determineOperators", "OperatorsDetermined", call)
        text = "query($id: ID!) { operatorApplication(id: $id) { status rank sheets { round status } } }"
        second = (await officer(text, id=ids[82])).data["operatorApplication"]
        assert (second["status"], second["rank"]) == ("SELECTED", 1)
        assert sorted((one["round"], one["status"]) for one in second["sheets"]) == [
            *[(1, "OPENED")] * 3,
            *[(2, "OPENED")] * 3,
        ]


async def test_when_the_selected_withdraws_the_next_follows_and_the_result_is_public_anew(
    server: Server, officer: Client
) -> None:
    call, ids = await in_publicity(server, officer, operators=(91, 92))
    with on("2026-12-23"):
        text = "query($id: ID!) { operatorApplication(id: $id) { version status } }"
        first = (await officer(text, id=ids[91])).data["operatorApplication"]
        await act(
            stranger(server, "applicant91"),
            "withdrawApplication",
            "... on ApplicationWithdrawn { application { status } }",
            application=ids[91],
            expectedVersion=first["version"],
            reason="无力举办",
        )
        early = await step(officer, "openPublicity", "PublicityOpened", call)
        assert early["code"] == "CONFLICT"
        call = await step(officer, "determineOperators", "OperatorsDetermined", call)
        call = await step(officer, "openPublicity", "PublicityOpened", call)
        assert call["publicityEndsOn"] == "2026-12-30"
    assert (await officer(text, id=ids[92])).data["operatorApplication"]["status"] == "SELECTED"


async def test_an_operator_that_gives_up_its_award_re_opens_the_gap(server: Server, officer: Client) -> None:
    call, ids = await in_publicity(server, officer, operators=(101,))
    with on("2027-01-08"):
        openings = [{"application": ids[101], "openingBy": "2027-06-30"}]
        call = await step(officer, "awardCall", "CallAwarded", call, openings=openings)
        assert (call["status"], call["gaps"][0]["status"]) == ("AWARDED", "OPERATOR_DETERMINED")
    with on("2027-02-01"):
        text = "query($id: ID!) { operatorApplication(id: $id) { version status } }"
        own = (await officer(text, id=ids[101])).data["operatorApplication"]
        assert own["status"] == "CONFIRMED"
        done = await act(
            stranger(server, "applicant101"),
            "withdrawApplication",
            "... on ApplicationWithdrawn { application { status gap { status } } }",
            application=ids[101],
            expectedVersion=own["version"],
            reason="资金未能到位",
        )
        assert done["application"]["status"] == "WITHDRAWN", done
        assert done["application"]["gap"]["status"] == "REOPENED"
        text = "query($id: ID!) { serviceGap(id: $id) { history { toStatus } } }"
        gap = (await officer(text, id=call["gaps"][0]["id"])).data["serviceGap"]
    steps = [one["toStatus"] for one in gap["history"]]
    assert steps == ["IDENTIFIED", "SELECTED", "PUBLISHED", "OPERATOR_DETERMINED", "REOPENED"]


async def test_a_call_that_nobody_applied_to_fails_and_its_gaps_re_open(server: Server, officer: Client) -> None:
    with on("2026-11-23"):
        (gap,) = await identify(officer, ["无人申报区"])
        call = (await publish(officer, [gap["id"]]))["call"]
        early = await step(officer, "closeCall", "CallClosed", call)
        assert (early["code"], early["clause"]["anchor"]) == ("CONFLICT", "第八条")
    with on("2026-12-19"):
        call = await step(officer, "closeCall", "CallClosed", call)
        assert (call["status"], call["gaps"][0]["status"]) == ("FAILED", "REOPENED")
        notices = await server.client(None)(
            "query($id: ID!) { selectionCall(id: $id) { endReason notices { kind number } } }", id=call["id"]
        )
        assert [one["kind"] for one in notices.data["selectionCall"]["notices"]] == ["CALL", "ENDED"]
        again = await publish(officer, [gap["id"]], closesOn="2027-01-29")
        assert again["__typename"] == "CallPublished", again
        text = "query($id: ID!) { serviceGap(id: $id) { calls { status } } }"
        gaps = await server.client(None)(text, id=gap["id"])
    assert [one["status"] for one in gaps.data["serviceGap"]["calls"]] == ["FAILED", "PUBLISHED"]


async def test_a_call_with_none_eligible_fails_and_its_refusals_are_reviews(server: Server, officer: Client) -> None:
    with on("2026-11-23"):
        (gap,) = await identify(officer, ["均不合格区"])
        call = (await publish(officer, [gap["id"]]))["call"]
        made = await submit(stranger(server, "p"), call["id"], gap["id"], 95, operatingNature="FOR_PROFIT")
    with on("2026-12-19"):
        call = await step(officer, "closeCall", "CallClosed", call)
        await determined(server, made["application"])
        await decide(officer, made["application"], eligible=False)
        call = await step(officer, "beginEvaluation", "EvaluationBegun", call)
        assert (call["status"], call["gaps"][0]["status"]) == ("FAILED", "REOPENED")
        reviews = await persona(server, "municipal-analyst")(
            "query($c: String!) { reviews(filter: {kind: {eq: SELECTION}, cycle: {eq: $c}}) {"
            " nodes { outcome reason application { operatorName } } } }",
            c=call["number"],
        )
    assert [(one["outcome"], one["reason"]) for one in reviews.data["reviews"]["nodes"]] == [
        ("FAILED", "拟设机构不符合规定")
    ]


async def test_a_cancelled_call_says_why_and_can_be_followed_by_another(server: Server, officer: Client) -> None:
    with on("2026-11-23"):
        (gap,) = await identify(officer, ["取消区"])
        call = (await publish(officer, [gap["id"]], criteria=SCHEME, url="https://example.org/1"))["call"]
        await submit(stranger(server, "q"), call["id"], gap["id"], 96)
        stale = await act(
            officer, "cancelCall", "", call=call["id"], expectedVersion=call["version"] + 1, reason="规划调整"
        )
        assert stale["__typename"] == "OutOfDate"
        call = await step(officer, "cancelCall", "CallCancelled", call, reason="规划调整，选址区域须重新划定")
        assert (call["status"], call["gaps"][0]["status"]) == ("CANCELLED", "REOPENED")
        over = await submit(stranger(server, "r"), call["id"], gap["id"], 97)
        assert over["code"] == "CONFLICT"
        twice = await step(officer, "cancelCall", "CallCancelled", call, reason="再次取消")
        assert twice["code"] == "CONFLICT"


async def test_a_district_without_the_pack_has_no_such_procedure(server: Server) -> None:
    officer = persona(server, "fengtai-officer")
    fields = {"district": "fengtai", "gaps": [], "title": "遴选", "closesOn": "2026-12-18"}
    with on("2026-11-23"):
        refused = await act(officer, "publishCall", "", **fields)
        assert (refused["__typename"], refused["code"], refused["path"]) == (
            "PolicyNotEnabled",
            "POLICY_NOT_ENABLED",
            ["input", "district"],
        )
        gap = {"name": "甲", "area": "甲", "population": 1}
        named = await act(officer, "identifyGaps", "", district="fengtai", batch="一", gaps=[gap])
        assert named["code"] == "POLICY_NOT_ENABLED"
        foreign = await failing(officer, "publishCall", **fields | {"district": "mentougou"})
        assert foreign.codes == ["FORBIDDEN"]


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"closesOn": "2026-11-23"}, "closesOn"),
        ({"closesOn": "2028-01-01"}, "closesOn"),
        ({"publicityWorkingDays": 0}, "publicityWorkingDays"),
        ({"publicityWorkingDays": 61}, "publicityWorkingDays"),
        ({"gaps": []}, "gaps"),
        ({"title": ""}, "title"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"criteria": [{"name": "甲", "maxScore": "10", "weight": "99"}]}, "criteria"),
        ({"materials": [{"name": " "}]}, "materials"),
    ],
)
async def test_a_call_that_does_not_hold_names_its_field(
    officer: Client, chosen: str, given: dict[str, Any], path: str
) -> None:
    with on("2026-11-23"):
        refused = await publish(officer, **{"gaps": [chosen]} | given)
    assert (refused["__typename"], refused["path"][:2]) == ("InvalidInput", ["input", path]), refused


async def test_a_gap_that_was_not_chosen_is_not_published(officer: Client) -> None:
    areas = [{"name": "未选区", "area": "未选区一带", "population": 1}]
    with on("2026-11-23"):
        shown = "... on GapsIdentified { gaps { id version } }"
        made = await act(officer, "identifyGaps", shown, district="mentougou", batch="第二批", gaps=areas)
        gap = made["gaps"][0]
        refused = await publish(officer, [gap["id"]])
        assert (refused["code"], refused["clause"]["anchor"]) == ("CONFLICT", "第六条")
        done = await act(
            officer,
            "withdrawGap",
            "... on GapWithdrawn { gap { status } }",
            gap=gap["id"],
            expectedVersion=gap["version"],
            reason="已由相邻站点覆盖",
        )
        assert done["gap"]["status"] == "WITHDRAWN"
        again = await publish(officer, [gap["id"]])
        assert again["code"] == "CONFLICT"
