"""What the benchmark asks: five operations, each as a GraphQL document and as a route of hand-written SQL."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TINY = "query Tiny($code: String!) { district(code: $code) { code name } }"

POINT = """query Point($id: ID!) {
  institution(id: $id) {
    id name kind status operatingNature openedOn
    district { code name }
    parent { id name }
  }
}"""

#: As in tests/contract/institution_page.graphql.
PAGE = """query InstitutionPage(
  $district: String, $filter: InstitutionFilter, $orderBy: [InstitutionOrder!], $first: Int, $after: String
) {
  institutions(district: $district, filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
    totalCount
    pageInfo { hasNextPage endCursor }
    edges {
      cursor
      node {
        id name kind status operatingNature
        district { code name }
        sites { kind address location { longitude latitude } }
        reviews(first: 3) { edges { node { kind outcome score decidedOn } } }
      }
    }
  }
}"""

#: All districts with live counts and their latest institutions: bound by PostgreSQL, whoever asks.
OVERVIEW = """query MunicipalOverview {
  districts {
    code name
    insuranceAgency { phones email }
    institutions(first: 5, orderBy: [{ field: LATEST_REVIEW, direction: DESC }]) {
      totalCount
      edges { node { name reviews(first: 2) { edges { node { kind outcome decidedOn } } } } }
    }
  }
}"""

#: As in tests/contract/municipal_overview.graphql, over all tenants there are.
TOTALS = """query MunicipalTotals($from: Date!, $until: Date!) {
  reviewGroups(groupBy: [KIND, OUTCOME], filter: { decidedOn: { gte: $from, lt: $until } }) {
    key { kind outcome }
    count
    averageScore
  }
}"""


@dataclass(frozen=True, slots=True)
class Asked:
    """One operation with the variables of each request in turn. ``municipal``: asked on behalf of the municipality."""

    name: str
    document: str
    variables: tuple[Mapping[str, Any], ...]
    municipal: bool = False


def operations(district: str, institutions: list[str]) -> tuple[Asked, ...]:
    """The operations, asked about one district and these institutions of it (node ids)."""
    page = {
        "district": district,
        "first": 50,
        "filter": {"status": {"in": ["OPERATING"]}, "name": {"contains": "社区"}},
        "orderBy": [{"field": "NAME", "direction": "ASC"}],
    }
    return (
        Asked("tiny", TINY, ({"code": district},)),
        Asked("point", POINT, tuple({"id": one} for one in institutions)),
        Asked("page", PAGE, (page,)),
        Asked("overview", OVERVIEW, ({},), municipal=True),
        Asked("totals", TOTALS, ({"from": "2024-01-01", "until": "2025-01-01"},), municipal=True),
    )
