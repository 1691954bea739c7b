"""Obligations of institutions with their evidence, and enrolment in monitoring."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Optional

import strawberry

from schema.access import Request
from schema.acting import given, mutation, node_of, perform, perform_on, ref, referring, request_of
from schema.connections import After, Before, Connection, First, Last, Node, OrderDirection
from schema.districts import District, DistrictFilter
from schema.filters import UNSET, DateFilter, Filter, IDFilter, StringFilter
from schema.inputs import KEY, VERSION
from schema.institutions.register import Institution
from schema.licensing.clauses import told_clauses
from schema.licensing.inputs import lists_in
from schema.links import TO_DISTRICT, TO_INSTITUTION
from schema.planned import Binds, computed, field_of, not_resolved, planned
from schema.problems import Clause, Problems
from schema.rows import OF_OWN_INSTITUTION, register
from schema.tags import ENROLMENT_TAG, EVIDENCE_TAG, INSTITUTION_TAG, OBLIGATION_TAG
from schema.terms import term
from schema.within import InDistrict, within_district
from server.kit.ids import NodeId
from server.kit.terms import Term
from server.licensing import tables
from server.licensing.actions import obliging
from server.licensing.actions.steps import INSTITUTION_FILERS, OFFICERS
from server.licensing.model import EvidenceFinding, ObligationNature
from server.planner.binding import Compare, Computed, Key, Kind, Link, Many, One, Related, Root, Shape
from server.record.acts import Act

if TYPE_CHECKING:
    from schema.institutions.filters import InstitutionFilter

term(ObligationNature, "义务性质")
term(EvidenceFinding, "佐证结论")


@strawberry.type(description="义务佐证 what the institution states, or the authority found")
class ObligationEvidence(Node):
    """A piece of evidence."""

    finding: EvidenceFinding = field_of("结论")
    on_date: date = field_of("日期")
    note: str = field_of("说明")
    created_at: datetime = field_of("登记时间")


@strawberry.type(description="机构义务 with the clause that it follows from")
class Obligation(Node):
    """An obligation."""

    code: str = field_of("代号")
    title: str = field_of("内容")
    nature: ObligationNature = field_of("性质 whether the clause binds, encourages or entitles")
    from_on: date = field_of("起始日期")
    until: date | None = field_of("终止日期 the first day on which it no longer binds; null while it does")
    latest_finding: EvidenceFinding | None = field_of("最近佐证结论")
    latest_on: date | None = field_of("最近佐证日期")
    version: int = field_of("版本 for `expectedVersion`")
    district: District = field_of("辖区")
    institution: Institution | None = field_of("机构")
    evidence: list[ObligationEvidence] = field_of("佐证 earliest first")

    @computed("依据条款")
    async def clause(ids: Sequence[NodeId], request: Request) -> Sequence[Clause | None]:  # noqa: N805
        return await told_clauses(request, ids, tables.obligation.name)


@strawberry.type(description="监测体系纳入情况")
class MonitoringEnrolment(Node):
    """An enrolment."""

    enrolled_on: date = field_of("纳入日期")
    code: str | None = field_of("监测编码")
    ended_on: date | None = field_of("退出日期")
    reason: str | None = field_of("退出原因")
    version: int = field_of("版本")


class ObligationOrderField(Term):
    """What obligations can be ordered by."""

    CODE = "CODE", "代号"
    LATEST_ON = "LATEST_ON", "最近佐证日期"


term(ObligationOrderField, "机构义务排序字段")


@strawberry.input(description="机构义务排序")
class ObligationOrder:
    """One sort key."""

    field: ObligationOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="机构义务筛选 all given conditions must hold")
class ObligationFilter:
    """A filter on obligations."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    code: StringFilter | None = strawberry.field(default=UNSET, description="代号")
    nature: Filter[ObligationNature] | None = strawberry.field(default=UNSET, description="性质")
    latest_finding: Filter[EvidenceFinding] | None = strawberry.field(default=UNSET, description="最近佐证结论")
    latest_on: DateFilter | None = strawberry.field(default=UNSET, description="最近佐证日期")
    until: DateFilter | None = strawberry.field(default=UNSET, description="终止日期")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    institution: Annotated["InstitutionFilter", strawberry.lazy("schema.institutions.filters")] | None = (
        strawberry.field(default=UNSET, description="机构")
    )
    and_: list["ObligationFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["ObligationFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["ObligationFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


@strawberry.type
class ObligationQueries:
    """Root fields of this area."""

    @planned
    def obligations(
        self,
        district: InDistrict = UNSET,
        filter: ObligationFilter | None = UNSET,
        order_by: list[ObligationOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[Obligation]:
        """机构义务 that the caller may see, by code unless ordered otherwise"""
        not_resolved()


@strawberry.input(description="登记义务佐证")
class AddObligationEvidenceInput:
    """What evidence takes."""

    obligation: strawberry.ID = strawberry.field(description="义务")
    expected_version: int = strawberry.field(description=VERSION)
    finding: EvidenceFinding = strawberry.field(description="结论 an institution's people state; officers find")
    on: date = strawberry.field(description="日期")
    note: str = strawberry.field(description="说明 2 to 2000 characters")
    idempotency_key: str = strawberry.field(description=KEY)
    documents: list[strawberry.ID] = strawberry.field(default_factory=list, description="文件 stored ones")


@strawberry.input(description="纳入监测体系")
class EnrolInMonitoringInput:
    """What enrolling takes."""

    institution: strawberry.ID = strawberry.field(description="机构")
    on: date = strawberry.field(description="纳入日期")
    idempotency_key: str = strawberry.field(description=KEY)
    code: str | None = strawberry.field(default=UNSET, description="监测编码 at most 40 characters")


@strawberry.input(description="按现行清单登记机构义务")
class BindObligationsInput:
    """What binding takes."""

    institution: strawberry.ID = strawberry.field(description="机构")
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="已登记佐证")
class ObligationEvidenceAdded:
    """Evidence."""

    obligation: Obligation = strawberry.field(description="义务 as it is now")


@strawberry.type(description="已纳入监测体系")
class EnrolledInMonitoring:
    """An enrolment."""

    institution: Institution = strawberry.field(description="机构 as it is now")


@strawberry.type(description="已登记机构义务")
class ObligationsBound:
    """Obligations."""

    institution: Institution = strawberry.field(description="机构 as it is now")
    obligations: list[Obligation] = strawberry.field(description="新登记的义务")


AddObligationEvidenceResult = Annotated[
    ObligationEvidenceAdded | Problems, strawberry.union("AddObligationEvidenceResult")
]
EnrolInMonitoringResult = Annotated[EnrolledInMonitoring | Problems, strawberry.union("EnrolInMonitoringResult")]
BindObligationsResult = Annotated[ObligationsBound | Problems, strawberry.union("BindObligationsResult")]


@strawberry.type
class ObligationMutations:
    """Root fields of this area."""

    @mutation("登记义务佐证 the institution states, an officer finds", by=INSTITUTION_FILERS)
    async def add_obligation_evidence(
        self, info: strawberry.Info, input: AddObligationEvidenceInput
    ) -> AddObligationEvidenceResult:
        node = node_of(input.obligation, OBLIGATION_TAG, "obligation")
        documents = [NodeId.parse(one, path=("input", "documents")).id for one in input.documents]

        async def verb(act: Act, node: NodeId) -> None:
            await obliging.add_evidence(
                act,
                node.id,
                expected_version=input.expected_version,
                finding=input.finding,
                on=input.on,
                note=input.note,
                documents=documents,
            )

        return await perform_on(info, node, input, verb, ObligationEvidenceAdded)

    @mutation("纳入监测体系 of community health services", by=OFFICERS)
    async def enrol_in_monitoring(
        self, info: strawberry.Info, input: EnrolInMonitoringInput
    ) -> EnrolInMonitoringResult:
        node = node_of(input.institution, INSTITUTION_TAG, "institution")
        tenant = request_of(info).tenant_of(node)

        async def verb(act: Act) -> Mapping[str, str]:
            await obliging.enrol(act, node.id, on=input.on, code=given(input.code))
            return {"institution": input.institution}

        return await perform(info, tenant, input, verb, referring(EnrolledInMonitoring))

    @mutation("登记机构义务 what the district's list has now and the institution's register has not", by=OFFICERS)
    async def bind_obligations(self, info: strawberry.Info, input: BindObligationsInput) -> BindObligationsResult:
        node = node_of(input.institution, INSTITUTION_TAG, "institution")
        request = request_of(info)
        tenant = request.tenant_of(node)
        lists = await lists_in(request, tenant)

        async def verb(act: Act) -> Mapping[str, object]:
            bound = await obliging.bind_institution(act, lists, node.id)
            return {
                "institution": input.institution,
                "obligations": [str(NodeId(OBLIGATION_TAG, tenant, one)) for one in bound],
            }

        def payload(institution: str, obligations: list[str]) -> ObligationsBound:
            return ObligationsBound(institution=ref(institution), obligations=[ref(one) for one in obligations])

        return await perform(info, tenant, input, verb, payload)


BINDS = (
    Binds(ObligationEvidence, tables.obligation_evidence, register(OF_OWN_INSTITUTION), tag=EVIDENCE_TAG),
    Binds(
        Obligation,
        tables.obligation,
        register(OF_OWN_INSTITUTION),
        tag=OBLIGATION_TAG,
        fields={
            "clause": Computed(),
            "district": One(TO_DISTRICT),
            "institution": One(TO_INSTITUTION),
            "evidence": Many(Link("ObligationEvidence", (("id", "obligation_id"),)), Key("{t}.on_date", Kind.DATE)),
        },
        filters={
            "id": Compare("{t}.id", Kind.UUID, node="Obligation"),
            "district": Related(TO_DISTRICT),
            "institution": Related(TO_INSTITUTION),
        },
    ),
    Binds(MonitoringEnrolment, tables.monitoring_enrolment, register(OF_OWN_INSTITUTION), tag=ENROLMENT_TAG),
)

ROOTS = {"obligations": Root("Obligation", Shape.PAGE, order="CODE ASC", arguments=within_district)}
