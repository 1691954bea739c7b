"""A licence's life over GraphQL: opening, verification, endings, obligations; and what is refused."""

import uuid
from datetime import date, timedelta
from typing import Any

from server.kit.ids import NodeId
from tests.licensing.story import DISTRICT, PROPOSAL, TODAY, Story

OFFICER, SECOND = "mentougou-officer", "mentougou-admin"
VERIFY = ("VERIFICATION_FORM", "PRACTICE_REPORT")


def at(licence: dict[str, Any], **given: Any) -> dict[str, Any]:
    return {"licence": licence["id"], "expectedVersion": licence["version"], **given}


async def opened(story: Story, day: date = TODAY) -> dict[str, Any]:
    """A licence of an institution that opened on the day it was licensed."""
    with story.at(day):
        licence = await story.licensed()
        return (await story.act(OFFICER, "recordOpening", **at(licence), on=str(day)))["licence"]


async def judged(story: Story, licence: dict[str, Any], day: date, result: str, **given: Any) -> dict[str, Any]:
    """The licence applied for verification and judged on this day; what was answered."""
    with story.at(day):
        now = await story.licence(licence)
        documents = story.documents(OFFICER, VERIFY)
        case = (await story.act(OFFICER, "applyForVerification", **at(now), documents=documents))["verification"]
        return await story.act(
            OFFICER,
            "decideVerification",
            verification=case["id"],
            expectedVersion=case["version"],
            result=result,
            reason="依据现场核查结论",
            **given,
        )


async def test_opening_is_recorded_once_by_day_and_in_order(story: Story) -> None:
    with story.at(TODAY):
        licence = await story.licensed(opening=date(2027, 1, 29))
        for on in ("2026-11-30", "2026-12-02"):
            refused = await story.refused(OFFICER, "recordOpening", **at(licence), on=on)
            assert (refused["code"], refused["path"]) == ("INVALID", ["input", "on"])
        shorter = {"dueOn": "2027-01-29", "source": "AGREEMENT", "reference": "门卫协〔2026〕2号"}
        refused = await story.refused(OFFICER, "extendOpening", **at(licence), opening=shorter, reason="工程延误")
        assert refused["path"] == ["input", "opening", "dueOn"]
        longer = shorter | {"dueOn": "2027-03-31"}
        bare = await story.refused(
            OFFICER, "extendOpening", **at(licence), opening=longer | {"reference": " "}, reason="工程延误"
        )
        assert bare["path"] == ["input", "opening", "reference"]
        licence = (await story.act(OFFICER, "extendOpening", **at(licence), opening=longer, reason="工程延误"))[
            "licence"
        ]
        (due,) = [one["dueOn"] for one in await story.tasks(licence["id"]) if one["kind"] == "OPEN_INSTITUTION"]
        assert due == "2027-03-31"
    with story.at(date(2027, 4, 1)):
        late = await story.refused(OFFICER, "extendOpening", **at(licence), opening=longer, reason="工程延误")
        assert (late["code"], "届满" in late["message"]) == ("CONFLICT", True)
        # Opened late is late: the rule proposes, and says so to who decides.
        done = await story.act(OFFICER, "recordOpening", **at(licence), on="2027-04-01")
        assert [one["rule"]["code"] for one in done["proposals"]] == ["MTG-22-1"]
        twice = await story.refused(OFFICER, "recordOpening", **at(done["licence"]), on="2027-04-01")
        assert twice["code"] == "CONFLICT"


async def test_a_failed_verification_is_suspended_before_it_can_be_cancelled(story: Story) -> None:
    licence = await opened(story)
    first = await judged(story, licence, date(2027, 11, 1), "NOT_QUALIFIED")
    (proposal,) = first["proposals"]
    assert (proposal["rule"]["code"], proposal["effect"]) == ("MTG-21-2-SUSPEND", "SUSPEND_VERIFICATION")
    licence = first["verification"]["licence"]
    with story.at(date(2027, 11, 2)):
        # A-MTG-2: not at once.
        soon = await story.refused(
            OFFICER, "notifyLicenceEnding", **at(licence), ground="VERIFICATION_FAILED", reason="校验不合格"
        )
        assert (soon["code"], soon["clause"]["anchor"]) == ("WRONG_STATE", "第二十一条")
        pending = await story.refused(
            OFFICER, "applyForVerification", **at(licence), documents=story.documents(OFFICER, VERIFY)
        )
        assert "等待" in pending["message"]
        for months in (0, 7):
            refused = await story.refused(
                OFFICER, "suspendVerification", **at(licence), suspensionMonths=months, reason="限期整改"
            )
            assert (refused["path"], refused["clause"]["anchor"]) == (["input", "suspensionMonths"], "第二十一条")
        named = {"proposal": proposal["id"], "expectedVersion": proposal["version"]}
        licence = (
            await story.act(
                OFFICER,
                "suspendVerification",
                **at(licence),
                suspensionMonths=1,
                reason="限期整改",
                proposal=named,
            )
        )["licence"]
        assert (licence["status"], licence["suspendedThroughOn"]) == ("VERIFICATION_SUSPENDED", "2027-12-02")
        soon = await story.refused(OFFICER, "applyForVerification", **at(licence))
        assert soon["code"] == "NOT_YET_DUE"
    second = await judged(story, licence, date(2027, 12, 3), "NOT_QUALIFIED")
    (proposal,) = second["proposals"]
    assert (proposal["rule"]["code"], proposal["effect"]) == ("MTG-21-2-CANCEL", "CANCEL_LICENCE")
    licence = second["verification"]["licence"]
    with story.at(date(2027, 12, 6)):
        given = at(licence, ground="VERIFICATION_FAILED", reason="再次校验仍不合格")
        wrong = await story.refused(OFFICER, "notifyLicenceEnding", **given | {"ground": "NOT_OPENED"})
        assert (wrong["code"], wrong["clause"]["anchor"]) == ("NOT_YET_DUE", "第二十二条")
        named = {"proposal": proposal["id"], "expectedVersion": proposal["version"]}
        ending = (await story.act(OFFICER, "notifyLicenceEnding", **given, proposal=named))["ending"]
        other = await story.refused(OFFICER, "notifyLicenceEnding", **given, proposal=named)
        assert other["code"] == "CONFLICT"
        said = {"ending": ending["id"], "expectedVersion": ending["version"]}
        ending = (await story.act(OFFICER, "stateLicenceCase", **said, statement="放弃陈述申辩"))["ending"]
        decision = {"ending": ending["id"], "expectedVersion": ending["version"], "ended": True, "reason": "情况属实"}
        bare = await story.refused(SECOND, "decideLicenceEnding", **decision)
        assert bare["path"] == ["input", "continuity"]
        done = await story.act(SECOND, "decideLicenceEnding", **decision, continuity="由镇卫生院承接签约居民")
        assert done["ending"]["licence"]["status"] == "CANCELLED"
        status = story.rows("SELECT count(*) FROM obligation WHERE institution_id = %s AND until IS NULL",
                            NodeId.parse(licence["institution"]["id"]).id)  # fmt: skip
        assert status == [(0,)]


async def test_a_verification_is_concluded_once_and_suspended_once(story: Story) -> None:
    licence = await opened(story)
    done = await judged(story, licence, date(2027, 11, 1), "SUSPENDED", suspensionMonths=6)
    licence = done["verification"]["licence"]
    assert (licence["suspendedThroughOn"], done["proposals"]) == ("2028-05-01", [])
    with story.at(date(2028, 5, 2)):
        case = (await story.act(OFFICER, "applyForVerification", **at(licence)))["verification"]
        given = {"verification": case["id"], "expectedVersion": case["version"], "reason": "依据现场核查结论"}
        again = await story.refused(OFFICER, "decideVerification", **given, result="SUSPENDED", suspensionMonths=1)
        assert (again["path"], again["clause"]["anchor"]) == (["input", "result"], "第二十一条")
        odd = await story.refused(OFFICER, "decideVerification", **given, result="QUALIFIED", suspensionMonths=1)
        assert odd["path"] == ["input", "suspensionMonths"]
        twice = await story.refused(OFFICER, "applyForVerification", **at(licence))
        assert twice["code"] in ("OUT_OF_DATE", "CONFLICT")


async def test_a_missed_verification_is_ordered_and_practice_meanwhile_determined(story: Story) -> None:
    licence = await opened(story)
    with story.at(date(2027, 12, 1)):
        soon = await story.refused(OFFICER, "orderVerification", **at(licence))
        assert soon["code"] == "NOT_YET_DUE"
    with story.at(date(2027, 12, 2)):
        found = await story.act(OFFICER, "reviewMissedDays", district=DISTRICT)
        assert licence["id"] in {one["id"] for one in found["licences"]}
        licence = (await story.act(OFFICER, "orderVerification", **at(licence)))["licence"]
        assert licence["status"] == "VERIFICATION_DUE"
        (due,) = [one["dueOn"] for one in await story.tasks(licence["id"]) if one["kind"] == "APPLY_FOR_VERIFICATION"]
        assert due == "2027-12-30"
        early = await story.refused(
            OFFICER, "determineOverduePractice", **at(licence), practising=True, on="2027-12-01", reason="现场检查"
        )
        assert early["path"] == ["input", "on"]
        done = await story.act(
            OFFICER, "determineOverduePractice", **at(licence), practising=True, on="2027-12-02", reason="现场检查"
        )
        assert done["licence"]["status"] == "VERIFICATION_DUE"
    with story.at(date(2027, 12, 10)):
        documents = story.documents(OFFICER, VERIFY)
        case = (await story.act(OFFICER, "applyForVerification", **at(licence), documents=documents))["verification"]
        assert case["late"] is True


async def test_a_verification_lacking_its_materials_is_not_applied_for(story: Story) -> None:
    licence = await opened(story)
    with story.at(date(2027, 11, 1)):
        refused = await story.refused(OFFICER, "applyForVerification", **at(licence))
        assert (refused["code"], "VERIFICATION_FORM" in refused["message"]) == ("MATERIALS_MISSING", True)
        assert (await story.licence(licence))["status"] == "ACTIVE"


async def test_a_licence_is_revoked_only_by_a_penalty_that_is_named(story: Story) -> None:
    licence = await opened(story)
    with story.at(date(2027, 1, 4)):
        given = at(licence, ground="PENALTY", reason="违法情节严重，达到吊销标准")
        bare = await story.refused(OFFICER, "notifyLicenceEnding", **given)
        assert (bare["code"], bare["path"]) == ("PENALTY_REQUIRED", ["input", "penalty"])
        penalty = {"number": "门卫医罚〔2027〕1号", "authority": "门头沟区卫生健康委员会", "decidedOn": "2027-01-05"}
        ahead = await story.refused(OFFICER, "notifyLicenceEnding", **given, penalty=penalty)
        assert ahead["code"] == "PENALTY_REQUIRED"
        penalty["decidedOn"] = "2027-01-04"
        odd = await story.refused(OFFICER, "notifyLicenceEnding", **given | {"ground": "CLOSED"}, penalty=penalty)
        assert odd["code"] == "WRONG_STATE"
        ending = (await story.act(OFFICER, "notifyLicenceEnding", **given, penalty=penalty))["ending"]
    with story.at(date(2027, 1, 12)):
        done = await story.act(
            SECOND,
            "decideLicenceEnding",
            ending=ending["id"],
            expectedVersion=ending["version"],
            ended=True,
            reason="听取意见后决定",
            continuity="由区医院承接",
        )
        licence = done["ending"]["licence"]
        assert (licence["status"], licence["institution"]["status"]) == ("REVOKED", "REVOKED")


async def test_who_closes_is_cancelled_and_a_notice_can_come_to_nothing(story: Story) -> None:
    licence = await opened(story)
    with story.at(date(2027, 3, 1)):
        given = at(licence, ground="CLOSED", reason="机构歇业")
        early = await story.refused(OFFICER, "notifyLicenceEnding", **given)
        assert early["code"] == "WRONG_STATE"
        closed = await story.act(OFFICER, "closeInstitution", **at(licence), on="2027-03-01", reason="举办主体决定歇业")
        licence = closed["licence"]
        assert (licence["status"], licence["institution"]["status"]) == ("CLOSED_VOLUNTARILY", "SUSPENDED")
        given = at(licence, ground="CLOSED", reason="机构歇业")
        ending = (await story.act(OFFICER, "notifyLicenceEnding", **given))["ending"]
        said = {"ending": ending["id"], "expectedVersion": ending["version"]}
        ending = (await story.act(OFFICER, "stateLicenceCase", **said, statement="请求保留许可"))["ending"]
        decision = {"ending": ending["id"], "expectedVersion": ending["version"], "reason": "先行协商转让"}
        kept = await story.act(SECOND, "decideLicenceEnding", **decision, ended=False)
        assert kept["ending"]["status"] == "NOT_ENDED"
        assert kept["ending"]["licence"]["status"] == "CLOSED_VOLUNTARILY"
        over = await story.refused(
            SECOND,
            "decideLicenceEnding",
            **decision | {"expectedVersion": kept["ending"]["version"]},
            ended=True,
        )
        assert over["code"] == "WRONG_STATE"


async def test_a_licence_from_before_the_platform_is_recorded_in_any_district(story: Story) -> None:
    officer = story.server.client("fengtai-officer")
    made = await officer(
        "mutation($input: RegisterInstitutionInput!) { registerInstitution(input: $input) {"
        " ... on InstitutionRegistered { institution { id version } } } }",
        input={
            "district": "fengtai",
            "name": f"补录{uuid.uuid4().hex[:8]}社区卫生服务站",
            "kind": "COMMUNITY_HEALTH_STATION",
            "address": f"丰台区补录路{uuid.uuid4().int % 10**6}号",
            "openedOn": "2020-01-06",
            "idempotencyKey": uuid.uuid4().hex,
        },
    )
    one = made.data["registerInstitution"]["institution"]
    given = {
        "institution": one["id"],
        "expectedVersion": one["version"],
        "number": f"PDY{uuid.uuid4().int % 10**12:012d}",
        "issuedOn": "2020-01-02",
        "validFromOn": "2020-01-02",
        "validThroughOn": "2030-01-01",
        "subjects": ["全科医疗科"],
        "beds": 100,
        "lastVerifiedOn": "2024-03-01",
    }
    with story.at(TODAY):
        backwards = given | {"validThroughOn": "2020-01-01"}
        refused = await story.refused("fengtai-officer", "recordLicence", **backwards)
        assert refused["path"] == ["input", "validThroughOn"]
        licence = (await story.act("fengtai-officer", "recordLicence", **given))["licence"]
        # A hundred beds: every three years by statute, unverified, where the district says nothing else.
        assert (licence["verificationMonths"], licence["verificationDueOn"]) == (36, "2027-03-01")
        assert licence["openedOn"] == "2020-01-06"
        again = await story.refused(
            "fengtai-officer", "recordLicence", **given | {"expectedVersion": one["version"] + 1}
        )
        assert again["code"] == "CONFLICT"


async def test_obligations_bear_evidence_and_the_institution_is_monitored(story: Story) -> None:
    licence = await opened(story)
    institution = licence["institution"]["id"]
    with story.at(date(2027, 1, 4)):
        text = (
            'query($id: ID!) { obligations(filter: {institution: {id: {eq: $id}}, code: {eq: "MANDATORY_TASKS"}})'
            " { nodes { id version nature clause { anchor text } latestFinding } } }"
        )
        (duty,) = (await story.ask(OFFICER, text, id=institution))["obligations"]["nodes"]
        assert (duty["nature"], duty["clause"]["anchor"], duty["latestFinding"]) == ("DUTY", "第十三条", None)
        assert "政府指令性任务" in duty["clause"]["text"]
        given = {"obligation": duty["id"], "expectedVersion": duty["version"], "note": "完成冬季疫苗接种任务"}
        ahead = await story.refused(OFFICER, "addObligationEvidence", **given, finding="MET", on="2027-01-05")
        assert ahead["path"] == ["input", "on"]
        shown = await story.act(
            OFFICER,
            "addObligationEvidence",
            **given,
            finding="MET",
            on="2027-01-04",
            documents=[story.document(OFFICER)],
        )
        assert shown["obligation"]["latestFinding"] == "MET"
        assert (await story.act(OFFICER, "bindObligations", institution=institution))["obligations"] == []
        enrolled = await story.act(OFFICER, "enrolInMonitoring", institution=institution, on="2027-01-04", code="JC-7")
        assert enrolled["institution"]["monitoring"] == {"enrolledOn": "2027-01-04", "code": "JC-7"}
        twice = await story.refused(OFFICER, "enrolInMonitoring", institution=institution, on="2027-01-04")
        assert twice["code"] == "CONFLICT"


async def test_nothing_is_decided_twice_under_one_key_and_every_step_is_audited(story: Story) -> None:
    with story.at(TODAY):
        case = await story.accepted()
        same = {"idempotencyKey": uuid.uuid4().hex, "number": f"PDY{uuid.uuid4().int % 10**12:012d}"}
        first = await story.grant(case, **same)
        assert (await story.grant(case, **same))["licence"]["id"] == first["licence"]["id"]
        row = NodeId.parse(first["licence"]["id"]).id
        assert story.rows("SELECT action FROM audit_entry WHERE subject_id = %s", row) == [("issued",)]
        application = NodeId.parse(case["id"]).id
        told = story.rows("SELECT action FROM audit_entry WHERE subject_id = %s ORDER BY id", application)
        assert [one for (one,) in told] == ["submitted", "accepted", "granted"]
        number = await story.refused(
            OFFICER,
            "grantLicence",
            application=(await story.accepted())["id"],
            expectedVersion=2,
            number=same["number"],
            validFromOn=str(TODAY),
            validThroughOn=str(TODAY + timedelta(days=365)),
            reason="符合标准",
        )
        assert number["path"] in (["input", "number"], ["input", "registrationNumber"])


async def test_proposals_are_told_with_the_verb_that_set_them_off(story: Story) -> None:
    licence = await opened(story)
    done = await judged(story, licence, date(2027, 11, 1), "QUALIFIED")
    assert done["proposals"] == []
    now = done["verification"]["licence"]
    # The next cycle begins where this one ends, not on the day of the decision.
    assert (now["status"], now["verificationDueOn"]) == ("ACTIVE", "2028-12-01")
    text = f"query($id: ID!) {{ proposals(filter: {{institution: {{id: {{eq: $id}}}}}}) {{ nodes {{ {PROPOSAL} }} }} }}"
    assert (await story.ask(OFFICER, text, id=licence["institution"]["id"]))["proposals"]["nodes"] == []


async def test_an_institutions_people_act_for_it_and_for_no_other(story: Story) -> None:
    licence, other = await opened(story), await opened(story)
    staff = story.staff(licence["institution"]["id"])
    with story.at(date(2027, 11, 1)):
        (duty, *_) = (
            await story.ask(
                staff,
                "query { obligations(filter: {nature: {eq: DUTY}}, first: 100)"
                " { nodes { id version institution { id } } } }",
            )
        )["obligations"]["nodes"]
        assert duty["institution"]["id"] == licence["institution"]["id"]
        given = {
            "obligation": duty["id"],
            "expectedVersion": duty["version"],
            "note": "本年度落实情况自查",
            "on": "2027-11-01",
        }
        found = await story.refused(staff, "addObligationEvidence", **given, finding="MET")
        assert found["path"] == ["input", "finding"]
        stated = await story.act(staff, "addObligationEvidence", **given, finding="STATED")
        assert stated["obligation"]["latestFinding"] == "STATED"
        documents = story.documents(staff, (*VERIFY, "STAFF_LIST"))
        foreign = await story.reply(staff, "applyForVerification", **at(other), documents=documents)
        assert foreign.codes == ["NOT_FOUND"]
        case = (await story.act(staff, "applyForVerification", **at(licence), documents=documents))["verification"]
        decided = await story.reply(
            staff,
            "decideVerification",
            verification=case["id"],
            expectedVersion=case["version"],
            result="QUALIFIED",
            reason="自行决定",
        )
        assert decided.codes == ["FORBIDDEN"]
        seen = await story.ask(staff, "query { licences(first: 100) { nodes { id } } }")
        assert [one["id"] for one in seen["licences"]["nodes"]] == [licence["id"]]
        assert (await story.server.client(None)("query { licences { totalCount } }")).data == {
            "licences": {"totalCount": 0}
        }
