"""Applying: who may, what is refused with which clause, and what is taken although it cannot win."""

from typing import Any

import pytest

from tests.driving import Client, Server
from tests.selection.world import (
    APPLICATION,
    MEASURES,
    act,
    credit_code,
    decide,
    failing,
    identify,
    on,
    persona,
    publish,
    step,
    stranger,
    submit,
    verified,
)

DAY = "2026-11-24"


@pytest.fixture(scope="module")
def officer(server: Server) -> Client:
    return persona(server, "mentougou-officer")


@pytest.fixture(scope="module")
async def opened(officer: Client) -> dict[str, Any]:
    """A published call for one gap, and a gap outside it."""
    with on("2026-11-23"):
        inside, outside = await identify(officer, ["申报甲区", "申报乙区"])
        published = await publish(officer, [inside["id"]], materials=[{"name": "组建方案"}])
        assert published["__typename"] == "CallPublished", published
    return {"call": published["call"], "gap": inside["id"], "outside": outside["id"]}


def refused(answer: dict[str, Any], code: str, path: str, anchor: str | None) -> None:
    """The answer is this refusal, of this field, for the sake of this clause."""
    assert (answer["code"], answer["path"][:2]) == (code, ["input", path]), answer
    clause = answer["clause"]
    assert (clause and clause["anchor"]) == anchor
    assert anchor is None or clause["document"] in (MEASURES, "beijing-2017-social-medicine")


async def test_an_application_after_the_last_day_is_refused(server: Server, opened: dict[str, Any]) -> None:
    with on("2026-12-19"):
        late = await submit(stranger(server, "late"), opened["call"]["id"], opened["gap"], 21)
    refused(late, "CONFLICT", "call", "第八条")
    assert "2026-12-18" in late["message"]


async def test_an_application_to_a_gap_outside_the_call_is_refused(server: Server, opened: dict[str, Any]) -> None:
    with on(DAY):
        answer = await submit(stranger(server, "astray"), opened["call"]["id"], opened["outside"], 22)
    refused(answer, "CONFLICT", "gap", "第八条")


async def test_an_operator_applies_once_whoever_acts_for_it(server: Server, opened: dict[str, Any]) -> None:
    with on(DAY):
        first = await submit(stranger(server, "one of us"), opened["call"]["id"], opened["gap"], 23)
        again = await submit(stranger(server, "another of us"), opened["call"]["id"], opened["gap"], 23)
        refused(again, "CONFLICT", "operator", "第八条")
        application = first["application"]
        withdrawn = await act(
            stranger(server, "one of us"),
            "withdrawApplication",
            f"... on ApplicationWithdrawn {{ {APPLICATION} }}",
            application=application["id"],
            expectedVersion=application["version"],
            reason="更正材料后重新申报",
        )
        assert withdrawn["application"]["status"] == "WITHDRAWN", withdrawn
        once_more = await submit(stranger(server, "another of us"), opened["call"]["id"], opened["gap"], 23)
    assert once_more["__typename"] == "ApplicationSubmitted"


async def test_for_profit_is_taken_and_proposed_ineligible_by_article_4(
    server: Server, officer: Client, opened: dict[str, Any]
) -> None:
    with on(DAY):
        done = await submit(
            stranger(server, "profit"), opened["call"]["id"], opened["gap"], 24, operatingNature="FOR_PROFIT"
        )
        application = done["application"]
        assert (application["status"], application["proposed"]) == ("SUBMITTED", "INELIGIBLE")
        against = [one for one in application["eligibility"] if one["effect"] == "INELIGIBLE"]
        assert [(one["rule"]["code"], one["clause"]["anchor"]) for one in against] == [("MTG-4-1", "第四条")]
        assert "不是非营利性机构" in against[0]["reason"]
        proposals = await officer(
            "query($s: ID!) { proposals(filter: {subject: {eq: $s}}) { nodes { effect status rule { code } } } }",
            s=application["id"],
        )
        assert proposals.data["proposals"]["nodes"] == [
            {"effect": "INELIGIBLE", "status": "OPEN", "rule": {"code": "MTG-4-1"}}
        ]
        refused(await decide(officer, application), "CONFLICT", "eligible", "第四条")
        decided = await decide(officer, application, eligible=False)
        assert decided["application"]["status"] == "INELIGIBLE", decided
        papers = await stranger(server, "profit")(
            "query($s: ID!) { papers(filter: {subject: {eq: $s}}) { nodes { kind remedies { kind } } } }",
            s=application["id"],
        )
    assert {one["kind"] for one in papers.data["papers"]["nodes"]} == {"SELECTION_RECEIPT", "ELIGIBILITY_DECISION"}


async def test_a_declaration_is_a_claim_until_the_authority_determined_it(
    server: Server, officer: Client, opened: dict[str, Any]
) -> None:
    with on(DAY):
        application = (await submit(stranger(server, "claims"), opened["call"]["id"], opened["gap"], 25))["application"]
        refused(await decide(officer, application), "CONFLICT", "eligible", "第三条")
        # Nothing the policy states stands against it: no other condition may be put up.
        refused(await decide(officer, application, eligible=False), "CONFLICT", "eligible", "二(二)")
        application = await verified(officer, application)
        assert application["proposed"] == "ELIGIBLE"
        assert (await decide(officer, application))["application"]["status"] == "ELIGIBLE"


async def test_whoever_refuses_for_the_plan_names_a_published_one(
    server: Server, officer: Client, opened: dict[str, Any]
) -> None:
    finding = {"fact": "CONFORMS_TO_PLAN", "value": "false", "basis": "该区域规划已有社区卫生服务站"}
    with on(DAY):
        application = (await submit(stranger(server, "plan"), opened["call"]["id"], opened["gap"], 26))["application"]
        given = {"application": application["id"], "expectedVersion": application["version"]}
        shown = f"... on ApplicationVerified {{ {APPLICATION} }}"
        refused(await act(officer, "verifyApplication", shown, **given, **finding), "INVALID", "plan", "二(一)")
        later = {"plan": "区医疗设施规划", "planPublishedOn": "2026-11-25"}
        answer = await act(officer, "verifyApplication", shown, **given, **finding, **later)
        refused(answer, "INVALID", "planPublishedOn", "二(一)")
        application = await verified(officer, application, CONFORMS_TO_PLAN="false")
        assert application["proposed"] == "INELIGIBLE"
        decided = await decide(officer, application, eligible=False)
    assert decided["application"]["status"] == "INELIGIBLE"


async def test_a_determination_outweighs_what_was_claimed(
    server: Server, officer: Client, opened: dict[str, Any]
) -> None:
    with on(DAY):
        application = (await submit(stranger(server, "kind"), opened["call"]["id"], opened["gap"], 27))["application"]
        given = {"application": application["id"], "expectedVersion": application["version"], "basis": "登记机关查询"}
        shown = f"... on ApplicationVerified {{ {APPLICATION} }}"
        wrong = await act(officer, "verifyApplication", shown, **given, fact="OPERATOR_KIND", value="COMPANY")
        refused(wrong, "INVALID", "value", None)
        done = await act(officer, "verifyApplication", shown, **given, fact="OPERATOR_KIND", value="GOVERNMENT")
    checks = {one["rule"]["code"]: one["outcome"] for one in done["application"]["eligibility"]}
    assert checks["MTG-2-1"] == "FIRED"


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"operator": {"name": " ", "kind": "INDIVIDUAL"}}, "operator"),
        ({"operator": {"name": "某公司", "kind": "NON_GOV_ENTERPRISE"}}, "operator"),
        ({"route": "CONVERSION"}, "existingInstitution"),
        ({"declarations": [{"kind": "CONFORMS_TO_PLAN", "claimed": True}] * 2}, "declarations"),
        ({"statement": "长" * 4001}, "statement"),
        ({"contactPhone": "12"}, "contactPhone"),
    ],
)
async def test_unacceptable_values_name_their_field(
    server: Server, opened: dict[str, Any], given: dict[str, Any], path: str
) -> None:
    with on(DAY):
        answer = await submit(stranger(server, "careless"), opened["call"]["id"], opened["gap"], 28, **given)
    refused(answer, "INVALID", path, None)


async def test_an_individual_applies_without_a_credit_code(server: Server, opened: dict[str, Any]) -> None:
    person = {"name": "张三", "kind": "INDIVIDUAL"}
    with on(DAY):
        done = await submit(stranger(server, "zhang"), opened["call"]["id"], opened["gap"], operator=person)
        assert done["__typename"] == "ApplicationSubmitted", done
        again = await submit(stranger(server, "zhang"), opened["call"]["id"], opened["gap"], operator=person)
        refused(again, "CONFLICT", "operator", "第八条")


async def test_the_same_key_submits_once(server: Server, opened: dict[str, Any]) -> None:
    with on(DAY):
        same = {"idempotencyKey": "submit-once", "contactPhone": "13800138000", "contactName": "李四"}
        first = await submit(stranger(server, "once"), opened["call"]["id"], opened["gap"], 29, **same)
        second = await submit(stranger(server, "once"), opened["call"]["id"], opened["gap"], 29, **same)
    assert first == second
    assert first["__typename"] == "ApplicationSubmitted"


async def test_applicants_read_their_own_and_nobody_elses(server: Server, opened: dict[str, Any]) -> None:
    mine, other = stranger(server, "mine"), stranger(server, "other")
    with on(DAY):
        own = (await submit(mine, opened["call"]["id"], opened["gap"], 31))["application"]["id"]
        foreign = (await submit(other, opened["call"]["id"], opened["gap"], 32))["application"]["id"]
        text = "query($id: ID!) { operatorApplication(id: $id) { id contactPhone } }"
        assert (await mine(text, id=own)).data["operatorApplication"]["id"] == own
        assert (await mine(text, id=foreign)).codes == ["NOT_FOUND"]
        listed = (await mine("{ operatorApplications { nodes { id eligibility { id } } } }")).data
        assert [one["id"] for one in listed["operatorApplications"]["nodes"]] == [own]
        for nobody in (server.client(None), stranger(server, "bystander")):
            assert (await nobody(text, id=own)).codes == ["NOT_FOUND"]
            assert (await nobody("{ operatorApplications { totalCount } }")).data == {
                "operatorApplications": {"totalCount": 0}
            }
        withdrawn = await failing(other, "withdrawApplication", application=own, expectedVersion=1, reason="不是我的")
        assert withdrawn.codes == ["NOT_FOUND"]


async def test_nobody_applies_without_signing_in(server: Server, opened: dict[str, Any]) -> None:
    given = {"call": opened["call"]["id"], "gap": opened["gap"], "route": "NEW", "operatingNature": "NON_PROFIT"}
    given["operator"] = {"name": "某中心", "kind": "SOCIAL_ORGANISATION", "unifiedSocialCreditCode": credit_code(33)}
    assert (await failing(server.client(None), "submitApplication", **given)).codes == ["UNAUTHENTICATED"]


async def test_a_draft_is_not_there_for_those_who_would_apply(server: Server, officer: Client) -> None:
    with on("2026-11-23"):
        (gap,) = await identify(officer, ["草拟区"])
        drafted = await act(
            officer,
            "draftCall",
            "... on CallDrafted { call { id version status number publicitySource publicityWorkingDays } }",
            district="mentougou",
            gaps=[gap["id"]],
            title="草拟的遴选",
            closesOn="2026-12-18",
        )
        call = drafted["call"]
        assert (call["status"], call["number"]) == ("DRAFT", None)
        assert (call["publicityWorkingDays"], call["publicitySource"]) == (5, "PLATFORM_DEFAULT")
        given = {"call": call["id"], "gap": gap["id"], "route": "NEW", "operatingNature": "NON_PROFIT"}
        given["operator"] = {"name": "张三", "kind": "INDIVIDUAL"}
        assert (await failing(stranger(server, "early"), "submitApplication", **given)).codes == ["NOT_FOUND"]
        text = "query($id: ID!) { selectionCall(id: $id) { id } }"
        assert (await server.client(None)(text, id=call["id"])).codes == ["NOT_FOUND"]
        taken = await publish(officer, [gap["id"]])
        refused(taken, "CONFLICT", "gaps", "第八条")
        done = await step(officer, "publishDraftedCall", "CallPublished", call)
        assert done["status"] == "PUBLISHED", done
        assert (await server.client(None)(text, id=call["id"])).data["selectionCall"]["id"] == call["id"]
