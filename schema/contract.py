"""The whole schema: every area's root fields in one explicit list, the bindings of every planned type."""

from functools import cache
from typing import Annotated

import strawberry
from graphql import GraphQLSchema, lexicographic_sort_schema, print_schema
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types

from schema import audit, districts, documents, events, papers, people, proposals, reviews, tasks, workdays
from schema.areas import AREAS
from schema.assessment import assessments, cycles, ledger
from schema.assessment.appealing import AppealingMutations
from schema.assessment.assessing import AssessmentMutations
from schema.assessment.planning import PlanningMutations
from schema.assessment.rectifying import RectificationMutations
from schema.assessment.spreadsheets import SpreadsheetMutations
from schema.connections import Node
from schema.describing import complete
from schema.exits import cases as exits
from schema.exits import continuity, conversions
from schema.exits.concluding import ExitConcludingMutations
from schema.exits.converting import ConversionMutations
from schema.exits.exiting import ExitMutations
from schema.exits.providing import ProvidingMutations
from schema.exporting import ExportMutations
from schema.identity import granting
from schema.identity import members as identity
from schema.identity.unmasking import UnmaskingMutations
from schema.institutions import register as institutions
from schema.institutions.registering import RegisterMutations
from schema.insurance import applying as designating
from schema.insurance import bars, cases, contracts, designations, handling, printing, publicities
from schema.licensing import applications as licence_applications
from schema.licensing import endings, licences, obligations, verifications
from schema.licensing.accepting import LicenceAcceptingMutations
from schema.licensing.applying import LicenceApplyingMutations
from schema.licensing.deciding import LicenceDecidingMutations
from schema.licensing.ending import LicenceEndingMutations
from schema.licensing.keeping import LicenceKeepingMutations
from schema.planned import catalogue, not_resolved, planned, resolved
from schema.policy.changing import PolicyMutations
from schema.policy.comparison import PolicyComparisonQueries
from schema.policy.policies import PolicyQueries
from schema.policy.simulations import SimulationQueries
from schema.scalars import SCALARS
from schema.selection import applications, applying, concluding, evaluating
from schema.selection import calling as calls
from schema.selection import calls as selection
from schema.sites import agreements as entrusting
from schema.sites import entrusting as entrusting_changes
from schema.sites import gaps, sites
from schema.sites import identifying as gap_changes
from schema.standing.timelines import ComparisonQueries
from schema.supervision import facts as supervision
from schema.supervision import negative_list, risks
from schema.supervision.carding import CardMutations
from schema.supervision.finding import FindingMutations
from schema.supervision.raising import RiskMutations
from schema.supervision.recording import RecordingMutations
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


_AREAS = (*AREAS, audit)

# merge_types over one explicit tuple: inheritance of several Query classes would drop clashing fields in silence.
Query = merge_types(
    "Query",
    (
        districts.DistrictQueries,
        institutions.InstitutionQueries,
        sites.SiteQueries,
        gaps.GapQueries,
        entrusting.EntrustingQueries,
        selection.SelectionQueries,
        applications.ApplicationQueries,
        reviews.ReviewQueries,
        documents.DocumentQueries,
        papers.PaperQueries,
        tasks.TaskQueries,
        proposals.ProposalQueries,
        supervision.SupervisionQueries,
        negative_list.NegativeListQueries,
        licences.LicenceQueries,
        verifications.VerificationQueries,
        endings.LicenceEndingQueries,
        licence_applications.LicenceApplicationQueries,
        obligations.ObligationQueries,
        risks.RiskQueries,
        exits.ExitQueries,
        cycles.AssessmentCycleQueries,
        assessments.AssessmentQueries,
        ledger.LedgerQueries,
        continuity.ContinuityQueries,
        conversions.ConversionQueries,
        workdays.WorkdayQueries,
        PolicyQueries,
        PolicyComparisonQueries,
        SimulationQueries,
        ComparisonQueries,
        audit.AuditQueries,
        identity.IdentityQueries,
        designating.ApplyingQueries,
        cases.CaseQueries,
        publicities.PublicityQueries,
        designations.DesignationQueries,
        bars.BarQueries,
        printing.PrintingQueries,
        NodeQueries,
    ),
)
Mutation = merge_types(
    "Mutation",
    (
        RegisterMutations,
        people.PeopleMutations,
        workdays.WorkdayMutations,
        PolicyMutations,
        granting.IdentityMutations,
        documents.DocumentMutations,
        papers.PaperMutations,
        tasks.TaskMutations,
        proposals.ProposalMutations,
        FindingMutations,
        LicenceApplyingMutations,
        LicenceAcceptingMutations,
        LicenceDecidingMutations,
        LicenceKeepingMutations,
        LicenceEndingMutations,
        obligations.ObligationMutations,
        PlanningMutations,
        AssessmentMutations,
        AppealingMutations,
        RectificationMutations,
        SpreadsheetMutations,
        UnmaskingMutations,
        ExportMutations,
        gap_changes.GapMutations,
        entrusting_changes.EntrustingMutations,
        calls.CallMutations,
        applying.ApplyingMutations,
        evaluating.EvaluatingMutations,
        concluding.ConcludingMutations,
        RecordingMutations,
        CardMutations,
        RiskMutations,
        ExitMutations,
        ExitConcludingMutations,
        ProvidingMutations,
        ConversionMutations,
        designating.ApplyingMutations,
        handling.AgencyMutations,
        handling.CentreMutations,
        contracts.AgreementMutations,
        bars.BarMutations,
        printing.MailingMutations,
    ),
)

Subscription = merge_types("Subscription", (events.EventSubscriptions,))

SCHEMA = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[bind.type for area in _AREAS for bind in area.BINDS],
    # Not ``sort_schema``: it copies the types, and Strawberry then finds no union member among its own. ``sdl`` sorts.
    config=StrawberryConfig(scalar_map=SCALARS),
)


_SCHEMA = complete(SCHEMA._schema)


def graphql_schema() -> GraphQLSchema:
    """The schema as graphql-core knows it."""
    return _SCHEMA


@cache
def bindings() -> Catalogue:
    """Where every planned field of the schema lives; the same for all, so nobody writes in it."""
    return catalogue(
        graphql_schema(),
        [bind for area in _AREAS for bind in area.BINDS],
        {name: root for area in _AREAS for name, root in area.ROOTS.items()},
        {**sites.EMBEDDED, **proposals.EMBEDDED, **negative_list.EMBEDDED, **applications.EMBEDDED},
    )


def sdl() -> str:
    """The schema in GraphQL's own language, sorted by name."""
    return print_schema(lexicographic_sort_schema(graphql_schema()))
