"""Each limb of article 20 from the facts to the proposal, on both sides of its threshold; and the same events elsewhere."""

from datetime import date
from typing import Any

import pytest

from server.kit.ids import NodeId
from tests.driving import Server
from tests.exits.driving import Case
from tests.journeys.assessing import concluded, open_proposals
from tests.supervision.driving import Officer

RECORDED = "... on SupervisionFactRecorded { fact { id version } proposals { id version effects flags rule { code } } }"
HARD = ["ORDER_EXIT", "TERMINATE_AGREEMENTS"]


def officer(server: Server, on: str, district: str = "mentougou") -> Officer:
    """A health commission's officer on that day."""
    return Officer.of(server, f"{district}-officer", date.fromisoformat(on))


async def social(server: Server, on: str = "2026-05-01", **given: Any) -> str:
    """An institution run by a social organisation."""
    kind = {"operatorKind": "SOCIAL_ORGANISATION", "operatingNature": "NON_PROFIT"}
    return str((await officer(server, on).register("mentougou", **kind | given))["id"])


async def fact(who: Officer, institution: str, kind: str, on: str, **given: Any) -> dict[str, Any]:
    """A fact on record, with what it set off."""
    said = {"institution": institution, "kind": kind, "occurredOn": on, "sourceName": "区卫生健康委"}
    return await who.do("recordSupervisionFact", RECORDED, **said | given)


def rules_of(done: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Which rules were set off, with their effects."""
    return [(one["rule"]["code"], one["effects"]) for one in done["proposals"]]


async def test_limb_1_an_accident_of_any_grade_once_it_is_determined(server: Server) -> None:
    institution, on = await social(server), officer(server, "2026-09-20")
    open_ = await fact(on, institution, "SAFETY_ACCIDENT", "2026-09-01")
    assert open_["proposals"] == []
    rule = (await on.standing(institution))["MTG-20-1"]
    assert (rule["outcome"], rule["openQuestions"]) == ("INDETERMINATE", [{"fact": "safety_accident_grade"}])
    shown = "... on SupervisionFactDetermined { fact { version } proposals { effects rule { code } } }"
    given = {"fact": open_["fact"]["id"], "expectedVersion": 1}
    future = await on.do("determineSupervisionFact", "", **given, decidedOn="2026-12-01", safetyGrade="GENERAL")
    assert (future["path"], future["clause"]["anchor"]) == (["input", "decidedOn"], "第二十条(一)")
    done = await on.do("determineSupervisionFact", shown, **given, decidedOn="2026-09-18", safetyGrade="GENERAL")
    assert rules_of(done) == [("MTG-20-1", HARD)]


async def test_limb_1_a_major_hazard_that_is_not_removed(server: Server) -> None:
    institution, on = await social(server), officer(server, "2026-09-20")
    given = {"summary": "消防通道堵塞", "dueOn": "2026-09-30"}
    ordered = await fact(on, institution, "MAJOR_HAZARD", "2026-09-01", **given)
    assert ordered["proposals"] == []
    tasks = "query($id: ID!) { tasks(filter: {subject: {eq: $id}}) { nodes { kind status dueOn role } } }"
    listed = (await on.ask(tasks, id=ordered["fact"]["id"])).data["tasks"]["nodes"]
    assert listed == [{"kind": "REMOVE_HAZARD", "status": "OPEN", "dueOn": "2026-09-30", "role": "INSTITUTION_STAFF"}]
    later = officer(server, "2026-10-10")
    done = await later.do(
        "determineSupervisionFact",
        "... on SupervisionFactDetermined { proposals { effects rule { code } } }",
        fact=ordered["fact"]["id"],
        expectedVersion=1,
        decidedOn="2026-10-08",
        refused=True,
    )
    assert rules_of(done) == [("MTG-20-1", HARD)]


async def test_limb_2_two_failed_years_in_a_row_with_the_first_flagged(server: Server) -> None:
    institution = await social(server)
    await concluded(server, officer(server, "2027-02-10"), "mentougou", institution, "2026", passed=False)
    assert await open_proposals(officer(server, "2027-02-11"), institution) == []
    on = officer(server, "2028-02-10")
    await concluded(server, on, "mentougou", institution, "2027", passed=False)
    (proposal,) = await open_proposals(on, institution)
    assert (proposal["rule"]["code"], proposal["effects"]) == ("MTG-20-2", HARD)
    assert proposal["flags"] == ["CYCLE_STRADDLES_START"], "2026 began before the measure held"


async def test_limb_2_a_year_without_result_breaks_the_row(server: Server) -> None:
    institution = await social(server)
    for on, cycle in (("2027-02-10", "2026"), ("2029-02-10", "2028")):
        await concluded(server, officer(server, on), "mentougou", institution, cycle, passed=False)
    assert await open_proposals(officer(server, "2029-02-11"), institution) == []


async def test_limb_3_six_points_in_one_calendar_year(server: Server) -> None:
    institution = await social(server)
    on = officer(server, "2027-11-20")
    for day, decided in (("2026-12-01", "2026-12-10"), ("2027-02-01", "2027-02-10")):
        done = await fact(on, institution, "PRACTICE_POINTS", day, decidedOn=decided, points=5)
        assert done["proposals"] == [], "five of each year"
    done = await fact(on, institution, "PRACTICE_POINTS", "2027-11-01", decidedOn="2027-11-10", points=1)
    assert rules_of(done) == [("MTG-20-3", HARD)]
    assert (await on.standing(institution, "2028-01-01"))["MTG-20-3"]["outcome"] == "NOT_FIRED"
    shown = """... on SupervisionFactAnnulled { lapsedProposals { status } changes { rule { code } before after }
      findings { id } }"""
    given = {"fact": done["fact"]["id"], "expectedVersion": 1, "reason": "积分决定被撤销"}
    back = await on.do("annulSupervisionFact", shown, **given)
    assert back["lapsedProposals"] == [{"status": "LAPSED"}]
    assert back["changes"] == [{"rule": {"code": "MTG-20-3"}, "before": "FIRED", "after": "NOT_FIRED"}]


async def licensed(who: Officer, institution: str, since: str) -> None:
    """A licence on record whose verification cycle runs a year from that day."""
    given = {
        "number": f"PDY{NodeId.parse(institution).id.int % 10**12:012d}",
        "issuedOn": since,
        "validFromOn": since,
        "validThroughOn": "2036-05-31",
    }
    done = await who.do(
        "recordLicence",
        "... on LicenceRecorded { licence { id } }",
        institution=institution,
        expectedVersion=1,
        subjects=["全科医疗科"],
        beds=0,
        **given,
    )
    assert "licence" in done, done


async def test_limb_4_five_serious_matters_in_one_verification_cycle(server: Server) -> None:
    """Distinct matters that were found true and gravely adverse; repeated calls on one matter are one (A-MTG-7)."""
    institution, on = await social(server, openedOn="2025-06-01"), officer(server, "2026-11-20")
    serious = {
        "channel": "HOTLINE_12345",
        "decidedOn": "2026-10-20",
        "substantiated": True,
        "seriousAdverseEffect": True,
    }
    for n in range(5):
        await fact(on, institution, "COMPLAINT", f"2026-10-0{n + 1}", matter=f"事项{n}", **serious)
    unknown = (await on.standing(institution))["MTG-20-4"]
    assert unknown["outcome"] == "INDETERMINATE", "without a licence nobody knows which cycle"
    await licensed(on, institution, "2026-06-01")
    assert (await on.standing(institution))["MTG-20-4"]["outcome"] == "FIRED"

    other = await social(server, openedOn="2025-06-01")
    await licensed(on, other, "2026-06-01")
    before = {**serious, "decidedOn": "2026-05-31"}
    assert (await fact(on, other, "COMPLAINT", "2026-05-20", matter="上一周期", **before))["proposals"] == []
    for n in range(4):
        done = await fact(on, other, "COMPLAINT", f"2026-10-0{n + 1}", matter=f"事项{n}", **serious)
    again = await fact(on, other, "COMPLAINT", "2026-10-06", matter="事项0", **serious)
    mild = await fact(on, other, "COMPLAINT", "2026-10-07", matter="轻微", **serious | {"seriousAdverseEffect": False})
    assert [one["proposals"] for one in (done, again, mild)] == [[], [], []]
    fifth = await fact(on, other, "COMPLAINT", "2026-10-08", matter="事项4", **serious)
    assert rules_of(fifth) == [("MTG-20-4", HARD)]


async def test_limb_5_a_mandatory_task_refused(server: Server) -> None:
    institution, on = await social(server), officer(server, "2026-09-20")
    given = {"summary": "应急保障任务", "decidedOn": "2026-09-19"}
    done = await fact(on, institution, "MANDATORY_TASK", "2026-09-01", **given, refused=False)
    assert done["proposals"] == []
    done = await fact(on, institution, "MANDATORY_TASK", "2026-09-02", **given, refused=True)
    assert rules_of(done) == [("MTG-20-5", HARD)]


async def test_limb_6_unfit_conduct_needs_its_reasons(server: Server) -> None:
    institution, on = await social(server), officer(server, "2026-09-20")
    given = {"decidedOn": "2026-09-19", "established": True}
    bare = await fact(on, institution, "UNFIT_CONDUCT", "2026-09-01", **given)
    assert (bare["path"], bare["clause"]["anchor"]) == (["input", "summary"], "第二十条(六)")
    done = await fact(on, institution, "UNFIT_CONDUCT", "2026-09-01", **given, summary="不再具备基本公共卫生服务能力")
    assert rules_of(done) == [("MTG-20-6", HARD)]


async def test_state_run_institutions_of_the_same_district_are_outside(server: Server) -> None:
    on = officer(server, "2026-09-20")
    institution = (await on.register("mentougou", operatorKind="GOVERNMENT"))["id"]
    given = {"summary": "应急保障任务", "decidedOn": "2026-09-19", "refused": True}
    assert (await fact(on, institution, "MANDATORY_TASK", "2026-09-01", **given))["proposals"] == []


async def test_what_happened_before_the_measure_does_not_count(server: Server) -> None:
    institution, on = await social(server), officer(server, "2026-09-20")
    given = {"summary": "应急保障任务", "decidedOn": "2026-09-19", "refused": True}
    assert (await fact(on, institution, "MANDATORY_TASK", "2026-04-01", **given))["proposals"] == []
    assert rules_of(await fact(on, institution, "MANDATORY_TASK", "2026-04-02", **given)) == [("MTG-20-5", HARD)]


EVENTS: list[tuple[str, str, dict[str, Any]]] = [
    ("MALPRACTICE", "2026-09-01", {"decidedOn": "2026-09-10", "malpracticeGrade": 2}),
    ("SAFETY_ACCIDENT", "2026-09-02", {"decidedOn": "2026-09-11", "safetyGrade": "GENERAL", "harm": True}),
    ("PRACTICE_POINTS", "2026-09-03", {"decidedOn": "2026-09-12", "points": 6}),
    ("INSURANCE_ACTION", "2026-09-04", {"decidedOn": "2026-09-13", "insuranceAction": "AGREEMENT_SUSPENSION"}),
    ("INSURANCE_ACTION", "2026-09-05", {"decidedOn": "2026-09-14", "insuranceAction": "DEPARTMENT_SUSPENSION"}),
    ("MANDATORY_TASK", "2026-09-06", {"decidedOn": "2026-09-15", "summary": "应急保障任务", "refused": True}),
]


@pytest.mark.parametrize(
    ("district", "wanted"),
    [
        ("fengtai", {"FT-NL-6": "NL-6", "FT-NL-8": "NL-8", "FT-NL-7": "NL-7"}),
        ("mentougou", {"MTG-20-1": None, "MTG-20-3": None, "MTG-20-5": None}),
    ],
)
async def test_the_same_events_have_the_outcome_of_each_districts_packs(
    server: Server, district: str, wanted: dict[str, str | None]
) -> None:
    on = officer(server, "2026-10-01", district)
    institution = (await on.register(district, operatorKind="SOCIAL_ORGANISATION"))["id"]
    for kind, day, given in EVENTS:
        assert "fact" in await fact(on, institution, kind, day, **given)
    found = await open_proposals(on, institution)
    assert {one["rule"]["code"]: one["item"] for one in found} == wanted
    effects = {effect for one in found for effect in one["effects"]}
    assert effects == ({"ISSUE_CARD"} if district == "fengtai" else set(HARD))


_OPEN = {"channel": "LETTER", "matter": "收费"}


@pytest.mark.parametrize(
    ("kind", "on", "given", "path", "anchor"),
    [
        ("MANDATORY_TASK", "2999-01-01", {"summary": "任务"}, "occurredOn", "第二十条(五)"),
        ("PRACTICE_POINTS", "2026-09-01", {"points": 6, "decidedOn": "2026-08-31"}, "decidedOn", "第二十条(三)"),
        ("PRACTICE_POINTS", "2026-09-01", {"points": 6}, "decidedOn", "第二十条(三)"),
        ("COMPLAINT", "2026-09-01", {"channel": "LETTER"}, "matter", "第二十条(四)"),
        ("COMPLAINT", "2026-09-01", {**_OPEN, "points": 2}, "points", "第二十条(四)"),
        ("COMPLAINT", "2026-09-01", {**_OPEN, "substantiated": True}, "decidedOn", "第二十条(四)"),
    ],
)
async def test_facts_that_cannot_be_are_refused_with_the_clause_they_are_kept_for(
    server: Server, kind: str, on: str, given: dict[str, Any], path: str, anchor: str
) -> None:
    institution = await social(server)
    refused = await fact(officer(server, "2026-09-20"), institution, kind, on, **given)
    assert (refused["code"], refused["path"]) == ("INVALID", ["input", path])
    assert refused["clause"] == {"document": "mentougou-2026-3", "anchor": anchor}


async def test_statistics_keep_hard_and_soft_exits_apart(server: Server) -> None:
    institution, on = await social(server), officer(server, "2026-09-20")
    case = Case(on, on)
    given = {"ground": "VOLUNTARY", "because": "主动退出", "institution": institution, "effects": ["ORDER_EXIT"]}
    await case.take("openExitCase", **given)
    assert case.seen["strength"] == "HARD"
    text = '{ exitCases(filter: {strength: {eq: SOFT}, district: {code: {eq: "mentougou"}}}) { nodes { id } } }'
    assert case.id not in [one["id"] for one in (await on.ask(text)).data["exitCases"]["nodes"]]
