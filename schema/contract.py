"""The whole schema: every area's root fields in one explicit list, the bindings of every planned type."""

from typing import Annotated

import strawberry
from graphql import GraphQLSchema, lexicographic_sort_schema, print_schema
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types

from schema import (
    assessment,
    audit,
    districts,
    documents,
    granting,
    identity,
    institutions,
    papers,
    proposals,
    reviews,
    sites,
    tasks,
    workdays,
)
from schema.assessing import AssessmentMutations
from schema.connections import Node
from schema.describing import complete
from schema.planned import catalogue, not_resolved, planned, resolved
from schema.policies import PolicyQueries
from schema.policy_changes import PolicyMutations
from schema.policy_comparison import PolicyComparisonQueries
from schema.rectifying import RectificationMutations
from schema.register import RegisterMutations
from schema.scalars import SCALARS
from schema.simulations import SimulationQueries
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


_AREAS = (
    districts,
    workdays,
    reviews,
    documents,
    papers,
    tasks,
    proposals,
    sites,
    institutions,
    assessment,
    audit,
    identity,
)

# merge_types over one explicit tuple: inheritance of several Query classes would drop clashing fields in silence.
Query = merge_types(
    "Query",
    (
        districts.DistrictQueries,
        institutions.InstitutionQueries,
        sites.SiteQueries,
        reviews.ReviewQueries,
        documents.DocumentQueries,
        papers.PaperQueries,
        tasks.TaskQueries,
        proposals.ProposalQueries,
        assessment.AssessmentQueries,
        workdays.WorkdayQueries,
        PolicyQueries,
        PolicyComparisonQueries,
        SimulationQueries,
        audit.AuditQueries,
        identity.IdentityQueries,
        NodeQueries,
    ),
)
Mutation = merge_types(
    "Mutation",
    (
        RegisterMutations,
        workdays.WorkdayMutations,
        PolicyMutations,
        granting.IdentityMutations,
        documents.DocumentMutations,
        papers.PaperMutations,
        tasks.TaskMutations,
        proposals.ProposalMutations,
        AssessmentMutations,
        RectificationMutations,
    ),
)

SCHEMA = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    types=[bind.type for area in _AREAS for bind in area.BINDS],
    # Not ``sort_schema``: it copies the types, and Strawberry then finds no union member among its own. ``sdl`` sorts.
    config=StrawberryConfig(scalar_map=SCALARS),
)


_SCHEMA = complete(SCHEMA._schema)


def graphql_schema() -> GraphQLSchema:
    """The schema as graphql-core knows it."""
    return _SCHEMA


def bindings() -> Catalogue:
    """Where every planned field of the schema lives."""
    return catalogue(
        graphql_schema(),
        [bind for area in _AREAS for bind in area.BINDS],
        {name: root for area in _AREAS for name, root in area.ROOTS.items()},
        {**sites.EMBEDDED, **proposals.EMBEDDED},
    )


def sdl() -> str:
    """The schema in GraphQL's own language, sorted by name."""
    return print_schema(lexicographic_sort_schema(graphql_schema()))
