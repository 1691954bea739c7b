"""The whole schema: every area's root fields in one explicit list, the bindings of every planned type."""

from typing import Annotated

import strawberry
from graphql import GraphQLSchema
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types

from schema import districts, granting, identity, institutions, reviews, sites, workdays
from schema.connections import Node
from schema.planned import catalogue, not_resolved, planned, resolved
from schema.register import RegisterMutations
from schema.scalars import SCALARS
from schema.terms import VocabularyTerm, vocabulary
from server.planner.binding import Catalogue


@strawberry.type
class NodeQueries:
    """Root fields that belong to no area."""

    @planned
    def node(self, id: Annotated[strawberry.ID, strawberry.argument(description="标识")]) -> Node | None:
        """任一对象 by its id; an error `NOT_FOUND` where the caller sees none"""
        not_resolved()

    @planned
    def nodes(
        self, ids: Annotated[list[strawberry.ID], strawberry.argument(description="标识 at most 100")]
    ) -> list[Node | None]:
        """若干对象 by their ids, in order; null where the caller sees none"""
        not_resolved()

    @resolved("词表 the values of an enum with their Chinese labels; null where there is none")
    def vocabulary(
        self, name: Annotated[str, strawberry.argument(description="枚举名 as in this schema: `InstitutionKind`")]
    ) -> list[VocabularyTerm] | None:
        return vocabulary(name)


_AREAS = (districts, workdays, reviews, sites, institutions, identity)

# merge_types over one explicit tuple: inheritance of several Query classes would drop clashing fields in silence.
Query = merge_types(
    "Query",
    (
        districts.DistrictQueries,
        institutions.InstitutionQueries,
        sites.SiteQueries,
        reviews.ReviewQueries,
        workdays.WorkdayQueries,
        identity.IdentityQueries,
        NodeQueries,
    ),
)
Mutation = merge_types("Mutation", (RegisterMutations, workdays.WorkdayMutations, granting.IdentityMutations))


def _schema(*, sort: bool) -> strawberry.Schema:
    return strawberry.Schema(
        query=Query,
        mutation=Mutation,
        types=[bind.type for area in _AREAS for bind in area.BINDS],
        config=StrawberryConfig(scalar_map=SCALARS, sort_schema=sort),
    )


# Not sorted: graphql-core sorts by making every type anew, and its plain enums hand resolvers text instead of members.
SCHEMA = _schema(sort=False)


def graphql_schema() -> GraphQLSchema:
    """The schema as graphql-core knows it."""
    return SCHEMA._schema


def bindings() -> Catalogue:
    """Where every planned field of the schema lives."""
    return catalogue(
        graphql_schema(),
        [bind for area in _AREAS for bind in area.BINDS],
        {name: root for area in _AREAS for name, root in area.ROOTS.items()},
        sites.EMBEDDED,
    )


def sdl() -> str:
    """The schema in GraphQL's own language, sorted."""
    return _schema(sort=True).as_str()
