"""A licence from the award to its verification, and one that is cancelled because nobody opened in time."""

from datetime import date

from tests.licensing.story import Story

OFFICER, SECOND, OPERATOR = "mentougou-officer", "mentougou-admin", "mentougou-applicant"


async def test_award_registration_licence_opening_verification_suspension_and_verified_again(story: Story) -> None:
    with story.at(date(2026, 12, 1)):
        # Registered: half of the materials at first; the rest is asked for once.
        first = ("REGISTRATION_FORM", "SITE_REPORT", "OPERATOR_CERTIFICATE", "PREMISES_RIGHT")
        wanted = story.wanted(documents=story.documents(OPERATOR, first))
        award = wanted["award"]
        case = (await story.act(OPERATOR, "applyForLicence", **wanted))["application"]
        assert (case["status"], case["dueOn"], case["noticeBy"]) == ("SUBMITTED", "2026-12-08", "2026-12-08")
        lacking = [one["code"] for one in case["materials"] if one["required"] and not one["onFile"]]
        assert lacking == ["INTERNAL_RULES", "STAFF_LIST"]
        at = {"application": case["id"], "expectedVersion": case["version"]}
        early = await story.refused(OFFICER, "acceptLicenceApplication", **at)
        assert early["code"] == "MATERIALS_MISSING"
        asked = (
            await story.act(OFFICER, "requestLicenceMaterials", **at, materials=lacking, note="请补充制度和人员名录")
        )["application"]
        assert [one["code"] for one in asked["materials"] if one["asked"]] == lacking
        assert story.area(award) == "PREPARING"
    with story.at(date(2026, 12, 3)):
        at["expectedVersion"] = asked["version"]
        supplied = (
            await story.act(OPERATOR, "supplyLicenceMaterials", **at, documents=story.documents(OPERATOR, lacking))
        )["application"]
        at["expectedVersion"] = supplied["version"]
        case = (await story.act(OFFICER, "acceptLicenceApplication", **at))["application"]
        # 45 working days from 3 December, over the provisional New Year and Spring Festival of 2027.
        assert (case["acceptedOn"], case["dueProvisional"], case["dueSource"]) == ("2026-12-03", True, "UNVERIFIED")
        assert case["dueOn"] > "2027-02-03"
        assert "45 个工作日" in case["dueRule"]
        assert case["dueConsequence"]
    with story.at(date(2026, 12, 21)):
        granted = await story.grant(case, opening=date(2027, 3, 31))
        licence = granted["licence"]
        assert granted["application"]["status"] == "GRANTED"
        assert licence["institution"]["status"] == "PREPARING"
        assert (licence["status"], licence["openingDueOn"]) == ("ACTIVE", "2027-03-31")
        assert licence["verificationDueOn"] == "2027-12-21"
        assert story.area(award) == "LICENSED"
        due = {one["kind"]: one["dueOn"] for one in await story.tasks(licence["id"])}
        assert due == {"OPEN_INSTITUTION": "2027-03-31", "APPLY_FOR_VERIFICATION": "2027-12-21"}
        assert [one["kind"] for one in await story.papers(case["id"])] == [
            "MATERIALS_NOTICE",
            "ACCEPTANCE",
            "REGISTRATION_APPROVAL",
        ]
    with story.at(date(2027, 3, 15)):
        opened = await story.act(
            OFFICER, "recordOpening", licence=licence["id"], expectedVersion=licence["version"], on="2027-03-15"
        )
        assert opened["proposals"] == []
        licence = opened["licence"]
        assert story.area(award) == "OPEN"
        assert (licence["institution"]["status"], licence["institution"]["openedOn"]) == ("OPERATING", "2027-03-15")
        detail = await story.ask(
            OFFICER,
            "query($id: ID!) { institution(id: $id) { licence { number status validThroughOn verificationDueOn }"
            " obligations { code nature clause { anchor text } } standing { decisions { rule { code } outcome } } } }",
            id=licence["institution"]["id"],
        )
        shown = detail["institution"]
        assert shown["licence"]["number"] == licence["number"]
        assert {one["clause"]["anchor"] for one in shown["obligations"]} == {
            "第十三条", "第十四条", "第十五条", "第十六条", "第十七条"
        }  # fmt: skip
        outcomes = {one["rule"]["code"]: one["outcome"] for one in shown["standing"]["decisions"]}
        assert outcomes["MTG-22-1"] == "NOT_FIRED"
    with story.at(date(2027, 9, 20)):
        at = {"licence": licence["id"], "expectedVersion": licence["version"]}
        soon = await story.refused(OFFICER, "applyForVerification", **at)
        assert (soon["code"], "2027-09-21" in soon["message"]) == ("NOT_YET_DUE", True)
    with story.at(date(2027, 11, 1)):
        codes = ("VERIFICATION_FORM", "PRACTICE_REPORT")
        applied = (await story.act(OFFICER, "applyForVerification", **at, documents=story.documents(OFFICER, codes)))[
            "verification"
        ]
        # The list of staff was handed in with the registration, and is not asked for again.
        assert (applied["kind"], applied["status"], applied["late"]) == ("REGULAR", "APPLIED", False)
        assert applied["dueOn"] == "2027-12-13"
    with story.at(date(2027, 11, 22)):
        decided = await story.act(
            OFFICER,
            "decideVerification",
            verification=applied["id"],
            expectedVersion=applied["version"],
            result="SUSPENDED",
            suspensionMonths=3,
            reason="卫生技术人员不足，限期整改",
        )
        licence = decided["verification"]["licence"]
        assert (licence["status"], licence["suspendedThroughOn"]) == ("VERIFICATION_SUSPENDED", "2028-02-22")
        (again,) = await story.tasks(licence["id"])
        assert (again["kind"], again["dueOn"]) == ("APPLY_FOR_REVERIFICATION", "2028-02-29")
    with story.at(date(2028, 2, 24)):
        at = {"licence": licence["id"], "expectedVersion": licence["version"]}
        applied = (await story.act(OFFICER, "applyForVerification", **at))["verification"]
        assert (applied["kind"], applied["cycleDueOn"]) == ("RE_VERIFICATION", "2028-02-29")
    with story.at(date(2028, 3, 10)):
        done = await story.act(
            OFFICER,
            "decideVerification",
            verification=applied["id"],
            expectedVersion=applied["version"],
            result="QUALIFIED",
            reason="整改到位",
        )
        licence = done["verification"]["licence"]
        assert (licence["status"], licence["lastVerifiedOn"]) == ("ACTIVE", "2028-03-10")
        assert licence["verificationDueOn"] == "2029-03-10"
        assert [one["kind"] for one in licence["changes"]] == [
            "ISSUED", "OPENED", "VERIFICATION_APPLIED", "SUSPENDED", "VERIFICATION_APPLIED", "VERIFIED"
        ]  # fmt: skip
        reviews = await story.ask(
            "municipal-analyst",
            "query($id: ID!) { reviews(filter: {institution: {id: {eq: $id}}}, orderBy: [{field: DECIDED_ON}])"
            " { nodes { kind outcome cycle reason decidedBy } } }",
            id=licence["institution"]["id"],
        )
        told = [(one["kind"], one["outcome"]) for one in reviews["reviews"]["nodes"]]
        assert told == [("REGISTRATION", "PASSED"), ("VERIFICATION", "CONDITIONAL"), ("VERIFICATION", "PASSED")]
        assert reviews["reviews"]["nodes"][1]["cycle"] == "2026-12-21/2027-12-20"


async def test_not_opened_in_time_is_proposed_under_article_22_and_cancelled_by_a_second_person(story: Story) -> None:
    with story.at(date(2026, 12, 1)):
        # The day stands in the award: nobody has to write it again.
        award = story.award(opening_by=date(2027, 1, 29))
        licence = await story.licensed(award=award)
        assert licence["openingDueOn"] == "2027-01-29"
    with story.at(date(2027, 1, 29)):
        in_time = await story.act(OFFICER, "reviewMissedDays", district="mentougou")
        assert licence["id"] not in {one["id"] for one in in_time["licences"]}
    with story.at(date(2027, 1, 30)):
        found = await story.act(OFFICER, "reviewMissedDays", district="mentougou")
        assert licence["id"] in {one["id"] for one in found["licences"]}
        text = (
            "query($id: ID!) { proposals(filter: {institution: {id: {eq: $id}}})"
            " { nodes { id version status effect effects rule { code } } } }"
        )
        (proposal,) = (await story.ask(OFFICER, text, id=licence["institution"]["id"]))["proposals"]["nodes"]
        assert (proposal["rule"]["code"], proposal["effects"]) == ("MTG-22-1", ["CANCEL_LICENCE"])
        # Nothing is proposed twice on the same ground.
        again = await story.act(OFFICER, "reviewMissedDays", district="mentougou")
        assert again["proposals"] == []
        assert (await story.licence(licence))["status"] == "ACTIVE"
        given = {
            "licence": licence["id"],
            "expectedVersion": licence["version"],
            "ground": "NOT_OPENED",
            "reason": "至今未开放运行",
        }
        bare = await story.refused(OFFICER, "notifyLicenceEnding", **given)
        assert (bare["path"], bare["clause"]["anchor"]) == (["input", "proposal"], "第二十二条")
        named = {"proposal": proposal["id"], "expectedVersion": proposal["version"]}
        ending = (await story.act(OFFICER, "notifyLicenceEnding", **given, proposal=named))["ending"]
        assert (ending["status"], ending["clause"]["anchor"]) == ("NOTIFIED", "第二十二条")
        # Five working days, the Spring Festival in between.
        assert ending["dueOn"] == "2027-02-11"
    with story.at(date(2027, 2, 11)):
        decision = {"ending": ending["id"], "expectedVersion": ending["version"], "ended": True, "reason": "情况属实"}
        assert (await story.refused(SECOND, "decideLicenceEnding", **decision))["code"] == "NOT_YET_DUE"
    with story.at(date(2027, 2, 12)):
        assert (await story.refused(OFFICER, "decideLicenceEnding", **decision))["code"] == "SECOND_PERSON"
        done = (await story.act(SECOND, "decideLicenceEnding", **decision))["ending"]
        assert (done["status"], done["proposal"]["status"]) == ("ENDED", "ACCEPTED")
        assert done["licence"]["status"] == "CANCELLED"
        assert done["licence"]["institution"]["status"] == "CANCELLED"
        assert done["licence"]["changes"][-1] == {
            "kind": "CANCELLED",
            "onDate": "2027-02-12",
            "deadlineOn": None,
            "clause": {"anchor": "第二十二条"},
        }
        assert [one["kind"] for one in await story.papers(ending["id"])] == ["ENDING_NOTICE", "ENDING_DECISION"]
        assert await story.tasks(licence["id"]) == []
        assert story.area(award) == "REOPENED"
        later = await story.act(OFFICER, "reviewMissedDays", district="mentougou")
        assert licence["id"] not in {one["id"] for one in later["licences"]}
