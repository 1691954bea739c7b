"""Agreements, measures, the one-year lock; the calendar that moves days."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from server.insurance import keeping
from server.insurance.actions.recalculating import tell_windows
from server.insurance.actions.stepping import Ground
from server.insurance.parameters import terms_on
from server.kit import clock
from server.kit.actor import MUNICIPALITY, Actor, Grant, Role
from server.record.acts import Act, acting
from server.workdays.model import Calendar, CalendarStatus, Day, DayKind, Year
from tests.insurance.world import PROBLEM, Case, Office, act

AGREEMENT = "agreement { id version status until suspendedUntil endedOn }"
DESIGNATION = (
    "query($id: ID!) { institution(id: $id) { version designation { status code lockedUntil"
    " agreements { id version number status until remindOn } measures { action decidedBy } } } }"
)


async def signed(office: Office, on: date = date(2026, 11, 20)) -> Case:
    """A case whose agreement was signed on the day."""
    case = Case(await office.applicant(), await office.agency("fengtai"), await office.centre())
    with clock.frozen(date(2026, 10, 9)):
        await case.submitted()
        await case.accepted()
        await case.reported()
        await case.judged()
        await case.publicised()
    with clock.frozen(on):
        await case.agreed()
        await case.signed()
        await case.concluded()
    return case


async def nothing_follows(act_: Act, told: Sequence[UUID]) -> None:
    """No measure waits to be told here."""
    assert not told, act_


async def found(case: Case) -> dict[str, Any]:
    answer = (await case.agency(DESIGNATION, id=case.applicant.node)).data["institution"]
    return {"register": answer["version"], **answer["designation"]}


async def facts(office: Office, case: Case) -> list[tuple[Any, ...]]:
    with psycopg.connect(office.superuser) as connection:
        return connection.execute(
            "SELECT kind, insurance_action, occurred_on FROM supervision_fact WHERE institution_id = %s ORDER BY id",
            (case.applicant.id,),
        ).fetchall()


async def test_an_insurance_yellow_card_is_a_fact_of_supervision_and_no_card_of_the_district(office: Office) -> None:
    case = await signed(office)
    with clock.frozen(date(2026, 12, 1)):
        for client in (case.agency, case.centre):
            done = await act(
                client,
                "recordInsuranceMeasure",
                "InsuranceMeasureRecorded",
                "measure { action decidedBy }",
                institution=case.applicant.node,
                action="YELLOW_CARD",
                decidedOn="2026-12-01",
                reason="超限定支付范围用药",
            )
            assert done["measure"]["action"] == "YELLOW_CARD", done
        state = await found(case)
    # The centre's own role reaches no register: its measure was told on the district's.
    assert await facts(office, case) == [("INSURANCE_ACTION", "YELLOW_CARD", date(2026, 12, 1))] * 2
    assert {one["decidedBy"] for one in state["measures"]} == {"丰台区医疗保障经办机构", "北京市医疗保险事务管理中心"}
    assert state["status"] == "ACTIVE"
    with psycopg.connect(office.superuser) as connection:
        cards = connection.execute("SELECT count(*) FROM yellow_card WHERE institution_id = %s", (case.applicant.id,))
        assert cards.fetchone() == (0,)
        # The district's own rules may propose one, for a person to decide.
        proposed = connection.execute(
            "SELECT item, effect, status FROM proposal WHERE institution_id = %s", (case.applicant.id,)
        ).fetchall()
    assert ("NL-7", "ISSUE_CARD", "OPEN") in proposed


async def test_suspension_and_termination_change_the_designation_and_are_told(office: Office) -> None:
    case = await signed(office)
    with clock.frozen(date(2026, 12, 1)):
        agreement = (await found(case))["agreements"][0]
        given = {"agreement": agreement["id"], "expectedVersion": agreement["version"], "suspendedFrom": "2026-12-01"}
        endless = await act(
            case.agency,
            "suspendInsuranceAgreement",
            "InsuranceAgreementSuspended",
            AGREEMENT,
            **given,
            onRequest=True,
            reason="装修",
        )
        assert endless["path"] == ["input", "suspendedUntil"]
        done = await act(
            case.agency,
            "suspendInsuranceAgreement",
            "InsuranceAgreementSuspended",
            AGREEMENT,
            **given,
            onRequest=False,
            reason="违规使用医保基金",
        )
        assert done["agreement"]["status"] == "SUSPENDED"
        assert (await found(case))["status"] == "SUSPENDED"
        stale = await act(
            case.agency,
            "resumeInsuranceAgreement",
            "InsuranceAgreementResumed",
            AGREEMENT,
            **_named(agreement),
            reason="x",
        )
        assert stale["__typename"] == "OutOfDate"
        resumed = await act(
            case.agency,
            "resumeInsuranceAgreement",
            "InsuranceAgreementResumed",
            AGREEMENT,
            **_named(done["agreement"]),
            reason="整改完成",
        )
        assert resumed["agreement"]["status"] == "ACTIVE"
        ended = await act(
            case.centre,
            "terminateInsuranceAgreement",
            "InsuranceAgreementTerminated",
            AGREEMENT,
            **_named(resumed["agreement"]),
            endedOn="2026-12-01",
            onRequest=False,
            reason="骗取医保基金",
        )
        assert ended["agreement"]["status"] == "TERMINATED", ended
        assert (await found(case))["status"] == "TERMINATED"
    assert [one[1] for one in await facts(office, case)] == ["AGREEMENT_SUSPENSION", "AGREEMENT_TERMINATION"]


def _named(agreement: dict[str, Any]) -> dict[str, Any]:
    return {"agreement": agreement["id"], "expectedVersion": agreement["version"]}


async def test_a_renewal_is_reminded_once_and_follows_without_a_gap(office: Office) -> None:
    case = await signed(office)
    pools, engine = office.server.app.pools, office.server.app.engine

    async def ground() -> Ground:
        return Ground(await engine.policies.current(), await engine.calendars.current())

    def reminders() -> Any:
        with psycopg.connect(office.superuser) as connection:
            return connection.execute(
                "SELECT status, due_on FROM task WHERE kind = 'RENEW_INSURANCE_AGREEMENT' AND institution_id = %s",
                (case.applicant.id,),
            ).fetchall()

    agreement = (await found(case))["agreements"][0]
    assert (agreement["until"], agreement["remindOn"]) == ("2027-11-20", "2027-08-20")
    with clock.frozen(date(2027, 8, 19)):
        await keeping.daily(pools, await ground(), nothing_follows)
        assert reminders() == []
    with clock.frozen(date(2027, 8, 20)):
        await keeping.daily(pools, await ground(), nothing_follows)
        await keeping.daily(pools, await ground(), nothing_follows)
        assert reminders() == [("OPEN", date(2027, 11, 19))]
        agreement = (await found(case))["agreements"][0]
        given = _named(agreement) | {"number": "续签000001", "signedOn": "2027-08-20"}
        done = await act(case.agency, "renewInsuranceAgreement", "InsuranceAgreementRenewed", AGREEMENT, **given)
        assert done["agreement"]["until"] == "2028-11-20", done
        assert reminders() == [("DONE", date(2027, 11, 19))]
    with clock.frozen(date(2027, 11, 20)):
        await keeping.daily(pools, await ground(), nothing_follows)
        state = await found(case)
    assert [one["status"] for one in state["agreements"]] == ["EXPIRED", "ACTIVE"]
    assert state["status"] == "ACTIVE"


async def test_within_a_year_of_signing_a_change_needs_a_special_reason(office: Office) -> None:
    case, officer = await signed(office), office.persona("fengtai-officer")
    text = (
        f"mutation($input: MoveInstitutionInput!) {{ moveInstitution(input: $input) {{ {PROBLEM}"
        " ... on InstitutionMoved { institution { version } } } }"
    )

    async def move(day: date, **given: Any) -> dict[str, Any]:
        with clock.frozen(day):
            state = await found(case)
            fields = {
                "institution": case.applicant.node,
                "expectedVersion": state["register"],
                "address": f"丰台区新址{day}号",
                "on": day.isoformat(),
                "idempotencyKey": f"move-{day}-{len(given)}-{case.number}-{case.applicant.number}",
            }
            answer: dict[str, Any] = (await officer(text, input=fields | given)).data["moveInstitution"]
        return answer

    assert (await found(case))["lockedUntil"] == "2027-11-21"
    refused = await move(date(2027, 11, 20))
    assert (refused["code"], refused["clause"]["anchor"]) == ("DESIGNATION_LOCKED", "附件2-1第九项")
    assert (await move(date(2027, 11, 20), specialReason="拆迁"))["__typename"] == "InstitutionMoved"
    assert (await move(date(2027, 11, 21)))["__typename"] == "InstitutionMoved"
    with psycopg.connect(office.superuser) as connection:
        noted = connection.execute(
            "SELECT after ->> 'special_reason' FROM audit_entry WHERE action = 'changed_within_lock'"
        ).fetchall()
    assert ("拆迁",) in noted


async def test_a_record_found_at_signing_needs_a_reason(office: Office) -> None:
    case = Case(await office.applicant(), await office.agency("fengtai"), await office.centre())
    with clock.frozen(date(2026, 10, 9)):
        await case.submitted()
        await case.accepted()
        await case.reported()
        await case.judged()
        await case.publicised()
    with psycopg.connect(office.superuser) as connection:
        connection.execute(
            "INSERT INTO supervision_fact (tenant_id, id, institution_id, kind, occurred_on, decided_on, source_name,"
            " penalty_kind, root_id, created_by, source) VALUES (5, gen_random_uuid(), %s, 'PENALTY', '2026-09-01',"
            " '2026-10-20', '区市场监管局', 'FINE', gen_random_uuid(), 'tests', 'SAMPLE')",
            (case.applicant.id,),
        )
    with clock.frozen(date(2026, 11, 20)):
        await case.agreed()
        await case.do(case.applicant.client, "beginDesignationSystemReform")
        await case.do(case.centre, "acceptDesignationSystem", acceptedOn="2026-11-20")
        given = {"number": f"核{case.applicant.number}", "code": f"核{case.applicant.number}", "signedOn": "2026-11-20"}
        refused = await case.tried(case.centre, "signInsuranceAgreement", **given)
        assert (refused["code"], refused["clause"]["anchor"]) == ("COMMITMENT_CONTRADICTED", "附件2-1第二项")
        assert "区市场监管局" in refused["message"]
        await case.do(case.centre, "signInsuranceAgreement", **given, contradictedBecause="轻微，已整改")
    assert case.status == "SIGNED"


def moved(calendar: Calendar, free: date) -> Calendar:
    """The calendar with the year official and one more day off."""
    year = calendar.years[free.year]
    days = tuple(Day(free, DayKind.ADJUSTED_DAY_OFF, "元旦") if day.on == free else day for day in year.days)
    return calendar.with_years(Year(free.year, CalendarStatus.OFFICIAL, "试验通知", days))


async def test_the_official_calendar_moves_days_and_tells_those_affected(office: Office) -> None:
    engine, pools = office.server.app.engine, office.server.app.pools
    before = await engine.calendars.current()
    assert before.years[2027].status is CalendarStatus.PROVISIONAL
    case = Case(await office.applicant(), await office.agency("fengtai"), await office.centre())
    with clock.frozen(date(2027, 1, 4)):
        await case.submitted(appliedOn="2027-01-04")
    shelved = await engine.policies.current()
    after = moved(before, date(2027, 1, 8))
    text = "query($id: ID!) { designationApplication(id: $id) { supplementNoticeDueOn supplementNoticeDueStatus } }"
    was = (await case.agency(text, id=case.id)).data["designationApplication"]
    assert was["supplementNoticeDueStatus"] == "PROVISIONAL"
    with clock.frozen(date(2027, 1, 5)):
        found_ = await keeping.recalculate_everywhere(pools, Ground(shelved, after))
        assert found_["fengtai"][1] >= 1
        again = await keeping.recalculate_everywhere(pools, Ground(shelved, after))
        assert again["fengtai"] == (0, 0)
        now = (await case.agency(text, id=case.id)).data["designationApplication"]
    assert now["supplementNoticeDueStatus"] == "OFFICIAL"
    days = (date.fromisoformat(one["supplementNoticeDueOn"]) for one in (was, now))
    assert [next(days), next(days)] == [date(2027, 1, 11), date(2027, 1, 12)]
    with psycopg.connect(office.superuser) as connection:
        tasks = connection.execute(
            "SELECT status, due_on FROM task WHERE kind = 'HANDLE_DESIGNATION' AND institution_id = %s ORDER BY id",
            (case.applicant.id,),
        ).fetchall()
    assert tasks == [("CANCELLED", date(2027, 1, 11)), ("OPEN", date(2027, 1, 12))]

    # The window itself is told to everybody.
    actor = Actor("tests", "试验", (Grant(MUNICIPALITY, Role.MUNICIPAL_INSURANCE_OFFICER),))
    with clock.frozen(date(2026, 12, 1)):
        async with acting(pools, "municipal_writer", MUNICIPALITY, actor, "tests") as municipal:
            assert await tell_windows(municipal, before, after, terms_on(shelved, clock.today())) == 1
    shown = await office.server.client(None)(
        "{ designationWindowNotices { year quarter closedOnBefore closesOn status notice } }"
    )
    # Of this year alone: tests of calendars make others official.
    assert [one for one in shown.data["designationWindowNotices"] if one["year"] == 2027] == [
        {
            "year": 2027,
            "quarter": 1,
            "closedOnBefore": "2027-01-08",
            "closesOn": (date(2027, 1, 8) + timedelta(days=3)).isoformat(),
            "status": "OFFICIAL",
            "notice": "试验通知",
        }
    ]


@pytest.mark.parametrize("client", ["applicant", "officer"])
async def test_only_the_insurance_side_handles_agreements(office: Office, client: str) -> None:
    applicant = await office.applicant()
    caller = applicant.client if client == "applicant" else office.persona("fengtai-officer")
    reply = await caller(
        "mutation($input: RecordInsuranceMeasureInput!) { recordInsuranceMeasure(input: $input) { __typename } }",
        input={
            "institution": applicant.node,
            "action": "YELLOW_CARD",
            "decidedOn": "2026-11-01",
            "reason": "x",
            "idempotencyKey": client,
        },
    )
    assert reply.codes == ["FORBIDDEN"]
