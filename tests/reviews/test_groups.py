"""Groups count exactly the rows a caller can page to; scores only where they compare."""

from collections import Counter, defaultdict
from typing import Any

import pytest

from tests.driving import Client, Server
from tests.test_contract import operation

ROWS = """query($district: String, $filter: ReviewFilter, $after: String) {
  reviews(district: $district, filter: $filter, first: 100, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { kind outcome score scheme cycle decidedOn district { code } }
  }
}"""

GROUPS = """query($by: [ReviewGroupKey!]!, $district: String, $filter: ReviewFilter, $having: ReviewGroupHaving,
  $order: [ReviewGroupOrder!], $first: Int) {
  reviewGroups(groupBy: $by, district: $district, filter: $filter, having: $having, orderBy: $order, first: $first) {
    key { district { code } kind outcome scheme cycle decidedYear decidedQuarter decidedMonth decidedOn }
    count averageScore minScore maxScore sumScore
  }
}"""


@pytest.fixture
def analyst(server: Server, samples: None) -> Client:
    return server.client("municipal-analyst")


async def rows(client: Client, **variables: Any) -> list[dict[str, Any]]:
    """All reviews, page by page."""
    found: list[dict[str, Any]] = []
    after = None
    while True:
        page = (await client(ROWS, **variables, after=after)).data["reviews"]
        found += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            assert len(found) == page["totalCount"]
            return found
        after = page["pageInfo"]["endCursor"]


async def groups(client: Client, *by: str, **variables: Any) -> list[dict[str, Any]]:
    return (await client(GROUPS, by=list(by), **variables)).data["reviewGroups"]


def key(row: dict[str, Any]) -> dict[str, Any]:
    """What a review may be grouped by."""
    year, month = int(row["decidedOn"][:4]), int(row["decidedOn"][5:7])
    return {
        "DISTRICT": row["district"]["code"],
        "KIND": row["kind"],
        "OUTCOME": row["outcome"],
        "SCHEME": row["scheme"],
        "CYCLE": row["cycle"],
        "DECIDED_YEAR": year,
        "DECIDED_QUARTER": f"{year}-{(month - 1) // 3 * 3 + 1:02}-01",
        "DECIDED_MONTH": f"{year}-{month:02}-01",
        "DECIDED_ON": row["decidedOn"],
    }


FIELDS = {
    "DISTRICT": "district",
    "KIND": "kind",
    "OUTCOME": "outcome",
    "SCHEME": "scheme",
    "CYCLE": "cycle",
    "DECIDED_YEAR": "decidedYear",
    "DECIDED_QUARTER": "decidedQuarter",
    "DECIDED_MONTH": "decidedMonth",
    "DECIDED_ON": "decidedOn",
}


def shown(group: dict[str, Any], by: tuple[str, ...]) -> tuple[Any, ...]:
    """The group's key; what it is not grouped by is null."""
    values = group["key"] | {"district": (group["key"]["district"] or {}).get("code")}
    assert all(values[field] is None for name, field in FIELDS.items() if name not in by)
    return tuple(values[FIELDS[name]] for name in by)


@pytest.mark.parametrize(
    "by",
    [
        (),
        ("DISTRICT",),
        ("DISTRICT", "KIND", "OUTCOME"),
        ("SCHEME", "DECIDED_YEAR"),
        ("KIND", "DECIDED_QUARTER"),
        ("DECIDED_MONTH",),
        ("CYCLE", "OUTCOME"),
        ("DECIDED_ON",),
    ],
    ids="+".join,
)
async def test_groups_are_the_rows_counted(analyst: Client, by: tuple[str, ...]) -> None:
    expected: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in await rows(analyst):
        expected[tuple(key(row)[name] for name in by)].append(row)
    found = {shown(group, by): group for group in await groups(analyst, *by)}
    assert {one: group["count"] for one, group in found.items()} == {one: len(got) for one, got in expected.items()}
    for one, group in found.items():
        schemes = {row["scheme"] for row in expected[one]}
        scores = [row["score"] for row in expected[one] if row["score"] is not None]
        if len(schemes) > 1 or not scores:
            assert [group[name] for name in ("averageScore", "minScore", "maxScore", "sumScore")] == [None] * 4
        else:
            assert group["averageScore"] == pytest.approx(sum(scores) / len(scores))
            assert (group["minScore"], group["maxScore"]) == (min(scores), max(scores))
            assert group["sumScore"] == pytest.approx(sum(scores))


async def test_the_municipal_overview_counts_all_districts_side_by_side(analyst: Client) -> None:
    text = operation("municipal_overview")
    start, end = text.index("enabledPolicies"), text.index("institutions(first")
    reply = await analyst(text[:start] + text[end:], **{"from": "2024-01-01", "until": "2025-01-01"})
    rows_2024 = [row for row in await rows(analyst) if row["decidedOn"].startswith("2024")]
    counted = Counter((row["district"]["code"], row["kind"], row["outcome"]) for row in rows_2024)
    found = {
        (one["key"]["district"]["code"], one["key"]["kind"], one["key"]["outcome"]): one
        for one in reply.data["reviewGroups"]
    }
    assert {one: group["count"] for one, group in found.items()} == counted
    assert {one[1] for one, group in found.items() if group["averageScore"] is not None} == {"ASSESSMENT"}
    assert all(group["key"]["district"]["name"] for group in found.values())
    assert len(reply.data["districts"]) == 17


async def test_the_overview_is_one_statement(server: Server, analyst: Client) -> None:
    text = operation("municipal_overview")
    start, end = text.index("enabledPolicies"), text.index("institutions(first")
    server.statements.clear()
    await analyst(text[:start] + text[end:], **{"from": "2024-01-01", "until": "2025-01-01"})
    assert len(server.statements) == 1
