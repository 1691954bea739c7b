"""One quarter of designation, the fourth of 2026: three agencies, ten institutions, and everything that can happen.

The window is that of National Day: 8, 9, 10 (a worked Saturday), 12 and 13 October.
"""

from datetime import date

import psycopg
import pytest

from server.kit import clock
from tests.driving import Server
from tests.insurance.world import Case, Office

AGENCIES = ("fengtai", "haidian", "shunyi")
GROUPS = (
    "query($d: String) { designationApplicationGroups(groupBy: [YEAR, QUARTER, STATUS], district: $d)"
    " { count key { year quarter status } } }"
)
RATES = (
    "query($d: String) { designationApplicationGroups(groupBy: [DISTRICT], district: $d, filter: {year: {eq: 2026}})"
    " { count districtPassRate municipalPassRate averageDays key { district { code } } } }"
)
PUBLIC = "{ designations(first: 100) { nodes { institutionName code status announcedOn district { code } } } }"
RUNNING = (
    "query($on: Date!) { designationPublicities(first: 100, filter: {closesOn: {gte: $on}, withdrawnOn: {isNull: true}})"
    " { nodes { institutionName closesOn } } }"
)


@pytest.fixture
async def office(server: Server, superuser: str) -> Office:
    return Office(server, superuser)


async def test_a_quarter(office: Office) -> None:
    centre = await office.centre()
    agencies = {district: await office.agency(district) for district in AGENCIES}

    async def case(district: str, kind: str = "COMMUNITY_HEALTH_CENTRE") -> Case:
        return Case(await office.applicant(district, kind), agencies[district], centre)

    public = office.server.client(None)
    smooth, mending, objected, shamed = [await case("fengtai") for _ in range(4)]
    weak, stubborn, hospital = [await case("haidian", "COMMUNITY_HEALTH_STATION") for _ in range(3)]
    away, lost, false = [await case("shunyi", "TOWNSHIP_HOSPITAL") for _ in range(3)]

    # The window: the eve is too early, the first day and the worked Saturday are in time.
    with clock.frozen(date(2026, 10, 7)):
        assert (await smooth.applicant.submit(appliedOn="2026-10-07"))["code"] == "WINDOW_CLOSED"
    with clock.frozen(date(2026, 10, 8)):
        for one in (smooth, weak, stubborn, objected):
            await one.submitted(appliedOn="2026-10-08")
    with clock.frozen(date(2026, 10, 10)):
        broken = mending.applicant.form(approvedBeds=2)
        await mending.submitted(appliedOn="2026-10-10", form=broken, materials=[])
        for one in (shamed, hospital, away, lost, false):
            await one.submitted(appliedOn="2026-10-10")

    # Accepted at once; one is told what is missing, once, and answers; one withdraws.
    with clock.frozen(date(2026, 10, 12)):
        for one in (smooth, mending, objected, shamed, weak, stubborn, hospital, lost, false, away):
            await one.accepted()
        await mending.do(mending.agency, "requestDesignationSupplement", items=["请提供科室平面图"])
        again = await mending.tried(mending.agency, "requestDesignationSupplement", items=["还差一项"])
        assert (again["code"], again["clause"]["anchor"]) == ("SUPPLEMENT_ALREADY_REQUESTED", "三(一)第二句")
        await away.do(away.applicant.client, "withdrawDesignation", reason="暂不申请")
        files = [{"kind": kind, "document": one} for kind, one in mending.applicant.materials.items()]
        await mending.do(
            mending.applicant.client, "supplementDesignation", materials=files, form=mending.applicant.form()
        )

    # Evaluated by the agencies, each its own; both results go up.
    with clock.frozen(date(2026, 10, 20)):
        foreign = await weak.agency(
            "mutation($input: EvaluateDesignationInDistrictInput!)"
            " { evaluateDesignationInDistrict(input: $input) { __typename } }",
            input={
                "application": smooth.id,
                "expectedVersion": smooth.version,
                "result": "PASS",
                "method": "DOCUMENT",
                "idempotencyKey": "foreign",
            },
        )
        assert foreign.codes == ["NOT_FOUND"]
        early = await smooth.tried(centre, "evaluateDesignationMunicipally", result="PASS", method="DOCUMENT")
        assert (early["code"], early["clause"]["anchor"]) == ("WRONG_STEP", "三(二)第二段")
        for one in (smooth, mending, objected, shamed, stubborn, hospital, lost, false):
            await one.reported()
        await weak.reported("FAIL")

    # The centre confirms the district's fail, fails one itself, passes the others.
    with clock.frozen(date(2026, 10, 26)):
        await weak.judged("FAIL", "CONFIRMATION")
        await stubborn.judged("FAIL")
        for one in (smooth, mending, objected, shamed, hospital, lost):
            await one.judged()
            await one.publicised()
        # False material: the application ends, and for three years from the discovery nobody barred applies again.
        await false.do(
            centre,
            "rejectFalseDesignation",
            discoveredOn="2026-10-26",
            reason="许可证复印件系伪造",
            persons=["LEGAL_REPRESENTATIVE"],
        )
    assert (weak.status, stubborn.status) == ("REASONS_AND_ADVICE_SENT", "REASONS_AND_ADVICE_SENT")

    # Publicity of five working days from 26 October, its day not counted: through 2 November.
    with clock.frozen(date(2026, 11, 2)):
        listed = (await public(RUNNING, on="2026-11-02")).data["designationPublicities"]["nodes"]
        assert {one["institutionName"] for one in listed} >= {one.applicant.name for one in (smooth, mending, objected)}
        assert {one["closesOn"] for one in listed} == {"2026-11-02"}
        refused = await smooth.tried(centre, "negotiateDesignation")
        assert (refused["code"], refused["clause"]["anchor"]) == ("PUBLICITY_RUNNING", "三(三)")
        for one in (objected, shamed):
            await one.do(centre, "recordDesignationObjection", raisedOn="2026-11-02", content="夜间无人值守")
    with clock.frozen(date(2026, 11, 4)):
        text = "query($id: ID!) { designationApplication(id: $id) { objections { id version } } }"
        for one, outcome in ((objected, "DISMISSED"), (shamed, "UPHELD")):
            found = (await centre(text, id=one.id)).data["designationApplication"]["objections"]
            await one.do(
                centre,
                "decideDesignationObjection",
                objection=found[0]["id"],
                expectedVersion=found[0]["version"],
                outcome=outcome,
                reason="经现场核查",
            )
        # What the objection upheld is evaluated again, and fails.
        assert (objected.status, shamed.status) == ("PUBLICITY", "REPORTED")
        await shamed.judged("FAIL")
        for one in (smooth, mending, objected, hospital, lost):
            await one.agreed()
        await lost.do(centre, "abandonDesignation", reason="未按时完成信息系统改造")

    # Signed, announced, plaque.
    with clock.frozen(date(2026, 11, 20)):
        for one in (smooth, mending, objected, hospital):
            await (await one.signed()).concluded()
        shown = (await public(PUBLIC)).data["designations"]["nodes"]
        announced = {one["institutionName"] for one in shown}
        assert announced >= {one.applicant.name for one in (smooth, mending, objected, hospital)}
        assert not announced & {one.applicant.name for one in (weak, stubborn, shamed, lost, false, away)}
        assert {one["status"] for one in shown} == {"ACTIVE"}

        # Counted by the city and by one agency, the very rows.
        for caller, district, count in ((centre, None, None), (agencies["shunyi"], "shunyi", 3)):
            groups = (await caller(GROUPS, d=district)).data["designationApplicationGroups"]
            here = [one for one in groups if (one["key"]["year"], one["key"]["quarter"]) == (2026, 4)]
            assert here
            if count is not None:
                assert {one["key"]["status"]: one["count"] for one in here} == {
                    "WITHDRAWN": 1,
                    "ABANDONED": 1,
                    "REJECTED_FALSE_MATERIAL": 1,
                }
        rates = (await centre(RATES, d="haidian")).data["designationApplicationGroups"]
        assert [one["key"]["district"]["code"] for one in rates] == ["haidian"]
        assert rates[0]["count"] == 3
        assert rates[0]["districtPassRate"] == pytest.approx(2 / 3)
        assert rates[0]["municipalPassRate"] == pytest.approx(1 / 3)

    # The bar holds for the institution, and for the person in any institution of the city, to the last day.
    with clock.frozen(date(2027, 4, 1)):
        barred = await false.applicant.submit(appliedOn="2027-04-01")
        assert (barred["code"], barred["clause"]["anchor"]) == ("BARRED", "附件2-1第一项")
        assert "2029-10-27" in barred["message"]
        newcomer = await case("haidian")
        form = newcomer.applicant.form(principal=false.applicant.form()["legalRepresentative"])
        other = await newcomer.applicant.submit(appliedOn="2027-04-01", form=form)
        assert (other["code"], "主要负责人" in other["message"]) == ("BARRED", True)

    # Every step left who, when, why and the clause.
    with psycopg.connect(office.superuser) as connection:
        steps = connection.execute(
            "SELECT step, clause_anchor, by_name <> '', explanation <> '' FROM designation_step s"
            " JOIN designation_application a ON a.id = s.application_id WHERE a.number = %s AND a.institution_id = %s"
            " ORDER BY s.at, s.id",
            (smooth.number, smooth.applicant.id),
        ).fetchall()
        reviews = connection.execute(
            "SELECT kind, outcome, cycle FROM review WHERE institution_id = %s ORDER BY kind", (weak.applicant.id,)
        ).fetchall()
        latest = connection.execute(
            "SELECT latest_review_on FROM institution WHERE id = %s", (weak.applicant.id,)
        ).fetchone()
    assert [one[0] for one in steps] == [
        "SUBMIT",
        "CONFIRM_BY_PHONE",
        "ACCEPT",
        "EVALUATE_IN_DISTRICT",
        "REPORT",
        "EVALUATE_MUNICIPALLY",
        "SEND_RESULT_NOTICE",
        "PUBLICISE",
        "NEGOTIATE",
        "AGREE",
        "BEGIN_SYSTEM_REFORM",
        "ACCEPT_SYSTEM",
        "SIGN",
        "ANNOUNCE",
        "ISSUE_PLAQUE",
    ]
    assert all(told and why for _, _, told, why in steps)
    assert reviews == [("DESIGNATION_DISTRICT", "FAILED", "2026Q4"), ("DESIGNATION_MUNICIPAL", "FAILED", "2026Q4")]
    assert latest == (date(2026, 10, 26),)
