"""The negative list over GraphQL: findings, cards, what they set off, and what is refused."""

from typing import Any

import pytest

from tests.driving import Server
from tests.supervision.driving import Officer, key
from tests.test_contract import operation

Doing = dict[str, Any]

RECORDED = "... on SupervisionFactRecorded { fact { id version event } proposals { id effect rule { code } item } }"
REVERSED = """... on NegativeFindingReversed { finding { status version } yellowCard { id status countsUntil }
  changes { rule { code } before after } lapsedProposals { id status reason } proposals { id } }"""


async def confirm(officer: Officer, institution: str, *occurrences: Doing, **given: Any) -> Doing:
    """The answer of the contract's own operation."""
    reply = await officer.ask(
        operation("confirm_negative_finding"),
        input={
            "institution": institution,
            "discoveredOn": "2026-09-10",
            "confirmedOn": "2026-09-20",
            "occurrences": list(occurrences),
            "idempotencyKey": key(),
        }
        | given,
    )
    answer: Doing = reply.data["confirmNegativeFinding"]
    return answer


def occurrence(item: str = "NL-6", on: str = "2026-09-01", **given: Any) -> Doing:
    """One occurrence of an item."""
    return {"item": item, "occurredOn": on, "evidence": "医疗事故技术鉴定书", **given}


@pytest.fixture
def officer(server: Server) -> Officer:
    return Officer.of(server, "fengtai-officer")


@pytest.fixture
async def institution(officer: Officer) -> str:
    return (await officer.register("fengtai"))["id"]


async def record(officer: Officer, institution: str, kind: str, on: str = "2026-09-01", **given: Any) -> Doing:
    """A fact on record."""
    fields = {"institution": institution, "kind": kind, "occurredOn": on, "sourceName": "区卫生健康监督所"}
    return await officer.do("recordSupervisionFact", RECORDED, **fields | given)


async def test_a_confirmed_item_gives_a_card_that_counts_for_a_year(officer: Officer, institution: str) -> None:
    done = await confirm(officer, institution, occurrence())
    assert done["__typename"] == "NegativeFindingConfirmed"
    (finding,), (card,) = done["findings"], done["yellowCards"]
    assert finding["item"] == {"code": "NL-6", "text": "发生三级及以上医疗事故"}
    assert (card["issuedOn"], card["countsUntil"], card["status"]) == ("2026-09-20", "2027-09-21", "ISSUED")
    assert card["rectifyBy"] == "2026-10-20"
    assert done["proposals"] == []
    standing = await officer.standing(institution, "2026-11-01")
    assert standing["FT-2-4-5-CARDS"]["outcome"] == "NOT_FIRED"
    assert standing["FT-NL-6"]["outcome"] == "FIRED"


async def test_a_second_card_within_the_year_proposes_and_decides_nothing(officer: Officer, institution: str) -> None:
    await confirm(officer, institution, occurrence())
    same = {"idempotencyKey": key(), "discoveredOn": "2026-10-05", "confirmedOn": "2026-10-10"}
    done = await confirm(officer, institution, occurrence("NL-3", "2026-10-01"), **same)
    (proposal,) = done["proposals"]
    assert (proposal["effect"], proposal["rule"]["code"]) == ("GUIDE_TRANSFORMATION", "FT-2-4-5-CARDS")
    assert (proposal["flags"], proposal["institution"]["id"]) == ([], institution)
    assert await confirm(officer, institution, occurrence("NL-3", "2026-10-01"), **same) == done
    shown = await officer.ask(
        "query($id: ID!) { institution(id: $id) { status yellowCards { totalCount } } }", id=institution
    )
    assert shown.data["institution"] == {"status": "OPERATING", "yellowCards": {"totalCount": 2}}


async def test_two_items_of_one_decision_are_two_cards_for_a_person_to_weigh(
    officer: Officer, institution: str
) -> None:
    """A-FT-2: no rectification has run between them, so the proposal is flagged."""
    done = await confirm(officer, institution, occurrence("NL-3"), occurrence("NL-4"))
    assert len(done["yellowCards"]) == 2
    assert [one["flags"] for one in done["proposals"]] == [["SAME_EVENT"]]


async def test_one_item_found_three_times_in_one_decision_is_one_card(officer: Officer, institution: str) -> None:
    days = ("2026-08-01", "2026-08-15", "2026-09-01")
    done = await confirm(officer, institution, *(occurrence("NL-4", on) for on in days))
    assert (len(done["findings"]), len(done["yellowCards"]), done["proposals"]) == (3, 1, [])


BAD: list[tuple[str, list[Doing], Doing, str, list[str]]] = [
    (
        "before the list held",
        [occurrence(on="2025-12-31")],
        {},
        "INVALID",
        ["input", "occurrences", "0", "occurredOn"],
    ),
    (
        "after its confirmation",
        [occurrence(on="2026-09-21")],
        {},
        "INVALID",
        ["input", "occurrences", "0", "occurredOn"],
    ),
    (
        "after its discovery",
        [occurrence(on="2026-09-15")],
        {},
        "INVALID",
        ["input", "occurrences", "0", "occurredOn"],
    ),
    ("confirmed in the future", [occurrence()], {"confirmedOn": "2999-01-01"}, "INVALID", ["input", "confirmedOn"]),
    ("discovered later still", [occurrence()], {"discoveredOn": "2026-09-21"}, "INVALID", ["input", "confirmedOn"]),
    ("carded before it was confirmed", [occurrence()], {"issuedOn": "2026-09-19"}, "INVALID", ["input", "issuedOn"]),
    ("no such item", [occurrence("NL-10")], {}, "INVALID", ["input", "occurrences", "0", "item"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "found", "given", "code", "path"), BAD, ids=[one[0] for one in BAD])
async def test_what_cannot_be_confirmed_is_refused_with_rule_and_clause(
    officer: Officer, institution: str, name: str, found: list[Doing], given: Doing, code: str, path: list[str]
) -> None:
    refused = await confirm(officer, institution, *found, **given)
    assert (refused["code"], refused["path"]) == (code, path)
    assert refused["clause"]["document"] == "fengtai-plan"
    listed = await officer.ask(
        "query($id: ID!) { institution(id: $id) { yellowCards { totalCount } } }", id=institution
    )
    assert listed.data["institution"]["yellowCards"]["totalCount"] == 0


async def test_without_the_list_there_is_no_card(server: Server) -> None:
    officer = Officer.of(server, "mentougou-officer")
    institution = (await officer.register("mentougou"))["id"]
    refused = await confirm(officer, institution, occurrence())
    assert (refused["__typename"], refused["code"]) == ("PolicyNotEnabled", "POLICY_NOT_ENABLED")
    assert "负面清单" in refused["message"]


async def test_nobody_else_confirms(server: Server, institution: str) -> None:
    for persona in ("fengtai-market-regulation", "fengtai-institution", "municipal-analyst"):
        other = Officer.of(server, persona)
        reply = await other.ask(
            operation("confirm_negative_finding"),
            input={
                "institution": institution,
                "discoveredOn": "2026-09-10",
                "confirmedOn": "2026-09-20",
                "occurrences": [occurrence()],
                "idempotencyKey": key(),
            },
        )
        assert reply.codes in (["FORBIDDEN"], ["NOT_FOUND"])


async def test_a_record_that_fulfils_an_item_is_proposed_and_confirmed_on_itself(
    officer: Officer, institution: str
) -> None:
    made = await record(officer, institution, "MALPRACTICE", malpracticeGrade=3, decidedOn="2026-09-05")
    (proposal,) = made["proposals"]
    assert (proposal["effect"], proposal["item"]) == ("ISSUE_CARD", "NL-6")
    basis = made["fact"]["id"]
    wrong_day = await confirm(officer, institution, occurrence(on="2026-09-02", basis=basis))
    assert wrong_day["path"] == ["input", "occurrences", "0", "occurredOn"]
    done = await confirm(officer, institution, occurrence(basis=basis))
    assert len(done["yellowCards"]) == 1
    status = "query($id: ID!) { node(id: $id) { ... on Proposal { status } } }"
    assert (await officer.ask(status, id=proposal["id"])).data["node"] == {"status": "ACCEPTED"}
    twice = await confirm(officer, institution, occurrence(basis=basis))
    assert (twice["__typename"], twice["clause"]["anchor"]) == ("Conflicting", "二(三)6")


@pytest.mark.parametrize(
    ("given", "words"),
    [({"malpracticeGrade": 4, "decidedOn": "2026-09-05"}, "三级及以上"), ({}, "鉴定")],
    ids=["the mildest grade", "not graded yet"],
)
async def test_a_confirmation_cannot_overrule_the_elements_of_a_record(
    officer: Officer, institution: str, given: Doing, words: str
) -> None:
    made = await record(officer, institution, "MALPRACTICE", **given)
    assert made["proposals"] == []
    refused = await confirm(officer, institution, occurrence(basis=made["fact"]["id"]))
    assert (refused["__typename"], refused["clause"]["anchor"]) == ("Conflicting", "二(三)6")
    assert words in refused["message"]


async def test_two_penalties_within_a_year_propose_one_card_and_a_record_of_another_is_none(
    officer: Officer, institution: str
) -> None:
    given = {"penaltyKind": "FINE"}
    first = await record(officer, institution, "SAFETY_PENALTY", "2026-03-01", decidedOn="2026-03-10", **given)
    assert first["proposals"] == []
    second = await record(officer, institution, "SAFETY_PENALTY", "2026-09-01", decidedOn="2026-09-08", **given)
    assert [one["item"] for one in second["proposals"]] == ["NL-8"]
    other = (await officer.register("fengtai"))["id"]
    foreign = await confirm(officer, other, occurrence("NL-8", "2026-09-01", basis=second["fact"]["id"]))
    assert foreign["path"] == ["input", "occurrences", "0", "basis"]


async def test_reversing_voids_the_card_lapses_what_it_set_off_and_says_so(officer: Officer, institution: str) -> None:
    first = await confirm(officer, institution, occurrence())
    second = await confirm(
        officer, institution, occurrence("NL-3", "2026-10-01"), discoveredOn="2026-10-05", confirmedOn="2026-10-10"
    )
    (proposal,) = second["proposals"]
    before = await officer.standing(institution)
    assert before["FT-2-4-5-CARDS"]["outcome"] == "FIRED"
    finding = first["findings"][0]["id"]
    given = {"finding": finding, "expectedVersion": 1, "ground": "RECONSIDERATION", "reason": "复议撤销"}
    early = await officer.do("reverseNegativeFinding", REVERSED, **given, on="2026-09-19")
    assert early["path"] == ["input", "on"]
    done = await officer.do("reverseNegativeFinding", REVERSED, **given, on="2026-11-01")
    assert done["finding"] == {"status": "REVERSED", "version": 2}
    assert done["yellowCard"] == {"id": first["yellowCards"][0]["id"], "status": "VOIDED", "countsUntil": None}
    changed = {one["rule"]["code"]: (one["before"], one["after"]) for one in done["changes"]}
    assert changed["FT-2-4-5-CARDS"] == ("FIRED", "NOT_FIRED")
    assert changed["FT-NL-6"] == ("FIRED", "NOT_FIRED")
    assert [(one["id"], one["status"]) for one in done["lapsedProposals"]] == [(proposal["id"], "LAPSED")]
    assert "不再触发" in done["lapsedProposals"][0]["reason"]
    for on in ("2026-10-10", "2026-11-20"):
        assert (await officer.standing(institution, on))["FT-2-4-5-CARDS"]["outcome"] == "NOT_FIRED"
    again = await officer.do("reverseNegativeFinding", REVERSED, **given | {"expectedVersion": 2}, on="2026-11-01")
    assert again["__typename"] == "Conflicting"


async def test_an_allegation_is_investigated_and_ends_one_way(officer: Officer, institution: str) -> None:
    shown = "... on {} {{ finding {{ id status version clause {{ anchor }} }} }}"
    said = {
        "institution": institution,
        "item": "NL-9",
        "occurredOn": "2026-09-01",
        "discoveredOn": "2026-09-02",
        "evidence": "群众反映",
    }
    made = (await officer.do("allegeNegativeFinding", shown.format("NegativeFindingAlleged"), **said))["finding"]
    assert (made["status"], made["clause"]["anchor"]) == ("ALLEGED", "二(三)9")
    given = {"finding": made["id"], "expectedVersion": 1}
    looked = await officer.do("investigateNegativeFinding", shown.format("NegativeFindingInvestigated"), **given)
    assert looked["finding"]["status"] == "INVESTIGATING"
    stale = await officer.do("dismissNegativeFinding", "", **given, reason="查无实据")
    assert (stale["__typename"], stale["currentVersion"]) == ("OutOfDate", 2)
    wrong = await confirm(officer, institution, occurrence("NL-8", finding=made["id"]))
    assert wrong["__typename"] == "Conflicting"
    done = await confirm(officer, institution, occurrence("NL-9", finding=made["id"]))
    assert [one["id"] for one in done["findings"]] == [made["id"]]
    late = await officer.do("dismissNegativeFinding", "", **given | {"expectedVersion": 3}, reason="查无实据")
    assert late["__typename"] == "Conflicting"


async def cards_counted(officer: Officer, institution: str) -> int:
    """How many cards of the institution the standing counts in the window of today."""
    (fact,) = (await officer.standing(institution))["FT-2-4-5-CARDS"]["explanation"][1]["facts"]
    assert fact["name"] == "yellow_cards_in_window"
    return int(fact["value"])


async def test_a_card_runs_from_interview_to_closure_and_still_counts(
    server: Server, samples: None, officer: Officer
) -> None:
    staff = Officer.of(server, "fengtai-institution")
    own = (
        await staff.ask("{ institutions(first: 1, filter: {kind: {eq: COMMUNITY_HEALTH_CENTRE}}) { nodes { id } } }")
    ).data
    institution = own["institutions"]["nodes"][0]["id"]
    before = await cards_counted(officer, institution)  # other stories may have given this institution cards
    card = (await confirm(officer, institution, occurrence("NL-5")))["yellowCards"][0]["id"]
    shown = "... on {} {{ card {{ status version rectifyBy countsUntil }} }}"
    talked = {"on": "2026-09-25", "ledBy": "区卫生健康委", "attendedBy": "主要负责人", "minutes": "要求立即整改"}
    early = await officer.do("orderRectification", "", card=card, expectedVersion=1)
    assert early["__typename"] == "Conflicting"
    held = await officer.do("holdInterview", shown.format("InterviewHeld"), card=card, expectedVersion=1, **talked)
    assert held["card"]["status"] == "INTERVIEWED"
    ordered = await officer.do("orderRectification", shown.format("RectificationOrdered"), card=card, expectedVersion=2)
    assert ordered["card"]["status"] == "RECTIFYING"
    unasked = await officer.do("closeYellowCard", "", card=card, expectedVersion=3, note="合格")
    assert unasked["__typename"] == "Conflicting"
    sent = await staff.do(
        "submitCardRectification",
        shown.format("CardRectificationSubmitted"),
        card=card,
        expectedVersion=3,
        done="已整改",
    )
    assert sent["card"]["version"] == 4
    back = {"reason": "制度未落实", "rectifyBy": "2027-01-29"}
    rejected = await officer.do(
        "rejectCardRectification", shown.format("CardRectificationRejected"), card=card, expectedVersion=4, **back
    )
    assert rejected["card"]["rectifyBy"] == "2027-01-29"
    tasks = "query($id: ID!) { tasks(filter: {subject: {eq: $id}, status: {eq: OPEN}}) { nodes { kind dueOn role } } }"
    listed = (await staff.ask(tasks, id=card)).data["tasks"]["nodes"]
    assert listed == [{"kind": "RECTIFY", "dueOn": "2027-01-29", "role": "INSTITUTION_STAFF"}]
    await staff.do("submitCardRectification", "", card=card, expectedVersion=5, done="已全部整改")
    closed = await officer.do(
        "closeYellowCard", shown.format("YellowCardClosed"), card=card, expectedVersion=6, note="合格"
    )
    assert (closed["card"]["status"], closed["card"]["countsUntil"]) == ("CLOSED", "2027-09-21")
    assert await cards_counted(officer, institution) == before + 1
    assert (await officer.ask(tasks, id=card)).data["tasks"]["nodes"] == []
    papers = "query($id: ID!) { papers(filter: {subject: {eq: $id}}) { nodes { kind number } } }"
    kinds = {one["kind"] for one in (await officer.ask(papers, id=card)).data["papers"]["nodes"]}
    assert kinds == {"YELLOW_CARD", "INTERVIEW", "RECTIFICATION"}
