"""What the benchmark asks: five operations, each as a GraphQL document and as a route of hand-written SQL."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from server.kit.ids import NodeId

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


# What PostGraphile is asked: the same, in the words of the schema it derives from the tables.


def _point_of(given: Mapping[str, Any], _: int) -> dict[str, Any]:
    node = NodeId.parse(given["id"])
    return {"tenant": node.tenant_id, "id": str(node.id)}


def _page_of(given: Mapping[str, Any], tenant_id: int) -> dict[str, Any]:
    wanted = given["filter"]
    part, status = wanted["name"]["contains"], wanted["status"]["in"]
    return {"tenant": tenant_id, "first": given["first"], "part": part, "status": status}


#: Document and variables (of ours, for a tenant) by operation.
POSTGRAPHILE: Mapping[str, tuple[str, Callable[[Mapping[str, Any], int], Mapping[str, Any]]]] = {
    "tiny": (
        "query Tiny($code: String!) { allDistricts(condition: { code: $code }, first: 1) { nodes { code name } } }",
        lambda given, _: given,
    ),
    "point": (
        """query Point($tenant: Int!, $id: UUID!) {
  institutionByTenantIdAndRowId(tenantId: $tenant, rowId: $id) {
    id name kind status operatingNature openedOn
    district { code name }
    institutionByTenantIdAndParentId { id name }
  }
}""",
        _point_of,
    ),
    "page": (
        """query InstitutionPage($tenant: Int!, $first: Int!, $part: String!, $status: [String!]) {
  allInstitutions(
    condition: { tenantId: $tenant }, filter: { name: { includes: $part }, status: { in: $status } }
    orderBy: [SORT_KEY_ASC, ROW_ID_ASC], first: $first
  ) {
    totalCount
    pageInfo { hasNextPage endCursor }
    edges {
      cursor
      node {
        id name kind status operatingNature
        district { code name }
        sitesByTenantIdAndInstitutionId(condition: { until: null }, orderBy: [KIND_ASC, ROW_ID_ASC]) {
          nodes { kind address longitude latitude }
        }
        reviewsByTenantIdAndInstitutionId(first: 3, orderBy: [DECIDED_ON_DESC, ROW_ID_DESC]) {
          edges { node { kind outcome score decidedOn } }
        }
      }
    }
  }
}""",
        _page_of,
    ),
}
