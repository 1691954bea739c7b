"""Handing in, over GraphQL: the window, who may, what is frozen, what is found."""

from datetime import date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from server.kit import clock
from server.kit.clock import BEIJING
from tests.insurance.world import IN_WINDOW, Office
from tests.test_contract import operation

FOUND = (
    "query($id: ID!) { designationApplication(id: $id) { status number form { institutionName approvedBeds"
    " bank { branch account } legalRepresentative { name phone identityNumber } staffTotal firstRegisteredTotal"
    " operatingAreaM2 licence { validThroughOn } } amendedForm { institutionName }"
    " provenance { field source } findings { code message field material clause { document anchor } }"
    " materials { kind stage present } checks { commitment outcome label }"
    " steps { step byName byRole explanation clauseAnchor }"
    " persons { role phone identityNumber } agency { name } institution { name } guaranteeRequired policyDigest } }"
)


async def test_the_contract_operation_answers_as_its_caller_expects(office: Office) -> None:
    applicant = await office.applicant(kind="COMMUNITY_HEALTH_STATION")
    with clock.frozen(IN_WINDOW):
        reply = await applicant.client(operation("submit_designation"), input=applicant.submission())
    done = reply.data["submitDesignation"]
    assert done["__typename"] == "DesignationSubmitted", done
    application = done["application"]
    assert (application["status"], application["receivedOn"]) == ("SUBMITTED", "2026-10-09")
    # 9 October is not counted; 10 (a worked Saturday), 12, 13, 14, 15 are.
    assert application["supplementNoticeDueOn"] == "2026-10-15"
    assert application["agency"] == {
        "name": "丰台区医疗保障经办机构",
        "phones": ["87016958"],
        "email": "ftybxyglk@mail.bjft.gov.cn",
    }
    assert [(one["kind"], one["stage"], one["present"]) for one in application["materials"]] == [
        ("APPLICATION_FORM", "AT_SUBMISSION", True),
        ("COMMITMENT", "AT_SUBMISSION", True),
        ("LICENCE_COPY", "AT_SUBMISSION", True),
        ("INTERNAL_RULES", "BEFORE_DISTRICT_EVALUATION", True),
        ("INFORMATION_SYSTEM", "BEFORE_DISTRICT_EVALUATION", True),
        ("FORECAST_REPORT", "BEFORE_DISTRICT_EVALUATION", True),
    ]


async def test_the_form_is_frozen_with_where_each_field_comes_from(office: Office, superuser: str) -> None:
    applicant = await office.applicant()
    with clock.frozen(IN_WINDOW):
        done = await applicant.submit()
        found = (await applicant.client(FOUND, id=done["application"]["id"])).data["designationApplication"]
    form = found["form"]
    assert form["legalRepresentative"]["phone"] == "138****8000"
    assert form["legalRepresentative"]["identityNumber"].startswith("110105********")
    assert form["bank"] == {"branch": "示例银行北京支行", "account": "**** **** **** 3445"}
    assert (form["staffTotal"], form["firstRegisteredTotal"]) == (8, 8)
    source = {one["field"]: one["source"] for one in found["provenance"]}
    assert (source["institutionName"], source["unifiedSocialCreditCode"]) == ("PREFILLED", "PREFILLED")
    assert (source["approvedBeds"], source["licence.issuedOn"]) == ("ENTERED", "ENTERED")
    assert source["operatingAreaM2"] == "PREFILLED"
    assert found["findings"] == []
    assert found["amendedForm"] is None
    with psycopg.connect(superuser) as connection:
        # A later change of the register changes nothing of what was handed in, and no number stands anywhere in the clear.
        connection.execute("UPDATE institution SET name = '后来的名称' WHERE id = %s", (applicant.id,))
        rows = connection.execute(
            "SELECT form::text, provenance::text, findings::text FROM designation_application WHERE institution_id = %s",
            (applicant.id,),
        ).fetchone()
        trail = connection.execute("SELECT string_agg(after::text, ' ') FROM audit_entry").fetchone()
    assert rows is not None
    assert trail is not None
    for text in (*rows, trail[0]):
        assert "6222020200112233445" not in text
        assert "13800138000" not in text
    again = (await applicant.client(FOUND, id=done["application"]["id"])).data["designationApplication"]
    assert again["form"] == form


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        (datetime(2026, 10, 7, 23, 59, 59, tzinfo=BEIJING), "2026-10-08"),
        (datetime(2026, 10, 14, 0, 0, 0, tzinfo=BEIJING), "2027-01-04"),
    ],
)
async def test_a_second_outside_the_window_is_outside(office: Office, at: datetime, opens: str) -> None:
    applicant = await office.applicant()
    given = {"appliedOn": "2026-10-07"}
    with clock.frozen(at):
        refused = await applicant.submit(**given)
    assert (refused["code"], refused["path"]) == ("WINDOW_CLOSED", ["input", "appliedOn"])
    assert refused["clause"] == {"document": "beijing-insurance-2025-4", "anchor": "三(一)第一句"}
    assert opens in refused["message"]
    inside = at + timedelta(seconds=1) if at.hour else at - timedelta(seconds=1)
    with clock.frozen(inside):
        done = await applicant.submit(**given)
    assert done["__typename"] == "DesignationSubmitted"


@pytest.mark.parametrize("day", [8, 9, 10, 11, 12, 13])
async def test_the_national_day_window_takes_its_five_days_and_the_sunday_between(office: Office, day: int) -> None:
    applicant = await office.applicant()
    with clock.frozen(date(2026, 10, day)):
        assert (await applicant.submit(appliedOn="2026-10-08"))["__typename"] == "DesignationSubmitted"


@pytest.mark.parametrize("kind", ["LEVEL_2_HOSPITAL", "OTHER_MEDICAL"])
async def test_a_kind_that_cannot_apply_by_quarter_is_refused(office: Office, kind: str) -> None:
    applicant = await office.applicant(kind=kind)
    with clock.frozen(IN_WINDOW):
        refused = await applicant.submit()
    assert (refused["code"], refused["clause"]["anchor"]) == ("NOT_ELIGIBLE", "一")


@pytest.mark.parametrize(
    ("kind", "expected"), [("TOWNSHIP_HOSPITAL", "DesignationSubmitted"), ("LEVEL_2_HOSPITAL", "Conflicting")]
)
async def test_a_community_hospital_is_judged_by_its_base_kind(office: Office, kind: str, expected: str) -> None:
    applicant = await office.applicant(kind=kind, annotations=["COMMUNITY_HOSPITAL"])
    with clock.frozen(IN_WINDOW):
        assert (await applicant.submit())["__typename"] == expected


async def test_another_application_under_way_is_a_duplicate(office: Office) -> None:
    applicant = await office.applicant()
    with clock.frozen(IN_WINDOW):
        first = await applicant.submit()
        refused = await applicant.submit()
    assert (refused["code"], refused["clause"]["anchor"]) == ("DUPLICATE_APPLICATION", "三(一)第一句")
    assert first["application"]["number"] in refused["message"]


async def test_only_its_own_people_hand_in_for_an_institution(office: Office) -> None:
    applicant, stranger = await office.applicant(), await office.applicant()
    text = "mutation($input: SubmitDesignationInput!) { submitDesignation(input: $input) { __typename } }"
    with clock.frozen(IN_WINDOW):
        assert (await stranger.client(text, input=applicant.submission())).codes == ["NOT_FOUND"]
        officer = office.persona("fengtai-officer")
        assert (await officer(text, input=applicant.submission())).codes == ["FORBIDDEN"]
        mailed = applicant.submission(mailedAt="2026-10-09T09:00:00+08:00")
        assert (await applicant.client(text, input=mailed)).codes == ["FORBIDDEN"]


async def test_what_came_by_mail_is_judged_by_when_it_came(office: Office) -> None:
    applicant, agency = await office.applicant(), await office.agency("fengtai")
    with psycopg.connect(office.superuser) as connection:
        connection.execute("UPDATE document SET uploaded_by = 'somebody' WHERE institution_id = %s", (applicant.id,))
    with clock.frozen(date(2026, 10, 15)):
        late = await applicant.submit(agency, mailedAt="2026-10-14T00:00:00+08:00")
        assert late["code"] == "WINDOW_CLOSED"
        done = await applicant.submit(agency, mailedAt="2026-10-13T23:59:59+08:00", appliedOn="2026-10-13")
    assert done["application"]["receivedOn"] == "2026-10-13"


async def test_inconsistencies_warn_and_refuse_nothing(office: Office) -> None:
    applicant = await office.applicant(kind="COMMUNITY_HEALTH_STATION")
    form = applicant.form(
        approvedBeds=5,
        address="别处1号",
        parentDesignation=None,
        staffing=[{"kind": "DOCTOR", "headcount": 2, "firstRegisteredHere": 3}],
        departments=[
            {"name": "全科", "openBeds": 8, "doctors": 3, "doctorsFirstRegisteredHere": 4, "nurses": 1, "others": 0},
            {"name": "全 科", "openBeds": 0, "doctors": 0, "doctorsFirstRegisteredHere": 0, "nurses": 0, "others": 0},
        ],
        licence={"issuedOn": "2024-04-01", "validFrom": "2024-04-10", "validThroughOn": "2026-10-08"},
        equipment=[{"name": "CT", "model": "示例", "quantity": 1, "purchasedIn": "2026-11"}],
    )
    given: dict[str, Any] = {
        "form": form,
        "superiorGuarantee": None,
        "commitments": {"accepted": [1, 2, 3], "signedOn": None},
        "materials": [],
    }
    with clock.frozen(IN_WINDOW):
        done = await applicant.submit(**given)
        found = (await applicant.client(FOUND, id=done["application"]["id"])).data["designationApplication"]
    assert done["__typename"] == "DesignationSubmitted"
    codes = {one["code"] for one in found["findings"]}
    assert codes == {
        "MATERIAL_MISSING",
        "COMMITMENT_OPEN",
        "UNSIGNED",
        "GUARANTEE",
        "MISSING",
        "LICENCE_EXPIRED",
        "FIRST_REGISTERED",
        "DEPARTMENT_REPEATED",
        "BEDS",
        "STAFF_SUM",
        "PURCHASED_LATER",
        "DIFFERS_FROM_REGISTER",
    }
    beds = next(one for one in found["findings"] if one["code"] == "BEDS")
    assert beds["message"] == "各科室住院开放床位合计 8 张，超过批准床位数 5 张"
    assert beds["clause"] == {"document": "beijing-insurance-2025-4", "anchor": "附件1"}
    assert [one["present"] for one in found["materials"]] == [True, False, False, False, False, False]


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"approvedBeds": -1}, ["input", "form", "approvedBeds"]),
        ({"operatingAreaM2": "0"}, ["input", "form", "operatingAreaM2"]),
        ({"institutionName": " "}, ["input", "form", "institutionName"]),
        ({"practiceDivision": "丰台"}, ["input", "form", "practiceDivision"]),
        ({"bank": {"account": "12"}}, ["input", "form", "bank", "account"]),
        (
            {"principal": {"name": "张", "identityNumber": "110105196001010010"}},
            ["input", "form", "principal", "identityNumber"],
        ),
        ({"insuranceLead": {"name": "李", "phone": "12"}}, ["input", "form", "insuranceLead", "phone"]),
        (
            {"equipment": [{"name": "CT", "model": "x", "quantity": 0}]},
            ["input", "form", "equipment", "0", "quantity"],
        ),
    ],
)
async def test_what_no_form_can_hold_is_refused_with_its_field(
    office: Office, changed: dict[str, Any], path: list[str]
) -> None:
    applicant = await office.applicant()
    with clock.frozen(IN_WINDOW):
        refused = await applicant.submit(form=applicant.form(**changed))
    assert (refused["__typename"], refused["path"]) == ("InvalidInput", path)
    assert "110105196001010010" not in refused["message"]


async def test_the_register_fills_the_form_and_says_what_stands_in_the_way(office: Office) -> None:
    applicant = await office.applicant(kind="COMMUNITY_HEALTH_STATION")
    text = (
        "query($id: ID!) { prefillDesignation(institution: $id) { form { institutionName address category operatingAreaM2"
        " unifiedSocialCreditCode practiceDivision } provenance { field source } guaranteeRequired"
        " obstacles { code clause { anchor } } findings { code field } checks { commitment outcome }"
        " materials { kind stage } window { opensOn closesOn isOpen } agency { name } } }"
    )
    with clock.frozen(IN_WINDOW):
        found = (await applicant.client(text, id=applicant.node)).data["prefillDesignation"]
    assert found["form"]["institutionName"] == applicant.name
    assert found["form"]["practiceDivision"] == "110106"
    assert found["obstacles"] == []
    assert found["guaranteeRequired"] is True
    assert {one["source"] for one in found["provenance"]} == {"PREFILLED"}
    assert {(one["commitment"], one["outcome"]) for one in found["checks"]} >= {
        (1, "CLEAR"),
        (2, "CLEAR"),
        (5, "UNKNOWN"),
    }
    assert found["agency"] == {"name": "丰台区医疗保障经办机构"}
    with clock.frozen(date(2026, 10, 20)):
        later = (await applicant.client(text, id=applicant.node)).data["prefillDesignation"]
    assert [one["code"] for one in later["obstacles"]] == ["WINDOW_CLOSED"]
    assert (later["window"]["opensOn"], later["window"]["isOpen"]) == ("2027-01-04", False)


async def test_before_there_was_a_notice_there_was_no_window(office: Office) -> None:
    reply = await office.server.client(None)(operation("designation_window"), on="2025-01-02")
    assert reply.codes == ["BAD_USER_INPUT"]
