"""Applying for a licence over GraphQL: what is refused, with rule and clause, and the course of an application."""

from datetime import date
from typing import Any

import pytest

from server.kit.ids import NodeId, new_id
from tests.licensing.story import APPLICATION, DISTRICT, REQUIRED, TENANT, TODAY, Story

OFFICER, OPERATOR = "mentougou-officer", "mentougou-applicant"


def step(case: dict[str, Any], **given: Any) -> dict[str, Any]:
    return {"application": case["id"], "expectedVersion": case["version"], **given}


async def test_a_for_profit_community_institution_of_social_forces_is_refused_by_article_4(story: Story) -> None:
    with story.at(TODAY):
        refused = await story.refused(OPERATOR, "applyForLicence", **story.wanted(operatingNature="FOR_PROFIT"))
        assert (refused["code"], refused["path"]) == ("NOT_ADMISSIBLE", ["input", "operatingNature"])
        assert (refused["clause"]["document"], refused["clause"]["anchor"]) == ("mentougou-2026-3", "第四条")
        assert "MTG-4-1" in refused["message"]
        # The licence itself is refused too, should the application have got that far by another way.
        case = await story.accepted()
        story.rows(
            "UPDATE licence_application SET operating_nature = 'FOR_PROFIT' WHERE id = %s RETURNING id",
            NodeId.parse(case["id"]).id,
        )
        late = await story.refused(
            OFFICER,
            "grantLicence",
            **step(case),
            number="PDY700000000017",
            validFromOn=str(TODAY),
            validThroughOn="2031-12-01",
            reason="符合标准",
        )
        assert (late["code"], late["clause"]["anchor"]) == ("NOT_ADMISSIBLE", "第四条")


async def test_a_district_without_the_admission_policy_has_no_such_procedure(story: Story) -> None:
    wanted = story.wanted(district="fengtai")
    wanted.pop("award")
    refused = await story.refused("fengtai-officer", "applyForLicence", **wanted)
    assert refused["code"] == "POLICY_NOT_ENABLED"
    assert "准入" in refused["message"]


async def test_setup_is_applied_for_only_where_the_district_has_that_stage(story: Story) -> None:
    with story.at(TODAY):
        refused = await story.refused(OPERATOR, "applyForLicence", **story.wanted(kind="SETUP"))
    assert (refused["code"], refused["clause"]["anchor"]) == ("SETUP_STAGE", "第十一条")
    assert "未核实" in refused["message"]


async def test_an_application_rests_on_an_award_that_stands_and_is_made_once(story: Story) -> None:
    with story.at(TODAY):
        wanted = story.wanted()
        await story.act(OPERATOR, "applyForLicence", **wanted)
        twice = await story.refused(OPERATOR, "applyForLicence", **wanted)
        assert (twice["code"], twice["path"]) == ("CONFLICT", ["input", "award"])
        gone = await story.refused(
            OPERATOR, "applyForLicence", **story.wanted(award=story.award(status="NOT_SELECTED"))
        )
        assert (gone["code"], gone["clause"]["anchor"]) == ("CONFLICT", "第十一条")
        bare = await story.refused(OPERATOR, "applyForLicence", **{**story.wanted(), "award": None})
        assert bare["path"] == ["input", "award"]
        # Somebody else's award, another district's, one that does not exist: all the same.
        for award in (
            story.award(owner="mentougou-expert-1"),
            str(NodeId(110, TENANT, new_id())),
            str(NodeId(110, 5, new_id())),
        ):
            reply = await story.reply(OPERATOR, "applyForLicence", **story.wanted(award=award))
            assert reply.codes == ["NOT_FOUND"]


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"subjects": []}, ["input", "subjects"]),
        ({"subjects": ["中医科", "中医科"]}, ["input", "subjects"]),
        ({"beds": -1}, ["input", "beds"]),
        ({"servicePopulation": -1}, ["input", "servicePopulation"]),
        ({"institutionName": " "}, ["input", "institutionName"]),
        ({"documents": [{"material": "NO_SUCH", "document": str(NodeId(30, TENANT, new_id()))}]}, None),
    ],
)
async def test_unacceptable_values_name_their_field(
    story: Story, given: dict[str, Any], path: list[str] | None
) -> None:
    with story.at(TODAY):
        refused = await story.refused(OPERATOR, "applyForLicence", **story.wanted(**given))
    assert refused["code"] == "INVALID"
    assert refused["path"] == (path or ["input", "documents", "0", "material"])


async def test_materials_are_asked_for_once_in_time_and_never_what_is_on_file(story: Story) -> None:
    with story.at(TODAY):
        given = story.documents(OPERATOR, ("STAFF_LIST",))
        case = (await story.act(OPERATOR, "applyForLicence", **story.wanted(documents=given)))["application"]
        again = await story.refused(
            OFFICER, "requestLicenceMaterials", **step(case), materials=["STAFF_LIST"], note="请再交一次"
        )
        assert (again["code"], again["clause"]["anchor"]) == ("MATERIALS_ASKED_ONCE", "二(二)")
        beyond = await story.refused(
            OFFICER, "requestLicenceMaterials", **step(case), materials=["BANK_STATEMENT"], note="请补充"
        )
        assert (beyond["code"], beyond["clause"]["anchor"]) == ("INVALID", "二(二)")
        lacking = [one["code"] for one in case["materials"] if one["required"] and not one["onFile"]]
        case = (
            await story.act(OFFICER, "requestLicenceMaterials", **step(case), materials=lacking, note="请补齐材料")
        )["application"]
        assert case["dueOn"] is None
        twice = await story.refused(
            OFFICER, "requestLicenceMaterials", **step(case), materials=["INTERNAL_RULES"], note="请补充"
        )
        assert twice["code"] == "MATERIALS_ASKED_ONCE"
        half = story.documents(OPERATOR, lacking[:2])
        refused = await story.refused(OPERATOR, "supplyLicenceMaterials", **step(case), documents=half)
        assert refused["code"] == "MATERIALS_MISSING"
        stale = await story.refused(
            OPERATOR,
            "supplyLicenceMaterials",
            **step(case) | {"expectedVersion": 1},
            documents=story.documents(OPERATOR, lacking),
        )
        assert stale["code"] == "OUT_OF_DATE"
        case = (
            await story.act(
                OPERATOR, "supplyLicenceMaterials", **step(case), documents=story.documents(OPERATOR, lacking)
            )
        )["application"]
        third = await story.refused(
            OFFICER, "requestLicenceMaterials", **step(case), materials=["INTERNAL_RULES"], note="请补充"
        )
        assert third["code"] == "MATERIALS_ASKED_ONCE"


async def test_without_notice_in_time_the_application_counts_as_accepted_when_it_was_filed(story: Story) -> None:
    with story.at(TODAY):
        case = (await story.act(OPERATOR, "applyForLicence", **story.wanted()))["application"]
        assert case["noticeBy"] == "2026-12-08"
    with story.at(date(2026, 12, 9)):
        late = await story.refused(
            OFFICER, "requestLicenceMaterials", **step(case), materials=["STAFF_LIST"], note="请补充"
        )
        assert (late["code"], "即为受理" in late["message"]) == ("MATERIALS_ASKED_ONCE", True)
        case = (await story.act(OFFICER, "acceptLicenceApplication", **step(case)))["application"]
        assert (case["acceptedOn"], case["deemedAccepted"]) == ("2026-12-01", True)


async def test_the_time_that_experts_take_is_not_counted(story: Story) -> None:
    with story.at(TODAY):
        case = await story.accepted()
        whole = date.fromisoformat(case["dueOn"])
    with story.at(date(2026, 12, 15)):
        case = (await story.act(OFFICER, "beginLicenceExpertReview", **step(case, reason="专家现场评审")))[
            "application"
        ]
        assert (case["status"], case["dueOn"]) == ("EXPERT_REVIEW", None)
        early = await story.refused(OFFICER, "refuseLicence", **step(case), ground="STANDARDS", reason="不符合标准")
        assert early["code"] == "WRONG_STATE"
    with story.at(date(2027, 1, 15)):
        case = (await story.act(OFFICER, "endLicenceExpertReview", **step(case)))["application"]
        assert case["status"] == "ACCEPTED"
        # 9 of the 45 working days were used up before 15 December; 36 are left after 15 January.
        assert date.fromisoformat(case["dueOn"]) > whole
        assert "45 个工作日" in case["dueRule"]
        assert [one["kind"] for one in await story.papers(case["id"])][-1] == "EXPERT_REVIEW_NOTICE"


async def test_a_refusal_for_planning_reasons_cites_a_published_plan(story: Story) -> None:
    with story.at(TODAY):
        case = await story.accepted()
        given = step(case, ground="PLANNING", reason="与规划布点不符")
        for plan in (None, {"title": "区规划", "publishedOn": "2025-03-01"}):
            refused = await story.refused(OFFICER, "refuseLicence", **given, plan=plan)
            assert (refused["code"], refused["clause"]["anchor"]) == ("NO_PUBLISHED_PLAN", "二(一)")
            assert "未公开公布规划" in refused["message"]
        future = {"title": "区规划", "publishedOn": "2027-01-01", "number": "门政发〔2027〕1号"}
        assert (await story.refused(OFFICER, "refuseLicence", **given, plan=future))["code"] == "NO_PUBLISHED_PLAN"
        plan = {"title": "区社区卫生服务机构规划", "publishedOn": "2025-03-01", "number": "门政发〔2025〕8号"}
        other = await story.refused(OFFICER, "refuseLicence", **given | {"ground": "STANDARDS"}, plan=plan)
        assert other["path"] == ["input", "plan"]
        done = (await story.act(OFFICER, "refuseLicence", **given, plan=plan))["application"]
        assert (done["status"], done["refusalGround"], done["plan"]["number"]) == (
            "REFUSED",
            "PLANNING",
            "门政发〔2025〕8号",
        )
        (paper,) = [one for one in await story.papers(case["id"]) if one["kind"] == "REGISTRATION_REFUSAL"]
        assert paper["remedies"] is True
        # The city counts refusals and reads why, although no institution ever came of it.
        found = await story.ask(
            "municipal-analyst",
            "query { reviews(filter: {kind: {eq: REGISTRATION}, outcome: {eq: FAILED}})"
            " { nodes { reason institution { id } } } }",
        )
        assert {"reason": "执业登记：不符合规划：与规划布点不符", "institution": None} in found["reviews"]["nodes"]


async def test_what_was_handed_in_for_the_same_award_is_used_again(story: Story) -> None:
    with story.at(TODAY):
        wanted = story.wanted(documents=story.documents(OPERATOR))
        first = (await story.act(OPERATOR, "applyForLicence", **wanted))["application"]
        gone = await story.act(OPERATOR, "withdrawLicenceApplication", **step(first, reason="名称有误，重新申请"))
        assert gone["application"]["status"] == "WITHDRAWN"
        again = (await story.act(OPERATOR, "applyForLicence", **wanted | {"documents": []}))["application"]
        told = {one["code"]: (one["onFile"], one["reused"]) for one in again["materials"] if one["required"]}
        assert told == dict.fromkeys(REQUIRED, (True, True))
        # Of the operator's other institutions only what tells of the operator itself serves.
        other = (await story.act(OPERATOR, "applyForLicence", **story.wanted()))["application"]
        assert {one["code"] for one in other["materials"] if one["onFile"]} == {"OPERATOR_CERTIFICATE"}


async def test_who_sees_an_application(story: Story) -> None:
    with story.at(TODAY):
        case = (await story.act(OPERATOR, "applyForLicence", **story.wanted()))["application"]
        text = f"query($id: ID!) {{ licenceApplications(filter: {{id: {{eq: $id}}}}) {{ nodes {{ {APPLICATION} }} }} }}"
        seen = {}
        for who in (OPERATOR, OFFICER, "municipal-analyst", "mentougou-expert-1", "fengtai-officer", None):
            reply = await story.server.client(who)(text, id=case["id"])
            seen[who] = len(reply.data["licenceApplications"]["nodes"])
        assert seen == {
            OPERATOR: 1,
            OFFICER: 1,
            "municipal-analyst": 1,
            "mentougou-expert-1": 0,
            "fengtai-officer": 0,
            None: 0,
        }
        for verb in ("acceptLicenceApplication", "grantSetup"):
            reply = await story.reply(
                OPERATOR, verb, **step(case, **({"reason": "甲乙"} if verb == "grantSetup" else {}))
            )
            assert reply.codes == ["FORBIDDEN"]
        listed = await story.ask(
            OFFICER,
            "query($d: String!) { licenceApplications(district: $d, filter: {status: {eq: SUBMITTED},"
            ' dueOn: {lte: "2026-12-08"}}, orderBy: [{field: DUE_ON}]) { nodes { id dueOn } } }',
            d=DISTRICT,
        )
        assert {"id": case["id"], "dueOn": "2026-12-08"} in listed["licenceApplications"]["nodes"]


async def test_not_accepted_with_reasons_and_remedies(story: Story) -> None:
    with story.at(TODAY):
        case = (await story.act(OPERATOR, "applyForLicence", **story.wanted()))["application"]
        short = await story.refused(OFFICER, "refuseLicenceAcceptance", **step(case, reason="否"))
        assert short["path"] == ["input", "reason"]
        done = await story.act(OFFICER, "refuseLicenceAcceptance", **step(case, reason="不属于本机关职权范围"))
        assert done["application"]["status"] == "NOT_ACCEPTED"
        assert await story.tasks(case["id"]) == []
        assert (await story.papers(case["id"]))[-1]["remedies"] is True
        over = await story.refused(OFFICER, "acceptLicenceApplication", **step(done["application"]))
        assert over["code"] == "WRONG_STATE"
