"""One institution from a failed assessment through cards, interview and rectification to its transformation."""

from datetime import date
from typing import Any

import pytest

from server.kit.ids import NodeId
from tests.driving import Server
from tests.exits.driving import Case, planning, provided
from tests.journeys.assessing import concluded, failed, open_proposals
from tests.supervision.driving import Officer
from tests.supervision.test_findings import confirm, occurrence


def officer(server: Server, on: str, persona: str = "fengtai-officer") -> Officer:
    """The persona on that day."""
    return Officer.of(server, persona, date.fromisoformat(on))


async def counted(who: Officer, institution: str, on: str) -> tuple[str, str]:
    """How many cards count on the day, and what becomes of the rule about them."""
    found = (await who.standing(institution, on))["FT-2-4-5-CARDS"]
    return found["explanation"][1]["facts"][0]["value"], found["outcome"]


async def rectified(server: Server, card: str, talked: str, closed: str) -> None:
    """The card from its interview to its closure."""
    first, last = officer(server, talked), officer(server, closed)
    given = {"on": talked, "ledBy": "区卫生健康委", "attendedBy": "主要负责人", "minutes": "限期整改"}
    await first.do("holdInterview", "", card=card, expectedVersion=1, **given)
    await first.do("orderRectification", "", card=card, expectedVersion=2)
    await last.do("submitCardRectification", "", card=card, expectedVersion=3, done="已整改")
    shown = "... on YellowCardClosed { card { status countsUntil } }"
    done = await last.do("closeYellowCard", shown, card=card, expectedVersion=4, note="验收合格")
    assert done["card"]["status"] == "CLOSED"


async def test_from_a_failed_assessment_to_transformation_and_continuity(server: Server, samples: None) -> None:
    start = officer(server, "2026-12-01")
    institution = (await start.register("fengtai", "COMMUNITY_HEALTH_CENTRE"))["id"]
    twin = (await start.register("fengtai", "COMMUNITY_HEALTH_CENTRE"))["id"]

    # A failed cycle proposes a card by itself; a person confirms it on that very record.
    await failed(server, institution, "2026", date(2027, 1, 5), date(2027, 3, 8))
    on = officer(server, "2027-03-10")
    (proposal,) = await open_proposals(on, institution)
    assert (proposal["effects"], proposal["item"]) == (["ISSUE_CARD"], "NL-1")
    said = {"discoveredOn": "2027-03-08", "confirmedOn": "2027-03-10"}
    on_record = occurrence("NL-1", "2026-12-31", proposal=proposal["id"])
    first = await confirm(on, institution, on_record, **said)
    (card,) = first["yellowCards"]
    assert (card["countsUntil"], card["rectifyBy"], first["proposals"]) == ("2028-03-11", "2027-04-09", [])
    assert await open_proposals(on, institution) == []
    await confirm(on, twin, occurrence("NL-3", "2027-03-01"), **said)
    await rectified(server, card["id"], "2027-03-15", "2027-04-06")
    assert await counted(on, institution, "2027-03-09") == ("0", "NOT_FIRED")
    later = officer(server, "2027-04-07")
    assert await counted(later, institution, "2027-04-07") == ("1", "NOT_FIRED"), "a closed card still counts"

    # The corresponding day of a leap year is still inside, the day after it is not: 366 and 367 days.
    inside, outside = officer(server, "2028-03-10"), officer(server, "2028-03-11")
    again = {"discoveredOn": "2028-03-05", "confirmedOn": "2028-03-10"}
    second = await confirm(inside, institution, occurrence("NL-4", "2028-03-02"), **again)
    assert [(one["effect"], one["flags"]) for one in second["proposals"]] == [("GUIDE_TRANSFORMATION", [])]
    late = await confirm(outside, twin, occurrence("NL-4", "2028-03-02"), **again | {"confirmedOn": "2028-03-11"})
    assert late["proposals"] == []
    assert await counted(outside, institution, "2028-03-10") == ("2", "FIRED")
    assert await counted(outside, twin, "2028-03-11") == ("1", "NOT_FIRED")

    # Two persons decide; residents are provided for before the service stops.
    case = Case(officer(server, "2028-03-13"), officer(server, "2028-03-20", "fengtai-admin"), "fengtai")
    (proposed,) = await open_proposals(case.first, institution)
    given = {"proposal": proposed["id"], "expectedVersion": proposed["version"], "because": "采纳建议"}
    await case.take("openExitCase", ground="RULE", **given)
    assert (case.seen["strength"], case.seen["clause"]["anchor"]) == ("SOFT", "二(四)第二句前段")
    await case.heard("一年内两次黄牌警告")
    case.first = officer(server, "2028-03-20")
    await case.decided(["GUIDE_TRANSFORMATION"], stops=True)
    assert case.seen["institution"]["status"] == "OPERATING", "guidance is advice and changes no status"
    early = await case.take("executeExit")
    assert early["clause"] == {"document": "fengtai-plan", "anchor": "二(四)第三句"}
    successor = (await case.first.register("fengtai", "COMMUNITY_HEALTH_CENTRE"))["id"]
    plan = await provided(case.first, case.id, successor)
    case.version += 1
    await case.take("executeExit")
    (conversion,) = case.seen["conversions"]
    assert (case.seen["status"], conversion["direction"]) == ("EXECUTED", "OUT_OF_COMMUNITY")
    by = {"conversion": conversion["id"]}
    await case.first.do("agreeConversion", "", **by, expectedVersion=1, agreement="转为综合门诊部")
    shown = "... on ConversionExecuted { conversion { status institution { status } } }"
    done = await case.first.do("executeConversion", shown, **by, expectedVersion=2)
    assert done["conversion"] == {"status": "EXECUTED", "institution": {"status": "CONVERTED"}}
    await planning(case.first, "startContinuityTransfer", plan=plan, expectedVersion=4)
    await planning(case.first, "completeContinuityTransfer", plan=plan, expectedVersion=5, outcome="全部承接")
    await case.take("closeExitCase")
    assert case.seen["status"] == "CLOSED"

    # The whole story is on its timeline, each card with what it counted for.
    text = """query($id: ID!) { institution(id: $id) { timeline(on: "2028-03-10") { event counted { rule { code } } } } }"""
    told = (await case.first.ask(text, id=institution)).data["institution"]["timeline"]
    cards = [one for one in told if one["event"] == "YELLOW_CARD"]
    assert [[c["rule"]["code"] for c in one["counted"]] for one in cards] == [["FT-2-4-5-CARDS"]] * 2


LEAP: list[tuple[str, str, bool]] = [
    ("2028-02-29", "2029-02-28", True),
    ("2028-02-29", "2029-03-01", False),
    ("2027-02-28", "2028-02-28", True),
    ("2027-02-28", "2028-02-29", False),
]


@pytest.mark.parametrize(("first", "second", "inside"), LEAP)
async def test_a_year_ends_with_the_corresponding_day(server: Server, first: str, second: str, inside: bool) -> None:
    before, after = officer(server, first), officer(server, second)
    institution = (await before.register("fengtai"))["id"]
    days: dict[str, Any] = {"discoveredOn": first, "confirmedOn": first, "rectifyBy": "2029-12-01"}
    await confirm(before, institution, occurrence("NL-3", first), **days)
    days |= {"discoveredOn": second, "confirmedOn": second}
    done = await confirm(after, institution, occurrence("NL-4", second), **days)
    assert [one["rule"]["code"] for one in done["proposals"]] == (["FT-2-4-5-CARDS"] if inside else [])


async def test_cards_follow_the_licence_and_not_the_centre(server: Server) -> None:
    """A-FT-13 and A-FT-14: a station's card is not its centre's, and is its successor's."""
    on = officer(server, "2027-05-10")
    centre = await on.register("fengtai", "COMMUNITY_HEALTH_CENTRE")
    station = await on.register("fengtai", centre=centre["id"])
    given = {"discoveredOn": "2027-05-02", "confirmedOn": "2027-05-10"}
    await confirm(on, station["id"], occurrence("NL-3", "2027-05-01"), **given)
    assert await counted(on, station["id"], "2027-05-10") == ("1", "NOT_FIRED")
    assert await counted(on, centre["id"], "2027-05-10") == ("0", "NOT_FIRED")
    heir = await on.register("fengtai")
    linked = {"predecessor": station["id"], "on": "2027-05-10", "reason": "RELICENSED"}
    await on.do("succeedInstitution", "", successor=heir["id"], expectedVersion=1, **linked)
    assert await counted(on, heir["id"], "2027-05-10") == ("1", "NOT_FIRED")
    again = {"discoveredOn": "2027-06-02", "confirmedOn": "2027-06-10"}
    second = await confirm(officer(server, "2027-06-10"), heir["id"], occurrence("NL-4", "2027-06-01"), **again)
    assert [one["institution"]["id"] for one in second["proposals"]] == [heir["id"]]


async def test_two_failed_cycles_in_a_row_propose_by_themselves(server: Server) -> None:
    """Both limbs of FT-2-4-5 are reported where both hold (A-FT-3); each failed cycle is an occurrence of its own."""
    start = officer(server, "2026-12-01")
    institution = (await start.register("fengtai", "COMMUNITY_HEALTH_CENTRE"))["id"]
    for day, cycle in (("2027-03-08", "2026"), ("2028-03-08", "2027")):
        await concluded(server, officer(server, day), "fengtai", institution, cycle, passed=False)
    on = officer(server, "2028-03-09")
    found = await open_proposals(on, institution)
    assert sorted(one["rule"]["code"] for one in found) == ["FT-2-4-5-CYCLES", "FT-NL-1", "FT-NL-1"]
    said = {"discoveredOn": "2028-03-08", "confirmedOn": "2028-03-09"}
    cards = [one["id"] for one in found if one["item"] == "NL-1"]
    # Row ids rise with time; how they are written down does not.
    cards.sort(key=lambda text: NodeId.parse(text).id)
    both = zip(("2026-12-31", "2027-12-31"), cards, strict=True)
    done = await confirm(on, institution, *(occurrence("NL-1", day, proposal=one) for day, one in both), **said)
    assert len(done["yellowCards"]) == 1, "one item in one decision is one card"
    assert [one["rule"]["code"] for one in await open_proposals(on, institution)] == ["FT-2-4-5-CYCLES"]
