"""Standing and simulation over GraphQL, on the sample institutions."""

import uuid
from typing import Any

import pytest

from tests.driving import Client, Server

STANDING = """query($id: ID!, $on: Date) { institution(id: $id) { id standing(on: $on) { evaluatedOn decisions {
  rule { code title } kind outcome effect effects policyVersion digest explanation { path label outcome reason
    clause { document anchor text } facts { name value display } parameters { key value } }
  openQuestions { fact ask reason } } } } }"""
SIMULATION = "on evaluated changed indeterminate entering { effect count } leaving { effect count }"
CHANGES = "changes(first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor } edges { cursor"
CHANGES += " node { institution { id name district { code } } rule { code } before after reasons } } }"


async def institutions(client: Client, district: str) -> list[dict[str, Any]]:
    reply = await client(
        "query($d: String!) { institutions(district: $d, first: 100, filter: { source: { eq: SAMPLE } }) {"
        " nodes { id name operatorKind reviews(first: 20) { nodes { kind cycle outcome } } } } }",
        d=district,
    )
    found: list[dict[str, Any]] = reply.data["institutions"]["nodes"]
    return found


def failed_row(one: dict[str, Any], upto: int) -> int:
    """How many yearly assessments up to that year were failed in a row, counted by hand."""
    results = {
        int(review["cycle"]): review["outcome"] == "FAILED"
        for review in one["reviews"]["nodes"]
        if review["kind"] == "ASSESSMENT"
    }
    row, year = 0, max((year for year in results if year <= upto), default=0)
    while results.get(year):
        row, year = row + 1, year - 1
    return row


@pytest.fixture
def officer(server: Server) -> Client:
    return server.client("fengtai-officer")


async def test_what_is_known_decides_and_what_is_not_is_asked_for(
    server: Server, samples: None, officer: Client
) -> None:
    one = (await institutions(officer, "fengtai"))[0]
    reply = await officer(STANDING, id=one["id"], on="2026-11-01")
    standing = reply.data["institution"]["standing"]
    assert standing["evaluatedOn"] == "2026-11-01"
    by_rule = {decision["rule"]["code"]: decision for decision in standing["decisions"]}
    assert {decision["kind"] for decision in by_rule.values()} == {"NEGATIVE_LIST", "EXIT"}
    # Yellow cards are kept: no card means none, and nothing is left to find out.
    cards = by_rule["FT-2-4-5-CARDS"]
    assert (cards["outcome"], cards["effect"], cards["openQuestions"]) == ("NOT_FIRED", "NO_ACTION", [])
    # Assessments are kept: the rule is decided, by those after the pack began.
    cycles = by_rule["FT-2-4-5-CYCLES"]
    assert (cycles["outcome"], cycles["policyVersion"]) == ("NOT_FIRED", 1)
    assert [node["path"] for node in cycles["explanation"]] == ["0", "0.0"]
    assert cycles["explanation"][1]["facts"][0]["name"] == "consecutive_failed_cycles"
    assert cycles["explanation"][1]["parameters"] == [{"key": "failed_cycles_to_exit", "value": "2"}]
    assert all(node["clause"]["text"] for node in cycles["explanation"])
    again = await officer(STANDING, id=one["id"], on="2026-11-01")
    assert {d["rule"]["code"] for d in again.data["institution"]["standing"]["decisions"]} == set(by_rule)


async def test_without_a_policy_nothing_is_said(server: Server, samples: None) -> None:
    analyst = server.client("municipal-analyst")
    one = (await institutions(analyst, "fengtai"))[0]
    before = await analyst(STANDING, id=one["id"], on="2025-12-31")
    assert before.data["institution"]["standing"]["decisions"] == []


async def test_many_standings_take_no_more_statements_than_one(server: Server, samples: None) -> None:
    analyst = server.client("municipal-analyst")
    shown = 'id standing(on: "2026-11-01") { decisions { outcome } }'
    text = f"query($n: Int!) {{ institutions(first: $n) {{ nodes {{ {shown} }} }} }}"
    await analyst(text, n=1)
    counts = []
    for number in (1, 40):
        server.statements.clear()
        reply = await analyst(text, n=number)
        assert len(reply.data["institutions"]["nodes"]) == number
        counts.append(len([1 for _, sql in server.statements if "membership" not in sql and "sum(version)" not in sql]))
    assert counts[0] == counts[1]


async def simulate(
    client: Client, field: str, first: int = 20, after: str | None = None, **given: Any
) -> dict[str, Any]:
    """One of the simulating root fields with its arguments."""
    types = {
        "policy": "ID!",
        "on": "Date!",
        "district": "String!",
        "kind": "PolicyKind!",
        "template": "String",
        "ofDistrict": "String",
        "since": "Date",
    }
    declared = "".join(f", ${name}: {types[name]}" for name in given)
    passed = ", ".join(f"{name}: ${name}" for name in given)
    text = f"query($first: Int, $after: String{declared}) {{ {field}({passed}) {{ {SIMULATION} {CHANGES} }} }}"
    reply = await client(text, first=first, after=after, **given)
    return reply.data[field]


async def test_another_districts_policy_is_tried_without_touching_anything(server: Server, samples: None) -> None:
    """With every known assessment counted, those that failed two cycles in a row would be guided to transform."""
    admin = server.client("mentougou-admin")
    found = await simulate(
        admin,
        "policyWhatIf",
        district="mentougou",
        kind="EXIT",
        on="2026-11-01",
        ofDistrict="fengtai",
        since="2020-01-01",
    )
    known = await institutions(admin, "mentougou")
    wanted = {one["id"] for one in known if failed_row(one, 2025) >= 2}
    assert found["evaluated"] >= len(known)
    assert wanted, "the sample data hold some"
    seen: set[str] = set()
    after = None
    while True:
        page = await simulate(
            admin,
            "policyWhatIf",
            first=3,
            after=after,
            district="mentougou",
            kind="EXIT",
            on="2026-11-01",
            ofDistrict="fengtai",
            since="2020-01-01",
        )
        for edge in page["changes"]["edges"]:
            node = edge["node"]
            if node["rule"]["code"] == "FT-2-4-5-CYCLES" and node["after"] == "FIRED":
                seen.add(node["institution"]["id"])
                assert node["institution"]["district"] == {"code": "mentougou"}
        after = page["changes"]["pageInfo"]["endCursor"]
        if not page["changes"]["pageInfo"]["hasNextPage"] or len(seen) == len(wanted):
            break
    assert seen == wanted
    guided = next(one for one in found["entering"] if one["effect"] == "GUIDE_TRANSFORMATION")
    assert guided["count"] == len(wanted)
    held = await admin(
        '{ district(code: "mentougou") { policy(kind: EXIT, on: "2026-11-01") { version rules { code } } } }'
    )
    assert "FT-2-4-5-CYCLES" not in [rule["code"] for rule in held.data["district"]["policy"]["rules"]]


async def test_a_template_is_tried_in_a_district_that_has_none(server: Server, samples: None) -> None:
    analyst = server.client("municipal-analyst")
    given = {"district": "fengtai", "kind": "EXIT", "on": "2026-11-01", "template": "admission-style"}
    found = await simulate(analyst, "policyWhatIf", **given)
    assert found["evaluated"] > 0
    fixed = 'district: "fengtai", on: "2026-11-01"'
    for arguments in ("kind: EXIT", 'kind: EXIT, ofDistrict: "dongcheng"', 'kind: ADMISSION, ofDistrict: "mentougou"'):
        refused = await analyst(f"{{ policyWhatIf({fixed}, {arguments}) {{ evaluated }} }}")
        assert refused.codes == ["BAD_USER_INPUT"], arguments
    for persona in ("mentougou-admin", "fengtai-institution", None):
        asked = f'{{ policyWhatIf({fixed}, kind: EXIT, ofDistrict: "fengtai") {{ evaluated }} }}'
        assert (await server.client(persona)(asked)).codes == ["FORBIDDEN"], persona


@pytest.fixture
async def draft(server: Server, samples: None) -> dict[str, Any]:
    """A draft under which one failed cycle is enough."""
    admin = server.client("fengtai-admin")
    given = {
        "district": "fengtai",
        "kind": "EXIT",
        "effectiveFrom": "2035-01-01",
        "parameters": [{"key": "failed_cycles_to_exit", "value": "1"}],
        "idempotencyKey": uuid.uuid4().hex,
    }
    shown = "... on PolicyDrafted { policy { id digest } }"
    text = f"mutation($input: DraftPolicyInput!) {{ draftPolicy(input: $input) {{ {shown} }} }}"
    return (await admin(text, input=given)).data["draftPolicy"]["policy"]


async def test_back_test_and_sensitivity(server: Server, draft: dict[str, Any], officer: Client) -> None:
    text = f"query($id: ID!, $d: [Date!]!) {{ policyBacktest(policy: $id, dates: $d) {{ {SIMULATION} }} }}"
    dates = ["2025-06-01", "2026-06-01", "2026-11-01"]
    found = (await officer(text, id=draft["id"], d=dates)).data["policyBacktest"]
    assert [one["on"] for one in found] == dates
    assert len({one["evaluated"] for one in found}) == 1
    assert (await officer(text, id=draft["id"], d=[])).codes == ["BAD_USER_INPUT"]
    text = (
        "query($id: ID!, $v: [String!]!, $p: String!) { policySensitivity(policy: $id, parameter: $p, values: $v,"
        f' on: "2026-11-01") {{ value simulation {{ {SIMULATION} }} }} }}'
    )
    kinds = ["ROLLING", "CALENDAR_YEAR"]
    told = (await officer(text, id=draft["id"], p="card_window_kind", v=kinds)).data["policySensitivity"]
    assert [one["value"] for one in told] == kinds
    assert told[0]["simulation"]["changed"] == 0
    for parameter, values in (("no_such", ["1"]), ("card_window_kind", ["WEEKLY"]), ("card_window_kind", [])):
        refused = await officer(text, id=draft["id"], p=parameter, v=values)
        assert refused.codes == ["BAD_USER_INPUT"]


async def test_a_draft_is_simulated_by_those_who_may_read_it(server: Server, draft: dict[str, Any]) -> None:
    text = f'query($id: ID!) {{ policySimulation(policy: $id, on: "2026-11-01") {{ {SIMULATION} }} }}'
    assert (await server.client("fengtai-officer")(text, id=draft["id"])).data["policySimulation"]["evaluated"] > 0
    for persona in ("municipal-analyst", "mentougou-admin", None):
        assert (await server.client(persona)(text, id=draft["id"])).codes == ["NOT_FOUND"]
