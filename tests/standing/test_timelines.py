"""Timelines and districts side by side, over GraphQL."""

from typing import Any

import pytest

from tests.driving import Server
from tests.exits.elsewhere import officer_of
from tests.supervision.driving import Officer
from tests.supervision.test_findings import confirm, occurrence, record

TIMELINE = """query($id: ID!, $on: Date) { institution(id: $id) { timeline(on: $on) { on title detail event exitStep
  annulledAt counted { rule { code } outcome countsUntil clause { anchor text } } } } }"""


async def told(who: Officer, institution: str, on: str | None = None) -> list[dict[str, Any]]:
    reply = await who.ask(TIMELINE, id=institution, on=on)
    entries: list[dict[str, Any]] = reply.data["institution"]["timeline"]
    return entries


@pytest.fixture
def officer(server: Server) -> Officer:
    return Officer.of(server, "fengtai-officer")


async def test_a_timeline_says_what_counted_until_when_and_why(officer: Officer) -> None:
    institution = (await officer.register("fengtai", openedOn="2020-05-01"))["id"]
    await confirm(officer, institution, occurrence())
    second = await confirm(
        officer, institution, occurrence("NL-3", "2026-10-01"), discoveredOn="2026-10-05", confirmedOn="2026-10-10"
    )
    entries = await told(officer, institution, "2026-11-01")
    assert [one["on"] for one in entries] == sorted((one["on"] for one in entries), reverse=True)
    cards = [one for one in entries if one["event"] == "YELLOW_CARD"]
    assert [[(c["rule"]["code"], c["outcome"], c["countsUntil"]) for c in one["counted"]] for one in cards] == [
        [("FT-2-4-5-CARDS", "FIRED", "2027-10-11")],
        [("FT-2-4-5-CARDS", "FIRED", "2027-09-21")],
    ]
    assert all(one["counted"][0]["clause"]["text"] for one in cards)
    # A day between the two cards: one counted, and the second was not yet there.
    between = [one for one in await told(officer, institution, "2026-09-30") if one["event"] == "YELLOW_CARD"]
    assert [one["counted"][0]["outcome"] for one in between] == ["NOT_FIRED"]
    # A year later the first counts no more, and stays on the timeline.
    later = [one for one in await told(officer, institution, "2027-09-21") if one["event"] == "YELLOW_CARD"]
    assert [len(one["counted"]) for one in later] == [1, 0]
    await officer.do(
        "reverseNegativeFinding",
        "",
        finding=second["findings"][0]["id"],
        expectedVersion=1,
        ground="COURT",
        on="2026-11-02",
        reason="判决撤销",
    )
    after = [one for one in await told(officer, institution, "2026-11-10") if one["event"] == "YELLOW_CARD"]
    assert [one["annulledAt"] is None for one in after] == [False, True]
    assert [len(one["counted"]) for one in after] == [0, 1]


async def test_what_is_still_to_be_determined_is_not_shown_to_the_institution(
    server: Server, samples: None, officer: Officer
) -> None:
    staff = Officer.of(server, "fengtai-institution")
    text = "{ institutions(first: 1, filter: {kind: {eq: COMMUNITY_HEALTH_CENTRE}}) { nodes { id } } }"
    institution = (await staff.ask(text)).data["institutions"]["nodes"][0]["id"]
    await record(officer, institution, "COMPLAINT", matter="收费争议", channel="HOTLINE_12345")
    assert "收费争议" in str(await told(officer, institution))
    assert "收费争议" not in str(await told(staff, institution))
    facts = "{ supervisionFacts { nodes { matter } } }"
    assert "收费争议" in str((await officer.ask(facts)).data)
    assert "收费争议" not in str((await staff.ask(facts)).data)


COMPARISON = """query($d: [String!]) { supervisionComparison(from: "2026-01-01", until: "2027-01-01", districts: $d,
  on: "2026-11-01") { district { code } institutions assessedInstitutions assessmentIntensityPercent failedAssessments
  findings reversedFindings yellowCards voidedCards hardExits softExits policies parameters { key value unit } } }"""


async def test_districts_stand_side_by_side_with_what_they_count(
    server: Server, samples: None, officer: Officer
) -> None:
    analyst = Officer.of(server, "municipal-analyst")
    fresh = await officer_of(server, "dongcheng")
    institution = (await officer.register("fengtai"))["id"]
    before = {one["district"]["code"]: one for one in (await analyst.ask(COMPARISON)).data["supervisionComparison"]}
    assert len(before) == 17
    await confirm(officer, institution, occurrence())
    after = {one["district"]["code"]: one for one in (await analyst.ask(COMPARISON)).data["supervisionComparison"]}
    assert after["fengtai"]["yellowCards"] == before["fengtai"]["yellowCards"] + 1
    assert after["fengtai"]["findings"] == before["fengtai"]["findings"] + 1
    assert set(after["fengtai"]["policies"]) == {"ASSESSMENT", "NEGATIVE_LIST", "EXIT"}
    assert after["mentougou"]["policies"] == ["EXIT"]
    assert after["dongcheng"]["policies"] == []
    terms = {code: {one["key"]: one["value"] for one in row["parameters"]} for code, row in after.items()}
    assert (terms["fengtai"]["cards_to_transform"], terms["mentougou"].get("cards_to_transform")) == ("2", None)
    assert terms["mentougou"]["points_to_exit"] == "6"
    for row in after.values():
        share = row["assessmentIntensityPercent"]
        assert (share is None) == (row["institutions"] == 0)
    own = (await fresh.ask(COMPARISON)).data["supervisionComparison"]
    assert [one["district"]["code"] for one in own] == ["dongcheng"]
    assert own[0]["institutions"] == after["dongcheng"]["institutions"]
    for persona in ("fengtai-institution", "fengtai-market-regulation", None):
        asked = await server.client(persona)(COMPARISON, d=["fengtai"])
        assert asked.codes in (["FORBIDDEN"], ["UNAUTHENTICATED"])
    assert (await fresh.ask(COMPARISON, d=["fengtai"])).codes == ["FORBIDDEN"]


async def test_cards_and_findings_are_counted_by_district_item_and_period(server: Server, officer: Officer) -> None:
    analyst = Officer.of(server, "municipal-analyst")
    institution = (await officer.register("fengtai"))["id"]
    await confirm(officer, institution, occurrence("NL-2"), occurrence("NL-5"))
    policy = 'policy(kind: EXIT, on: "2026-11-01") { parameters { key value } }'
    shown = f"key {{ district {{ code {policy} }} item issuedYear }} count"
    text = f"{{ yellowCardGroups(groupBy: [DISTRICT, ITEM, ISSUED_YEAR]) {{ {shown} }} }}"
    groups = (await analyst.ask(text)).data["yellowCardGroups"]
    counted = {(one["key"]["district"]["code"], one["key"]["item"], one["key"]["issuedYear"]) for one in groups}
    assert {("fengtai", "NL-2", 2026), ("fengtai", "NL-5", 2026)} <= counted
    parameters = groups[0]["key"]["district"]["policy"]["parameters"]
    assert {"key": "cards_to_transform", "value": "2"} in parameters
    shown = "key { item status occurredQuarter } count"
    text = f"{{ negativeFindingGroups(groupBy: [ITEM, STATUS, OCCURRED_QUARTER]) {{ {shown} }} }}"
    quarters = {one["key"]["occurredQuarter"] for one in (await analyst.ask(text)).data["negativeFindingGroups"]}
    assert "2026-07-01" in quarters
    text = "{ exitCaseGroups(groupBy: [DISTRICT, STRENGTH]) { key { district { code } strength } count } }"
    assert (await analyst.ask(text)).data["exitCaseGroups"] is not None
