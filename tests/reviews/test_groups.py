"""Groups count exactly the rows a caller can page to; scores only where they compare."""

import itertools
from collections import Counter, defaultdict
from typing import Any

import pytest

from server.districts.files import load_districts
from tests.driving import Client
from tests.reviews.conftest import PERSONAS, Record
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
def analyst(record: Record) -> Client:
    return record.server.client("municipal-analyst")


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
        if len(schemes) > 1 or None in schemes or not scores:
            assert [group[name] for name in ("averageScore", "minScore", "maxScore", "sumScore")] == [None] * 4
        else:
            assert group["averageScore"] == pytest.approx(sum(scores) / len(scores))
            assert (group["minScore"], group["maxScore"]) == (min(scores), max(scores))
            assert group["sumScore"] == pytest.approx(sum(scores))


def overview() -> str:
    """The contract's operation without the policies, which are tested where they live."""
    text = operation("municipal_overview")
    start, end = text.index("enabledPolicies"), text.index("institutions(first")
    return text[:start] + text[end:]


async def test_the_municipal_overview_counts_all_districts_side_by_side(analyst: Client) -> None:
    reply = await analyst(overview(), **{"from": "2023-12-31", "until": "2024-12-02"})
    period = [row for row in await rows(analyst) if "2023-12-31" <= row["decidedOn"] < "2024-12-02"]
    counted = Counter((row["district"]["code"], row["kind"], row["outcome"]) for row in period)
    found = {
        (one["key"]["district"]["code"], one["key"]["kind"], one["key"]["outcome"]): one
        for one in reply.data["reviewGroups"]
    }
    assert {one: group["count"] for one, group in found.items()} == counted
    assert all(group["key"]["district"]["name"] for group in found.values())
    assert {group["averageScore"] is None for group in found.values()} == {True, False}
    assert len(reply.data["districts"]) == 17


async def test_the_overview_is_one_statement_over_the_rollup(record: Record, analyst: Client) -> None:
    await analyst("{ viewer { memberships { district { code } } } }")  # the directory is read once a process
    record.server.statements.clear()
    await analyst(overview(), **{"from": "2024-01-01", "until": "2025-01-01"})
    ((_, sql),) = record.server.statements
    assert "review_rollup" in sql


@pytest.mark.parametrize(
    ("persona", "variables", "rolled"),
    [
        ("fengtai-officer", {}, True),
        ("fengtai-officer", {"by": ["SCHEME", "DECIDED_QUARTER", "DISTRICT"]}, True),
        ("fengtai-officer", {"filter": {"decidedOn": {"gt": "2024-01-05", "lte": "2024-01-20"}}}, True),
        ("fengtai-officer", {"filter": {"not": {"kind": {"eq": "ASSESSMENT"}}}}, True),
        ("municipal-analyst", {"filter": {"district": {"code": {"eq": "fengtai"}}}}, True),
        ("municipal-analyst", {"district": "fengtai"}, True),
        ("fengtai-officer", {"by": ["CYCLE"]}, False),
        ("fengtai-officer", {"by": ["DECIDED_ON"]}, False),
        ("fengtai-officer", {"filter": {"cycle": {"eq": "2024"}}}, False),
        ("fengtai-officer", {"filter": {"not": {"decidedOn": {"lt": "2024-01-01"}}}}, False),
        ("fengtai-officer", {"filter": {"decidedOn": {"eq": "2024-01-01"}}}, False),
        ("fengtai-officer", {"filter": {"institution": {"kind": {"eq": "VILLAGE_CLINIC"}}}}, False),
        ("fengtai-institution", {}, False),
    ],
)
async def test_the_rollup_answers_what_it_can_and_nobody_who_sees_less(
    record: Record, persona: str, variables: dict[str, Any], rolled: bool
) -> None:
    record.server.statements.clear()
    await record.server.client(persona)(GROUPS, **{"by": ["KIND"]} | variables)
    assert ["review_rollup" in sql for _, sql in record.server.statements if "FROM review" in sql] == [rolled]


#: Ends of periods: the day, whether it is a month's first, and whether it is its last.
DAYS = [
    ("2024-01-01", True, False),
    ("2024-01-31", False, True),
    ("2024-02-29", False, True),
    ("2024-03-02", False, False),
]
IS_WHOLE = {"gte": 1, "lt": 1, "gt": 2, "lte": 2}


@pytest.mark.parametrize("literal", [False, True], ids=["variables", "literals"])
@pytest.mark.parametrize("since", ["gte", "gt"])
@pytest.mark.parametrize("until", ["lt", "lte"])
async def test_a_period_counts_its_days_and_whole_months_read_no_row(
    record: Record, analyst: Client, since: str, until: str, literal: bool
) -> None:
    everything = await rows(analyst)
    after, before = {"gte": "__ge__", "gt": "__gt__"}[since], {"lt": "__lt__", "lte": "__le__"}[until]
    for begin, end in itertools.product(DAYS, DAYS):
        record.server.statements.clear()
        if literal:
            period = f'{{decidedOn: {{{since}: "{begin[0]}", {until}: "{end[0]}"}}}}'
            text = f"{{ reviewGroups(groupBy: [KIND], filter: {period}) {{ key {{ kind }} count }} }}"
            found = (await analyst(text)).data["reviewGroups"]
        else:
            found = await groups(analyst, "KIND", filter={"decidedOn": {since: begin[0], until: end[0]}})
        ((_, sql),) = record.server.statements
        assert ("FROM review " not in sql) == bool(begin[IS_WHOLE[since]] and end[IS_WHOLE[until]])
        within = [one for one in everything if getattr(one["decidedOn"], after)(begin[0])]
        counted = Counter(one["kind"] for one in within if getattr(one["decidedOn"], before)(end[0]))
        assert {one["key"]["kind"]: one["count"] for one in found} == counted


@pytest.mark.parametrize("persona", PERSONAS)
async def test_no_group_counts_a_row_the_caller_cannot_page_to(record: Record, persona: str | None) -> None:
    client = record.server.client(persona)
    for filter_ in (None, {"decidedOn": {"gte": "2023-12-31", "lt": "2024-03-02"}}, {"scheme": {"isNull": True}}):
        paged = Counter(row["kind"] for row in await rows(client, filter=filter_))
        found = await groups(client, "KIND", filter=filter_)
        assert {one["key"]["kind"]: one["count"] for one in found} == paged


COUNTS = """query($district: String, $first: Int!, $i: String, $r: String, $s: String) {
  institutions(district: $district, first: $first, after: $i) { totalCount nodes { id } pageInfo { hasNextPage endCursor } }
  reviews(district: $district, first: $first, after: $r) { totalCount nodes { id } pageInfo { hasNextPage endCursor } }
  sites(district: $district, first: $first, after: $s) { totalCount nodes { id } pageInfo { hasNextPage endCursor } }
  institutionGroups(district: $district, groupBy: [DISTRICT, KIND, STATUS, OPENED_YEAR]) { count }
  reviewGroups(district: $district, groupBy: [DISTRICT, OUTCOME, DECIDED_MONTH]) { count }
}"""


@pytest.mark.parametrize("persona", PERSONAS)
async def test_count_is_the_length_of_all_pages_for_everybody_in_every_district(
    record: Record, persona: str | None
) -> None:
    client = record.server.client(persona)
    for district in [None, *(one.code for one in load_districts())]:
        seen: dict[str, list[str]] = {"institutions": [], "reviews": [], "sites": []}
        after: dict[str, str] = {}
        while True:
            reply = await client(COUNTS, district=district, first=100, **{name[0]: one for name, one in after.items()})
            if reply.codes:
                assert district is not None
                assert set(reply.codes) == {"FORBIDDEN"}
                break
            more = False
            for name, ids in seen.items():
                page = reply.data[name]
                if name in after and not page["nodes"]:
                    continue
                ids += [node["id"] for node in page["nodes"]]
                after[name] = page["pageInfo"]["endCursor"] or after.get(name)
                more |= page["pageInfo"]["hasNextPage"]
            if more:
                continue
            for name, ids in seen.items():
                assert len(ids) == len(set(ids)) == reply.data[name]["totalCount"], (persona, district, name)
            for name in ("institution", "review"):
                counted = sum(one["count"] for one in reply.data[f"{name}Groups"])
                assert counted == len(seen[f"{name}s"]), (persona, district, name)
            break


async def test_groups_come_in_the_order_asked_for_then_by_their_keys(analyst: Client) -> None:
    plain = await groups(analyst, "SCHEME", "OUTCOME")
    keys = [shown(one, ("SCHEME", "OUTCOME")) for one in plain]
    assert keys == sorted(keys, key=lambda one: (one[0] is None, one[0] or "", one[1]))
    by_count = await groups(analyst, "SCHEME", "OUTCOME", order=[{"field": "COUNT", "direction": "DESC"}])
    assert by_count == sorted(plain, key=lambda one: -one["count"])
    average = await groups(analyst, "SCHEME", order=[{"field": "AVERAGE_SCORE", "direction": "DESC"}])
    values = [one["averageScore"] for one in average]
    assert values == sorted([one for one in values if one is not None], reverse=True) + [None] * values.count(None)
    assert (
        await groups(analyst, "SCHEME", "OUTCOME", order=[{"field": "COUNT", "direction": "DESC"}], first=3)
        == by_count[:3]
    )
    assert await groups(analyst, "SCHEME", first=0) == []


async def test_having_keeps_the_groups_that_pass(analyst: Client) -> None:
    plain = await groups(analyst, "SCHEME", "KIND")
    middle = sorted(one["count"] for one in plain)[len(plain) // 2]
    many = await groups(analyst, "SCHEME", "KIND", having={"count": {"gte": middle}})
    assert many == [one for one in plain if one["count"] >= middle] != plain
    high = await groups(analyst, "SCHEME", "KIND", having={"averageScore": {"gt": 50}})
    assert high == [one for one in plain if one["averageScore"] is not None and one["averageScore"] > 50] != plain
    low = await groups(analyst, "SCHEME", "KIND", having={"not": {"averageScore": {"gt": 50}}})
    assert len(low) + len(high) == len(plain)
    text = "query($by: [ReviewGroupKey!]!) { reviewGroups(groupBy: $by, having: { minScore: { isNull: true } }) { count } }"
    unscored = (await analyst(text, by=["SCHEME", "KIND"])).data["reviewGroups"]
    assert unscored == [{"count": one["count"]} for one in plain if one["minScore"] is None]


async def test_only_what_is_grouped_by_has_a_value_and_aliases_answer_alike(analyst: Client) -> None:
    reply = await analyst(
        """{ g: reviewGroups(groupBy: [KIND], first: 2) { __typename n: count a: key { __typename k: kind outcome }
             b: key { kind district { name } } } institutionGroups(groupBy: []) { count key { kind } } }"""
    )
    for one in reply.data["g"]:
        assert one["__typename"] == "ReviewGroup"
        assert one["a"] == {"__typename": "ReviewGroupValues", "k": one["b"]["kind"], "outcome": None}
        assert one["b"]["district"] is None
    (everything,) = reply.data["institutionGroups"]
    assert everything["key"] == {"kind": None}
    assert everything["count"] > 100
    none = await analyst('{ institutionGroups(groupBy: [], filter: { name: { eq: "无" } }) { count } }')
    assert none.data == {"institutionGroups": []}


@pytest.mark.parametrize(
    ("variables", "word"),
    [
        ({"by": ["KIND", "KIND"]}, "KIND 重复"),
        ({"by": ["KIND"], "order": [{"field": "OUTCOME"}]}, "groupBy"),
        ({"by": ["KIND"], "order": [{"field": "COUNT"}, {"field": "COUNT"}]}, "COUNT 重复"),
        ({"by": ["KIND"], "first": -1}, "1000"),
        ({"by": ["KIND"], "first": 1001}, "1000"),
        ({"by": ["KIND"], "having": {"count": {"gte": None}}}, "isNull"),
        ({"by": ["KIND"], "having": {"count": None}}, "isNull"),
        ({"by": ["KIND"], "filter": {"decidedOn": None}}, "isNull"),
        ({"by": ["KIND"], "filter": {"decidedOn": {"gte": None}}}, "isNull"),
        ({"by": ["KIND"], "district": "atlantis"}, "atlantis"),
    ],
)
@pytest.mark.parametrize("persona", ["fengtai-officer", "mentougou-applicant"])
async def test_arguments_outside_their_limits_are_refused_by_name(
    record: Record, persona: str, variables: dict[str, Any], word: str
) -> None:
    reply = await record.server.client(persona)(GROUPS, **variables)
    assert reply.codes == ["BAD_USER_INPUT"]
    assert word in reply.body["errors"][0]["message"]


async def test_more_groups_than_an_answer_holds_are_an_error_unless_some_are_asked_for(analyst: Client) -> None:
    by = ["DISTRICT", "KIND", "OUTCOME", "SCHEME", "CYCLE", "DECIDED_ON"]
    reply = await analyst(GROUPS, by=by)
    assert reply.codes == ["BAD_USER_INPUT"]
    assert "1000" in reply.body["errors"][0]["message"]
    assert reply.body["data"] is None
    assert len(await groups(analyst, *by, first=1000)) == 1000
