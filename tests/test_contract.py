"""The operations that callers rely on, word for word, as the caller named in each file's first comment."""

from pathlib import Path

import psycopg
import pytest

from schema.operations import Operations
from server.kit import clock
from server.kit.uscc import check_character
from tests.driving import Server
from tests.insurance.world import IN_WINDOW, Office
from tests.licensing.story import TODAY, Story
from tests.selection.world import identify, on, persona

CONTRACT = Path(__file__).parent / "contract"


def operation(name: str) -> str:
    """The text of a contract operation."""
    return (CONTRACT / f"{name}.graphql").read_text(encoding="utf-8")


def test_the_schema_answers_every_operation() -> None:
    operations = Operations(hints=False)
    names = {path.stem for path in CONTRACT.glob("*.graphql")}
    assert len(names) == 14
    assert {name: problems for name in names if (problems := operations.problems(operation(name)))} == {}


async def test_district_directory(server: Server) -> None:
    reply = await server.client(None)(operation("district_directory"))
    districts = reply.data["districts"]
    assert len(districts) == 17
    assert [one["code"] for one in districts if one["divisionCode"] is None] == ["kaifaqu"]
    fengtai = next(one for one in districts if one["code"] == "fengtai")
    assert fengtai == {
        "code": "fengtai",
        "name": "丰台区",
        "kind": "DISTRICT",
        "divisionCode": "110106",
        "insuranceAgency": {
            "name": "丰台区医疗保障经办机构",
            "phones": ["87016958"],
            "email": "ftybxyglk@mail.bjft.gov.cn",
        },
    }


@pytest.mark.parametrize("caller", ["fengtai-officer", "municipal-analyst"])
async def test_institution_page(server: Server, samples: None, caller: str) -> None:
    variables = {
        "district": "fengtai",
        "first": 5,
        "filter": {"status": {"in": ["OPERATING"]}, "name": {"contains": "社区"}},
        "orderBy": [{"field": "NAME", "direction": "ASC"}],
    }
    client, text = server.client(caller), operation("institution_page")
    seen: list[str] = []
    after, total = None, None
    while True:
        page = (await client(text, **variables, after=after)).data["institutions"]
        total = page["totalCount"]
        seen += [edge["node"]["name"] for edge in page["edges"]]
        for edge in page["edges"]:
            node = edge["node"]
            assert node["status"] == "OPERATING"
            assert node["district"] == {"code": "fengtai", "name": "丰台区"}
            assert len(node["reviews"]["edges"]) <= 3
            assert [site["kind"] for site in node["sites"]] == ["PRACTICE"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert len(seen) == len(set(seen)) == total > 10
    # In pinyin: Changxindian (长辛店) stands before Fangzhuang (方庄) before Lugouqiao (卢沟桥).
    first = [next(n for n, name in enumerate(seen) if town in name) for town in ("长辛店", "方庄", "马家堡")]
    assert first == sorted(first)


@pytest.mark.parametrize("caller", ["mentougou-admin", "municipal-analyst"])
async def test_policy_in_force(server: Server, caller: str) -> None:
    text, client = operation("policy_in_force"), server.client(caller)
    found = (await client(text, district="mentougou", kind="ADMISSION", on="2026-11-01")).data["district"]
    assert {one["kind"] for one in found["enabledPolicies"]} == {
        "ADMISSION",
        "EXIT",
        "DESIGNATION",
        "CAPABILITY",
        "DEADLINES",
    }
    policy = found["policy"]
    assert (policy["version"], policy["status"]) == (1, "IN_FORCE")
    assert (policy["effectiveFrom"], policy["effectiveUntil"]) == ("2026-04-02", "2029-04-02")
    assert len(policy["digest"]) == 64
    assert "mentougou" in str(policy["documents"]) or policy["documents"]
    publicity = next(one for one in policy["parameters"] if one["key"] == "publicity_working_days")
    assert (publicity["value"], publicity["unit"], publicity["sourceStatus"]) == ("5", "工作日", "PLATFORM_DEFAULT")
    for rule in policy["rules"]:
        assert rule["concept"].startswith(("admission.", "local."))
        assert all(clause["text"] for clause in rule["clauses"])
        assert rule["clauses"]
    gone = (await client(text, district="mentougou", kind="EXIT", on="2029-04-02")).data["district"]
    assert gone["policy"] is None


async def test_policy_comparison(server: Server) -> None:
    concepts = ["exit.consecutive_failed_assessments", "exit.bad_practice_points", "exit.yellow_cards"]
    text = operation("policy_comparison")
    reply = await server.client("municipal-analyst")(text, concepts=concepts, on="2026-11-01")
    found = {one["concept"]: one["rows"] for one in reply.data["policyComparison"]}
    assert list(found) == concepts
    present = {concept: {row["district"]["code"] for row in rows if row["present"]} for concept, rows in found.items()}
    assert all(len(rows) == 17 for rows in found.values())
    assert present == {
        "exit.consecutive_failed_assessments": {"mentougou", "fengtai"},
        "exit.bad_practice_points": {"mentougou"},
        "exit.yellow_cards": {"fengtai"},
    }
    cards = next(row for row in found["exit.yellow_cards"] if row["present"])
    assert cards["district"] == {"code": "fengtai", "name": "丰台区"}
    assert (cards["effect"], cards["threshold"], cards["unit"]) == ("GUIDE_TRANSFORMATION", 2, "次")
    assert cards["clause"]["document"] == "fengtai-plan"
    absent = next(row for row in found["exit.yellow_cards"] if not row["present"])
    assert [absent[key] for key in ("effect", "threshold", "unit", "window", "clause")] == [None] * 5


async def test_draft_and_publish_policy(server: Server) -> None:
    author, second = server.client("fengtai-admin"), server.client("fengtai-admin-2")
    wanted = {
        "district": "fengtai",
        "kind": "EXIT",
        "effectiveFrom": "2027-07-01",
        "parameters": [{"key": "cards_to_transform", "value": "3"}],
        "idempotencyKey": "contract-draft",
    }
    drafted = (await author(operation("draft_policy"), input=wanted)).data["draftPolicy"]
    assert drafted["__typename"] == "PolicyDrafted"
    assert drafted["policy"]["status"] == "DRAFT"
    assert {"path": "parameters.cards_to_transform", "before": "2", "after": "3"} in drafted["changes"]
    approval = {
        "policy": drafted["policy"]["id"],
        "expectedDigest": drafted["policy"]["digest"],
        "reason": "经区卫生健康委会议研究通过",
        "idempotencyKey": "contract-publish",
    }
    own = (await author(operation("publish_policy"), input=approval)).data["publishPolicy"]
    assert own["__typename"] == "Conflicting"
    done = (await second(operation("publish_policy"), input=approval)).data["publishPolicy"]
    assert done["__typename"] == "PolicyPublished"
    assert (done["policy"]["effectiveFrom"], done["policy"]["effectiveUntil"]) == ("2027-07-01", None)
    shown = operation("policy_in_force")
    before = (await author(shown, district="fengtai", kind="EXIT", on="2027-06-30")).data["district"]["policy"]
    after = (await author(shown, district="fengtai", kind="EXIT", on="2027-07-01")).data["district"]["policy"]
    assert (before["version"], before["effectiveUntil"]) == (1, "2027-07-01")
    assert after["id"] == done["policy"]["id"]
    assert next(one for one in after["parameters"] if one["key"] == "cards_to_transform")["value"] == "3"
    withdrawn = await second(
        "mutation($input: WithdrawPolicyInput!) { withdrawPolicy(input: $input) { __typename } }",
        input=approval | {"idempotencyKey": "contract-withdraw"},
    )
    assert withdrawn.data["withdrawPolicy"] == {"__typename": "PolicyWithdrawn"}


async def test_simulate_policy(server: Server, samples: None) -> None:
    author = server.client("fengtai-admin")
    wanted = {
        "district": "fengtai",
        "kind": "EXIT",
        "effectiveFrom": "2036-01-01",
        "parameters": [{"key": "failed_cycles_to_exit", "value": "1"}],
        "idempotencyKey": "contract-simulate",
    }
    drafted = (await author(operation("draft_policy"), input=wanted)).data["draftPolicy"]["policy"]
    reply = await author(operation("simulate_policy"), policy=drafted["id"], on="2026-11-01")
    found = reply.data["policySimulation"]
    assert found["evaluated"] > 20
    assert found["indeterminate"] == 0, "every register that the rules ask for is kept"
    assert found["changed"] == len({edge["node"]["institution"]["id"] for edge in found["changes"]["edges"]})
    for edge in found["changes"]["edges"]:
        assert edge["node"]["rule"] == {"code": "FT-2-4-5-CYCLES"}
        assert (edge["node"]["before"], edge["node"]["after"]) == ("NOT_FIRED", "FIRED")


async def test_confirm_negative_finding(server: Server, samples: None) -> None:
    """In a district with the list; in one without, a problem that says so."""
    officer = server.client("fengtai-officer")
    listed = (
        "query($d: String!) { institutions(district: $d, first: 40, filter: {source: {eq: SAMPLE}}) { nodes { id } } }"
    )
    institution = (await officer(listed, d="fengtai")).data["institutions"]["nodes"][-1]["id"]
    wanted = {
        "institution": institution,
        "discoveredOn": "2026-09-10",
        "confirmedOn": "2026-09-20",
        "occurrences": [{"item": "NL-6", "occurredOn": "2026-09-01", "evidence": "医疗事故技术鉴定书"}],
        "idempotencyKey": "contract-confirm",
    }
    done = (await officer(operation("confirm_negative_finding"), input=wanted)).data["confirmNegativeFinding"]
    assert done["__typename"] == "NegativeFindingConfirmed"
    assert [one["item"]["code"] for one in done["findings"]] == ["NL-6"]
    (card,) = done["yellowCards"]
    assert (card["issuedOn"], card["countsUntil"], card["status"]) == ("2026-09-20", "2027-09-21", "ISSUED")
    assert done["proposals"] == []
    again = (await officer(operation("confirm_negative_finding"), input=wanted)).data["confirmNegativeFinding"]
    assert again == done
    other = server.client("mentougou-officer")
    elsewhere = (await other(listed, d="mentougou")).data["institutions"]["nodes"][0]["id"]
    refused = await other(operation("confirm_negative_finding"), input=wanted | {"institution": elsewhere})
    assert refused.data["confirmNegativeFinding"]["code"] == "POLICY_NOT_ENABLED"


@pytest.mark.parametrize("caller", ["fengtai-officer", "fengtai-institution", "municipal-analyst"])
async def test_institution_detail_of_a_carded_centre(server: Server, samples: None, caller: str) -> None:
    """Everything that regulates one institution, on a day; its own staff see it too."""
    staff, officer = server.client("fengtai-institution"), server.client("fengtai-officer")
    listed = "{ institutions(first: 1, filter: {kind: {eq: COMMUNITY_HEALTH_CENTRE}}) { nodes { id } } }"
    institution = (await staff(listed)).data["institutions"]["nodes"][0]["id"]
    wanted = {
        "institution": institution,
        "discoveredOn": "2026-09-10",
        "confirmedOn": "2026-09-20",
        "occurrences": [{"item": "NL-3", "occurredOn": "2026-09-01", "evidence": "诊疗记录"}],
        "idempotencyKey": f"contract-detail-{caller}",
    }
    await officer(operation("confirm_negative_finding"), input=wanted)
    reply = await server.client(caller)(operation("institution_detail"), id=institution, on="2026-11-01")
    found = reply.data["institution"]
    assert (found["id"], found["kind"]) == (institution, "COMMUNITY_HEALTH_CENTRE")
    card = found["yellowCards"]["edges"][0]["node"]
    assert (card["issuedOn"], card["countsUntil"], card["status"]) == ("2026-09-20", "2027-09-21", "ISSUED")
    assert card["finding"]["item"]["code"] == "NL-3"
    by_rule = {one["rule"]["code"]: one for one in found["standing"]["decisions"]}
    assert found["standing"]["evaluatedOn"] == "2026-11-01"
    explained = by_rule["FT-2-4-5-CARDS"]["explanation"]
    assert explained[1]["facts"][0]["name"] == "yellow_cards_in_window"
    assert explained[1]["clause"]["text"]


async def test_municipal_overview(server: Server, samples: None) -> None:
    variables = {"from": "2025-01-01", "until": "2026-01-01"}
    data = (await server.client("municipal-analyst")(operation("municipal_overview"), **variables)).data
    assert len(data["districts"]) == 17
    for one in data["districts"]:
        page = one["institutions"]
        assert page["totalCount"] >= len(page["edges"]) == 5
        kinds = {policy["kind"] for policy in one["enabledPolicies"]}
        assert {"DESIGNATION", "CAPABILITY", "DEADLINES"} <= kinds
        latest = [edge["node"]["reviews"]["edges"][0]["node"]["decidedOn"] for edge in page["edges"]]
        assert latest == sorted(latest, reverse=True)
    own = {one["code"]: {policy["kind"] for policy in one["enabledPolicies"]} for one in data["districts"]}
    assert {"ADMISSION", "EXIT"} <= own["mentougou"]
    assert "NEGATIVE_LIST" not in own["mentougou"]
    assert {"ASSESSMENT", "NEGATIVE_LIST", "EXIT"} <= own["fengtai"]
    groups = data["reviewGroups"]
    assert {group["key"]["district"]["code"] for group in groups} == {one["code"] for one in data["districts"]}
    scored = [group for group in groups if group["key"]["kind"] == "ASSESSMENT"]
    assert all(group["averageScore"] is not None for group in scored)
    assert all(group["averageScore"] is None for group in groups if group["key"]["kind"] == "VERIFICATION")
    listed = await server.client("municipal-analyst")(
        "query($from: Date!, $until: Date!) { reviews(filter: {decidedOn: {gte: $from, lt: $until}}) { totalCount } }",
        **variables,
    )
    assert sum(group["count"] for group in groups) == listed.data["reviews"]["totalCount"]


async def test_publish_call_and_submit_application(server: Server) -> None:
    officer, applicant = persona(server, "mentougou-officer"), persona(server, "mentougou-applicant")
    with on("2026-11-23"):
        gaps = [one["id"] for one in await identify(officer, ["合同甲区", "合同乙区"])]
        wanted = {
            "district": "mentougou",
            "gaps": gaps,
            "title": "2026年第一批社区卫生服务站举办主体公开遴选",
            "closesOn": "2026-12-18",
            "publicityWorkingDays": 5,
            "idempotencyKey": "contract-call",
        }
        published = (await officer(operation("publish_call"), input=wanted)).data["publishCall"]
        assert published["__typename"] == "CallPublished", published
        call = published["call"]
        assert (call["status"], call["publishedOn"], call["closesOn"]) == ("PUBLISHED", "2026-11-23", "2026-12-18")
        assert call["number"].startswith("选告〔2026〕")
        assert [(one["name"], one["area"]) for one in call["gaps"]] == [
            ("合同甲区", "合同甲区一带"),
            ("合同乙区", "合同乙区一带"),
        ]
        assert (await officer(operation("publish_call"), input=wanted)).data["publishCall"] == published
        fields = {
            "call": call["id"],
            "gap": gaps[0],
            "route": "NEW",
            "operator": {
                "name": "某社区健康服务中心",
                "unifiedSocialCreditCode": "52110109MJ0000001" + check_character("52110109MJ0000001"),
                "kind": "SOCIAL_ORGANISATION",
            },
            "operatingNature": "NON_PROFIT",
            "declarations": [{"kind": "BEARS_CIVIL_LIABILITY", "claimed": True}],
            "materials": [],
            "idempotencyKey": "contract-application",
        }
        done = (await applicant(operation("submit_application"), input=fields)).data["submitApplication"]
        assert done["__typename"] == "ApplicationSubmitted", done
        application = done["application"]
        assert (application["status"], application["route"]) == ("SUBMITTED", "NEW")
        found = {one["rule"]["code"]: (one["outcome"], one["clause"]["anchor"]) for one in application["eligibility"]}
        assert found == {
            "MTG-2-1": ("NOT_FIRED", "第二条"),
            "MTG-3-1": ("INDETERMINATE", "第三条"),
            "MTG-4-1": ("NOT_FIRED", "第四条"),
            "MTG-5-1": ("INDETERMINATE", "第五条"),
        }
        again = await applicant(operation("submit_application"), input=fields | {"idempotencyKey": "contract-again"})
        assert again.data["submitApplication"]["__typename"] == "Conflicting"
    fengtai = persona(server, "fengtai-officer")
    with on("2026-11-23"):
        elsewhere = wanted | {"district": "fengtai", "gaps": [], "idempotencyKey": "contract-elsewhere"}
        refused = (await fengtai(operation("publish_call"), input=elsewhere)).data["publishCall"]
    assert (refused["__typename"], refused["code"]) == ("PolicyNotEnabled", "POLICY_NOT_ENABLED")


async def test_submit_designation(server: Server, superuser: str) -> None:
    applicant = await Office(server, superuser).applicant(kind="COMMUNITY_HEALTH_STATION")
    with clock.frozen(IN_WINDOW):
        reply = await applicant.client(operation("submit_designation"), input=applicant.submission())
        done = reply.data["submitDesignation"]
        assert done["__typename"] == "DesignationSubmitted"
        assert done["application"]["status"] == "SUBMITTED"
        assert len(done["application"]["materials"]) == 6
        again = await applicant.client(operation("submit_designation"), input=applicant.submission())
    assert again.data["submitDesignation"]["code"] == "DUPLICATE_APPLICATION"


async def test_institution_detail_shows_cards_and_why(server: Server, superuser: str) -> None:
    with psycopg.connect(superuser, autocommit=True) as connection:
        story = Story(server, connection)
        with story.at(TODAY):
            licence = await story.licensed()
            given = {"licence": licence["id"], "expectedVersion": licence["version"], "on": str(TODAY)}
            licence = (await story.act("mentougou-officer", "recordOpening", **given))["licence"]
            institution = licence["institution"]["id"]
            for caller in ("mentougou-officer", story.staff(institution), "municipal-analyst"):
                reply = await server.client(caller)(operation("institution_detail"), id=institution, on="2027-02-01")
                found = reply.data["institution"]
                assert found["licence"] == {
                    "number": licence["number"],
                    "status": "ACTIVE",
                    "validThroughOn": licence["validThroughOn"],
                    "verificationDueOn": licence["verificationDueOn"],
                }
                assert (found["status"], found["operatingNature"], found["designation"]) == (
                    "OPERATING",
                    "NON_PROFIT",
                    None,
                )
                assert found["stations"] == {"totalCount": 0}
                outcomes = {one["rule"]["code"]: one["outcome"] for one in found["standing"]["decisions"]}
                assert outcomes["MTG-22-1"] == "NOT_FIRED"
            assert (await server.client("fengtai-officer")(operation("institution_detail"), id=institution)).codes == [
                "NOT_FOUND"
            ]
