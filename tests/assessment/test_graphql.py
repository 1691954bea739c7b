"""Assessing over GraphQL, from the scheme to the amended result, and the ledger beside it."""

import uuid
from datetime import date
from typing import Any

import pytest

from server.assessment.terms import terms_on
from server.kit.errors import PolicyNotEnabled
from server.policy.shelf import Shelved
from tests.driving import Client, Server

PROBLEM = "__typename ... on Problem { code message path clause { document anchor } }"
ASSESSMENT = (
    "id version status total grade returnedReason institution { id } cycle { name }"
    " scores { selfScore score correctedScore indicator { id code } }"
    " effects { id version kind status share clauseAnchor } appeals { outcome }"
)
ITEM = "id version status problem dueOn reason"


async def send(client: Client, verb: str, payload: str, field: str, shown: str, **given: Any) -> dict[str, Any]:
    kind = verb[0].upper() + verb[1:]
    reply = await client(
        f"mutation($input: {kind}Input!) {{ {verb}(input: $input) {{ {PROBLEM} ... on {payload}"
        f" {{ {field} {{ {shown} }} }} }} }}",
        input={"idempotencyKey": uuid.uuid4().hex, **given},
    )
    told = reply.data[verb]
    return told.get(field) or told


async def on(client: Client, verb: str, row: dict[str, Any], **given: Any) -> dict[str, Any]:
    """One step of an assessment."""
    said = {"assessment": row["id"], "expectedVersion": row["version"], **given}
    return await send(client, verb, "AssessmentSaved", "assessment", ASSESSMENT, **said)


async def refused(client: Client, verb: str, row: dict[str, Any], **given: Any) -> list[str]:
    """The codes of errors of a step that is nobody's to take."""
    kind = verb[0].upper() + verb[1:]
    said = {"assessment": row["id"], "expectedVersion": row["version"], "idempotencyKey": uuid.uuid4().hex, **given}
    reply = await client(f"mutation($input: {kind}Input!) {{ {verb}(input: $input) {{ __typename }} }}", input=said)
    return reply.codes


def scheme(level: str, assessor: str, **given: Any) -> dict[str, Any]:
    indicator = {"domain": "PUBLIC_HEALTH", "title": "健康档案", "maxScore": "50", "assessor": assessor}
    return {
        "district": "fengtai",
        "code": f"S-{uuid.uuid4().hex[:8]}",
        "title": "社区卫生服务绩效考核方案",
        "level": level,
        "passLine": "60",
        "excellentLine": "90",
        "indicators": [
            indicator | {"code": "A1", "weight": "40"},
            indicator | {"code": "B1", "weight": "60", "domain": "FAMILY_DOCTOR"},
        ],
        **given,
    }


async def define(client: Client, **given: Any) -> dict[str, Any]:
    return await send(client, "defineAssessmentScheme", "AssessmentSchemeSaved", "scheme", "id version status", **given)


async def adopted(officer: Client, admin: Client, level: str, assessor: str) -> dict[str, Any]:
    draft = await define(officer, **scheme(level, assessor))
    said = {"scheme": draft["id"], "expectedVersion": 1}
    return await send(admin, "adoptAssessmentScheme", "AssessmentSchemeSaved", "scheme", "id version status", **said)


async def cycle_of(client: Client, made: dict[str, Any], name: str, **given: Any) -> dict[str, Any]:
    said = {"scheme": made["id"], "name": name, "selfReportBy": "2026-01-31", "assessBy": "2026-03-31", **given}
    shown = "id version status"
    return await send(client, "planAssessmentCycle", "AssessmentCycleSaved", "cycle", shown, **said)


@pytest.fixture(scope="module")
def officer(server: Server) -> Client:
    return server.client("fengtai-officer")


@pytest.fixture(scope="module")
def admin(server: Server) -> Client:
    return server.client("fengtai-admin")


@pytest.fixture(scope="module")
def body(server: Server) -> Client:
    return server.client("fengtai-health-management")


@pytest.fixture(scope="module")
def staff(server: Server) -> Client:
    return server.client("fengtai-institution")


@pytest.fixture(scope="module")
async def opened(server: Server, samples: None, officer: Client, admin: Client) -> dict[str, dict[str, Any]]:
    """A cycle of each level, opened: what is to be assessed, by the name of the level."""
    found = {}
    for level, assessor in (("CENTRE", "COMMUNITY_HEALTH_MGMT_CENTRE"), ("STATION", "COMMUNITY_HEALTH_CENTRE")):
        made = await adopted(officer, admin, level, assessor)
        planned = await cycle_of(officer, made, "2024")
        shown = "id version status"
        said = {"cycle": planned["id"], "expectedVersion": 1}
        found[level] = await send(officer, "openAssessmentCycle", "AssessmentCycleSaved", "cycle", shown, **said)
        assert found[level]["status"] == "OPEN"
    return found


async def mine(client: Client, cycle: dict[str, Any], **where: Any) -> list[dict[str, Any]]:
    reply = await client(
        f"query($f: AssessmentFilter) {{ assessments(filter: $f, first: 100) {{ nodes {{ {ASSESSMENT} }} }} }}",
        f={"cycle": {"id": {"eq": cycle["id"]}}, **where},
    )
    return reply.data["assessments"]["nodes"]


def marks(row: dict[str, Any], *scores: str, comment: str | None = None) -> list[dict[str, Any]]:
    pairs = zip(row["scores"], scores, strict=True)
    return [{"indicator": one["indicator"]["id"], "score": given, "comment": comment} for one, given in pairs]


async def test_a_centre_from_its_self_report_to_the_amended_result(
    opened: dict[str, Any], officer: Client, admin: Client, body: Client, staff: Client
) -> None:
    (row,) = await mine(staff, opened["CENTRE"])
    assert row["status"] == "OPEN"
    half = await on(staff, "submitSelfAssessment", row, scores=marks(row, "50", "50")[:1])
    assert half["message"] == "第 2 项指标尚未自评"
    row = await on(staff, "submitSelfAssessment", row, scores=marks(row, "50", "45.5"))
    assert [one["selfScore"] for one in row["scores"]] == ["50.00", "45.50"]
    # The institution does not assess itself, nor does another's staff recheck.
    assert await refused(staff, "scoreAssessment", row, scores=marks(row, "50", "50")) == ["FORBIDDEN"]
    assert await refused(staff, "recheckAssessment", row) == ["FORBIDDEN"]

    too_much = await on(body, "scoreAssessment", row, scores=marks(row, "50.01", "1"))
    assert too_much["path"] == ["input", "scores", "0", "score"]
    row = await on(body, "scoreAssessment", row, scores=marks(row, "20", "25"))
    assert row["status"] == "ASSESSED"
    assert await refused(body, "recheckAssessment", row) == ["FORBIDDEN"]  # who scored does not recheck
    row = await on(officer, "returnAssessment", row, reason="第二项缺少佐证")
    assert (row["status"], row["returnedReason"]) == ("RETURNED", "第二项缺少佐证")
    row = await on(body, "scoreAssessment", row, scores=marks(row, "20", "26"))
    row = await on(officer, "recheckAssessment", row, corrections=marks(row, "21", "26", comment="抽查核实"))
    assert row["status"] == "REVIEWED"
    problems = [{"text": "健康档案更新不及时", "dueOn": "2099-01-31"}]
    row = await on(officer, "confirmAssessment", row, problems=problems)
    # 21/50 of 40 and 26/50 of 60.
    assert (row["status"], row["total"], row["grade"]) == ("CONFIRMED", "48.00", "NOT_QUALIFIED")
    effects = {one["kind"]: one for one in row["effects"]}
    assert effects.keys() == {"SUBSIDY", "VERIFICATION_INPUT", "INTERVIEW", "RECTIFICATION", "NEGATIVE_LIST"}
    assert effects["SUBSIDY"]["share"] == "48.00"
    assert effects["INTERVIEW"]["clauseAnchor"] == "二(一)3"
    reviews = await reviewed(officer, row)
    assert [(one["outcome"], one["score"], one["annulledOn"]) for one in reviews] == [("FAILED", 48.0, None)]

    row = await on(staff, "appealAssessment", row, statement="家庭医生签约数据有误")
    assert row["status"] == "APPEALED"
    right = {"reason": "核对后更正", "corrections": marks(row, "40", "45", comment="核对系统数据")}
    assert await refused(officer, "decideAssessmentAppeal", row, **right) == ["FORBIDDEN"]  # who confirmed it
    row = await on(admin, "decideAssessmentAppeal", row, **right)
    assert (row["status"], row["total"], row["grade"]) == ("AMENDED", "86.00", "QUALIFIED")
    assert row["appeals"] == [{"outcome": "AMENDED"}]
    assert {one["kind"] for one in row["effects"] if one["status"] == "PENDING"} == {"SUBSIDY", "VERIFICATION_INPUT"}
    reviews = await reviewed(officer, row)
    assert [(one["outcome"], one["annulledOn"] is None) for one in reviews] == [("FAILED", False), ("PASSED", True)]

    settled = next(one for one in row["effects"] if one["kind"] == "SUBSIDY" and one["status"] == "PENDING")
    said = {"effect": settled["id"], "expectedVersion": settled["version"], "note": "已按比例拨付"}
    done = await send(officer, "settleAssessmentEffect", "AssessmentEffectSettled", "effect", "status note", **said)
    assert done == {"status": "DONE", "note": "已按比例拨付"}


async def reviewed(client: Client, row: dict[str, Any]) -> list[dict[str, Any]]:
    reply = await client(
        'query($i: ID!) { reviews(filter: {kind: {eq: ASSESSMENT}, cycle: {eq: "2024"}, scheme: {startsWith: "S-"},'
        " institution: {id: {eq: $i}}}) { nodes { outcome score annulledOn } } }",
        i=row["institution"]["id"],
    )
    return sorted(reply.data["reviews"]["nodes"], key=lambda one: one["outcome"])


async def test_a_centre_assesses_its_stations_and_no_others(
    opened: dict[str, Any], officer: Client, staff: Client, body: Client
) -> None:
    own = await mine(staff, opened["STATION"])
    assert own
    row = own[0]
    # The day for the self-report has passed, so the centre may go on without it.
    row = await on(staff, "scoreAssessment", row, scores=marks(row, "50", "50"))
    assert row["status"] == "ASSESSED"
    others = [one for one in await mine(officer, opened["STATION"]) if one["id"] not in {each["id"] for each in own}]
    assert await refused(staff, "scoreAssessment", others[0], scores=marks(others[0], "1", "1")) == ["FORBIDDEN"]
    assert await refused(body, "scoreAssessment", own[1], scores=marks(own[1], "1", "1")) == ["FORBIDDEN"]
    row = await on(officer, "recheckAssessment", row)
    row = await on(officer, "confirmAssessment", row)
    assert (row["total"], row["grade"]) == ("100.00", "EXCELLENT")
    assert "REWARD" in {one["kind"] for one in row["effects"]}
    early = await send(
        officer,
        "publishAssessmentCycle",
        "AssessmentCycleSaved",
        "cycle",
        "status",
        cycle=opened["STATION"]["id"],
        expectedVersion=opened["STATION"]["version"],
    )
    assert early["code"] == "CONFLICT"


async def test_the_author_of_a_scheme_does_not_adopt_it(officer: Client) -> None:
    draft = await define(officer, **scheme("CENTRE", "COMMUNITY_HEALTH_MGMT_CENTRE"))
    said = {"scheme": draft["id"], "expectedVersion": 1, "idempotencyKey": uuid.uuid4().hex}
    reply = await officer(
        "mutation($input: AdoptAssessmentSchemeInput!) { adoptAssessmentScheme(input: $input) { __typename } }",
        input=said,
    )
    assert reply.codes == ["FORBIDDEN"]


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"passLine": "95"}, ["input", "passLine"]),
        ({"indicators": []}, ["input", "indicators"]),
        ({"title": " "}, ["input", "title"]),
    ],
)
async def test_a_scheme_that_cannot_be_is_refused(officer: Client, given: dict[str, Any], path: list[str]) -> None:
    told = await define(officer, **scheme("CENTRE", "COMMUNITY_HEALTH_MGMT_CENTRE", **given))
    assert (told["__typename"], told["path"]) == ("InvalidInput", path)


async def test_the_plan_says_who_may_assess_and_how_long_a_cycle_is(officer: Client, admin: Client) -> None:
    told = await define(officer, **scheme("STATION", "COMMUNITY_HEALTH_MGMT_CENTRE"))
    assert told["clause"]["document"] == "fengtai-plan"
    made = await adopted(officer, admin, "CENTRE", "COMMUNITY_HEALTH_MGMT_CENTRE")
    for name, path in (("2025Q1", "name"), ("二五", "name")):
        told = await cycle_of(officer, made, name)
        assert told["path"] == ["input", path]
    told = await cycle_of(officer, made, "2023", assessBy="2025-01-01")
    assert told["path"] == ["input", "assessBy"]


async def test_a_result_is_not_confirmed_before_the_period_is_over(
    server: Server, samples: None, officer: Client, admin: Client, body: Client
) -> None:
    made = await adopted(officer, admin, "CENTRE", "COMMUNITY_HEALTH_MGMT_CENTRE")
    planned = await cycle_of(officer, made, "2030")
    said = {"cycle": planned["id"], "expectedVersion": 1}
    cycle = await send(officer, "openAssessmentCycle", "AssessmentCycleSaved", "cycle", "id version", **said)
    row = (await mine(officer, cycle))[0]
    row = await on(body, "scoreAssessment", row, scores=marks(row, "50", "50"))
    row = await on(officer, "recheckAssessment", row)
    told = await on(officer, "confirmAssessment", row)
    assert told["code"] == "CONFLICT"
    assert "未结束" in told["message"]


async def test_a_district_whose_rules_count_failed_assessments_assesses_too(server: Server) -> None:
    given = scheme("CENTRE", "COMMUNITY_HEALTH_MGMT_CENTRE", district="mentougou")
    assert (await define(server.client("mentougou-officer"), **given))["status"] == "DRAFT"


def test_a_district_without_any_policy_does_not_assess() -> None:
    with pytest.raises(PolicyNotEnabled):
        terms_on(Shelved({}, {}), 3, date(2026, 11, 1))


async def test_the_ledger_from_the_problem_to_its_acceptance(officer: Client, staff: Client, samples: None) -> None:
    wanted = "institutions(first: 1, filter: {kind: {eq: COMMUNITY_HEALTH_CENTRE}})"
    centre = (await staff(f"{{ {wanted} {{ nodes {{ id }} }} }}")).data
    institution = centre["institutions"]["nodes"][0]["id"]
    given = {"institution": institution, "problem": "消毒记录不全", "dueOn": "2099-03-01"}
    not_mine = await staff(
        "mutation($input: RecordProblemInput!) { recordProblem(input: $input) { __typename } }",
        input={**given, "source": "INSPECTION", "idempotencyKey": uuid.uuid4().hex},
    )
    assert not_mine.codes == ["FORBIDDEN"]
    past = {**given, "source": "INSPECTION", "dueOn": "2020-01-01"}
    past = await send(officer, "recordProblem", "RectificationSaved", "item", ITEM, **past)
    assert past["path"] == ["input", "dueOn"]
    item = await send(officer, "recordProblem", "RectificationSaved", "item", ITEM, **given, source="INSPECTION")

    async def step(client: Client, verb: str, **more: Any) -> dict[str, Any]:
        said = {"item": item["id"], "expectedVersion": item["version"], **more}
        return await send(client, verb, "RectificationSaved", "item", ITEM, **said)

    early = await step(officer, "decideRectification", accepted=True)
    assert early["code"] == "CONFLICT"
    item = await step(staff, "planRectification", plan="补记并培训")
    item = await step(staff, "submitRectification", evidence="已补记三个月")
    item = await step(officer, "decideRectification", accepted=False, reason="缺培训记录", dueOn="2099-04-01")
    assert (item["status"], item["dueOn"], item["reason"]) == ("IN_PROGRESS", "2099-04-01", "缺培训记录")
    item = await step(staff, "submitRectification", evidence="已附培训记录")
    item = await step(officer, "decideRectification", accepted=True)
    assert item["status"] == "ACCEPTED"
    over = await step(officer, "findRectificationRefused", reason="晚了")
    assert over["code"] == "CONFLICT"
