"""Steps out of turn, by the wrong people, with too little said; what is seen by whom."""

from datetime import date
from typing import Any

import pytest

from server.kit import clock
from tests.insurance.world import IN_WINDOW, Case, Office, act

OVERDUE = (
    "query($d: String, $today: Date!) { designationApplications(district: $d, first: 100, filter: {"
    " status: {in: [SUBMITTED, CONFIRMED_BY_PHONE, ACCEPTED]}, supplementNoticeDueOn: {lt: $today},"
    " supplementRequestedOn: {isNull: true} }) { totalCount nodes { number } } }"
)


async def submitted(office: Office, **changed: Any) -> Case:
    """A case handed in."""
    case = Case(await office.applicant(**changed), await office.agency("fengtai"), await office.centre())
    with clock.frozen(IN_WINDOW):
        return await case.submitted()


@pytest.mark.parametrize(
    ("verb", "given", "anchor"),
    [
        ("acceptDesignation", {}, "三(一)第一句"),
        ("evaluateDesignationInDistrict", {"result": "PASS", "method": "DOCUMENT"}, "三(二)第一段"),
        ("reportDesignation", {}, "三(二)第一段"),
    ],
)
async def test_a_step_out_of_turn_is_refused_with_its_clause(
    office: Office, verb: str, given: dict[str, Any], anchor: str
) -> None:
    case = await submitted(office)
    refused = await case.tried(case.agency, verb, **given)
    assert (refused["code"], refused["clause"]["anchor"]) == ("WRONG_STEP", anchor)
    assert "已提交" in refused["message"]


async def test_the_centre_evaluates_only_on_the_districts_result(office: Office) -> None:
    case = await submitted(office)
    refused = await case.tried(case.centre, "evaluateDesignationMunicipally", result="PASS", method="DOCUMENT")
    assert (refused["code"], refused["clause"]["anchor"]) == ("WRONG_STEP", "三(二)第二段")


async def test_a_pass_needs_all_six_materials_and_a_fail_its_reasons(office: Office) -> None:
    case = Case(await office.applicant(), await office.agency("fengtai"), await office.centre())
    with clock.frozen(IN_WINDOW):
        first = [{"kind": "LICENCE_COPY", "document": case.applicant.materials["LICENCE_COPY"]}]
        await case.submitted(materials=first)
        await case.accepted()
        short = await case.tried(case.agency, "evaluateDesignationInDistrict", result="PASS", method="DOCUMENT")
        assert (short["code"], "预测性分析报告" in short["message"]) == ("CONFLICT", True)
        silent = await case.tried(case.agency, "evaluateDesignationInDistrict", result="FAIL", method="DOCUMENT")
        assert silent["path"] == ["input", "reasons"]


async def test_a_supplement_notice_after_its_day_goes_out_marked_late(office: Office) -> None:
    case = await submitted(office)
    with clock.frozen(date(2026, 10, 15)):
        await case.accepted()
        on_time = (await case.agency(OVERDUE, d="fengtai", today="2026-10-15")).data["designationApplications"]
        assert case.number not in {one["number"] for one in on_time["nodes"]}
    with clock.frozen(date(2026, 10, 16)):
        for caller, district in ((case.agency, "fengtai"), (case.centre, None)):
            late = (await caller(OVERDUE, d=district, today="2026-10-16")).data["designationApplications"]
            assert case.number in {one["number"] for one in late["nodes"]}
        nothing = await case.tried(case.agency, "requestDesignationSupplement")
        assert nothing["path"] == ["input", "items"]
        await case.do(case.agency, "requestDesignationSupplement", items=["补充平面图"], replyBy="2026-10-30")
        text = (
            "query($id: ID!) { designationApplication(id: $id) { supplement { late items replyBy }"
            " steps { step explanation } } }"
        )
        found = (await case.applicant.client(text, id=case.id)).data["designationApplication"]
    assert found["supplement"] == {"late": True, "items": ["补充平面图"], "replyBy": "2026-10-30"}
    assert "已超过 5 个工作日" in found["steps"][-1]["explanation"]


async def test_what_the_centre_says_with_the_result_stands_in_the_cases_steps(office: Office) -> None:
    case = Case(await office.applicant(), await office.agency("fengtai"), await office.centre())
    with clock.frozen(IN_WINDOW):
        await case.submitted()
        await case.accepted()
        await case.reported()
        await case.do(case.centre, "evaluateDesignationMunicipally", result="PASS", method="DOCUMENT")
        long = await case.tried(case.centre, "sendDesignationResult", explanation="长" * 2001)
        assert (long["path"], "2000" in long["message"]) == (["input", "explanation"], True)
        await case.do(case.centre, "sendDesignationResult", explanation="已电话说明")
        text = "query($id: ID!) { designationApplication(id: $id) { steps { explanation } } }"
        found = (await case.agency(text, id=case.id)).data["designationApplication"]
    assert found["steps"][-1]["explanation"] == "已电话说明"


async def test_the_agency_may_leave_out_what_the_system_found(office: Office) -> None:
    case = Case(await office.applicant(), await office.agency("fengtai"), await office.centre())
    with clock.frozen(IN_WINDOW):
        await case.submitted(form=case.applicant.form(approvedBeds=2, grade=None))
        await case.accepted()
        beyond = await case.tried(case.agency, "requestDesignationSupplement", leaveOut=[7])
        assert beyond["path"] == ["input", "leaveOut"]
        await case.do(case.agency, "requestDesignationSupplement", leaveOut=[0])
        text = "query($id: ID!) { designationApplication(id: $id) { findings { message } supplement { items } } }"
        found = (await case.agency(text, id=case.id)).data["designationApplication"]
    assert [one["message"] for one in found["findings"]][1:] == found["supplement"]["items"]


async def test_a_correction_stands_beside_what_was_submitted(office: Office) -> None:
    case = Case(await office.applicant(), await office.agency("fengtai"), await office.centre())
    with clock.frozen(IN_WINDOW):
        await case.submitted(form=case.applicant.form(approvedBeds=2))
        await case.accepted()
        await case.do(case.agency, "requestDesignationSupplement")
        empty = await case.tried(case.applicant.client, "supplementDesignation")
        assert empty["path"] == ["input", "materials"]
        mended = case.applicant.form(bank={"branch": "示例银行北京支行"})
        await case.do(case.applicant.client, "supplementDesignation", form=mended)
        text = (
            "query($id: ID!) { designationApplication(id: $id) { form { approvedBeds } amendedForm { approvedBeds"
            " bank { account } legalRepresentative { phone } } findings { code } amendedFindings { code } } }"
        )
        found = (await case.agency(text, id=case.id)).data["designationApplication"]
    assert (found["form"]["approvedBeds"], found["amendedForm"]["approvedBeds"]) == (2, 10)
    assert [one["code"] for one in found["findings"]] == ["BEDS"]
    assert found["amendedFindings"] == []
    # An account that was not entered again stays as it was submitted.
    assert found["amendedForm"]["bank"]["account"] == "**** **** **** 3445"


async def test_of_two_who_saw_the_same_version_one_is_out_of_date(office: Office) -> None:
    case = await submitted(office)
    with clock.frozen(IN_WINDOW):
        await case.do(case.agency, "confirmDesignationByPhone")
        late = await case.tried(case.agency, "acceptDesignation", expectedVersion=1)
    assert late["__typename"] == "OutOfDate"


async def test_a_case_is_seen_by_its_parties_alone(office: Office) -> None:
    case, stranger = await submitted(office), await office.applicant()
    text = "query($id: ID!) { designationApplication(id: $id) { id bankAccount objections { id } } }"
    readers = (case.agency, case.centre, case.applicant.client, office.persona("fengtai-officer"))
    for client in (*readers, office.persona("municipal-analyst")):
        found = (await client(text, id=case.id)).data["designationApplication"]
        assert found["bankAccount"] == "**** **** **** 3445"
    market = office.persona("fengtai-market-regulation")
    for client in (stranger.client, await office.agency("haidian"), market, office.server.client(None)):
        assert (await client(text, id=case.id)).codes == ["NOT_FOUND"]


async def test_the_agency_alone_sees_a_number_in_the_clear_and_says_what_for(office: Office) -> None:
    case = await submitted(office)
    text = "query($id: ID!) { designationApplication(id: $id) { persons { id role } } }"
    unmask = "mutation($input: UnmaskInput!) { unmask(input: $input) { __typename ... on Unmasked { value } } }"
    persons = (await case.agency(text, id=case.id)).data["designationApplication"]["persons"]
    given = {"object": persons[0]["id"], "field": "phone", "purpose": "核对法定代表人联系电话"}
    shown = await case.agency(unmask, input=given)
    assert shown.data["unmask"]["value"] == "13800138000"
    for client in (case.centre, case.applicant.client, office.persona("fengtai-officer")):
        assert (await client(unmask, input=given)).codes in (["FORBIDDEN"], ["NOT_FOUND"])


async def test_false_material_found_after_signing_bars_and_a_bar_can_be_lifted(office: Office) -> None:
    case = await submitted(office)
    with clock.frozen(IN_WINDOW):
        await (await (await (await case.accepted()).reported()).judged()).publicised()
    with clock.frozen(date(2026, 11, 20)):
        await (await case.agreed()).signed()
        given = {"application": case.id, "expectedVersion": case.version, "discoveredOn": "2026-11-20"}
        late = await case.tried(case.centre, "rejectFalseDesignation", discoveredOn="2026-11-20", reason="伪造")
        assert late["code"] == "WRONG_STEP"
        done = await act(
            case.centre, "barDesignationHolder", "DesignationHolderBarred", **given, reason="人员名单系伪造"
        )
        assert done["__typename"] == "DesignationHolderBarred", done
        text = (
            '{ designationBars(district: "beijing", first: 100, filter: {liftedOn: {isNull: true}})'
            " { nodes { id version subject reason until } } }"
        )
        bars = (await case.centre(text)).data["designationBars"]["nodes"]
        bar = next(one for one in bars if one["reason"] == "人员名单系伪造")
        assert (bar["subject"], bar["until"]) == ("INSTITUTION", "2029-11-21")
        lifted = await act(
            case.centre,
            "liftDesignationBar",
            "DesignationBarLifted",
            "bar { liftedOn }",
            bar=bar["id"],
            expectedVersion=bar["version"],
            reason="复核后撤销",
        )
        assert lifted["bar"] == {"liftedOn": "2026-11-20"}
        after = (await case.centre(text)).data["designationBars"]["nodes"]
    assert bar["id"] not in {one["id"] for one in after}
