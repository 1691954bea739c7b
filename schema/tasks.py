"""Tasks 待办: what somebody must do, by when, under which rule."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Optional

import strawberry

from schema.access import Request
from schema.acting import mutation, perform_step
from schema.connections import After, Before, Connection, First, Last, Node, OrderDirection
from schema.districts import District, DistrictFilter
from schema.fetching import fetched, subjects
from schema.filters import UNSET, BooleanFilter, DateFilter, Filter, IDFilter, StringFilter
from schema.institutions.filters import InstitutionFilter
from schema.institutions.register import Institution
from schema.links import TO_DISTRICT, TO_INSTITUTION
from schema.planned import Binds, computed, field_of, not_resolved, planned
from schema.problems import Clause, Conflicting, InvalidInput, OutOfDate, cited
from schema.rows import TASKS
from schema.tags import TASK_TAG
from schema.terms import term
from schema.vocabularies import DayUnit, Role
from schema.within import InDistrict, by_id, within_district
from server.districts.model import AuthorityKind
from server.kit.clause import Clause as Citation
from server.kit.ids import NodeId
from server.kit.terms import Term
from server.planner.binding import ANY_NODE, Column, Compare, Computed, Kind, One, Related, Root, Shape
from server.policy.terms import SourceStatus
from server.tasks import actions, tables
from server.tasks.model import TaskKind, TaskStatus

term(TaskKind, "待办种类")
term(TaskStatus, "待办状态")

#: The number of this type in node ids.

_CLAUSES = (
    "SELECT tenant_id, id, clause_document, clause_anchor FROM task"
    " JOIN unnest($1::int4[], $2::uuid[]) AS wanted(tenant_id, id) USING (tenant_id, id)"
)

_SUBJECTS = (
    "SELECT tenant_id, id, subject_type, subject_id, subject_tenant_id FROM task"
    " JOIN unnest($1::int4[], $2::uuid[]) AS wanted(tenant_id, id) USING (tenant_id, id)"
)


@strawberry.type(description="待办 what somebody must do in a case, by when, under which rule")
class Task(Node):
    """A task."""

    kind: TaskKind = field_of("种类")
    title: str = field_of("事项")
    status: TaskStatus = field_of("状态")
    role: Role = field_of("承办角色 who must act")
    department: AuthorityKind | None = field_of("承办部门 of a department officer")
    assignee: str | None = field_of("承办人 by subject, where it is one person's")
    due_on: date | None = field_of("期限 the last day that is in time; null where none is set")
    due_before: date | None = field_of("原期限 what it was before a calendar notice moved it")
    due_rule: str | None = field_of("期限规则")
    due_days: int | None = field_of("期限长度 in `dueUnit`; null for a fixed day")
    due_unit: DayUnit | None = field_of("期限单位")
    due_from_on: date | None = field_of("起算日期")
    due_source: SourceStatus | None = field_of("期限来源 of the length")
    provisional: bool = field_of("是否暂定 a calendar notice still to come may move the day")
    overdue: bool = field_of("是否逾期 open, and its day has passed in Beijing")
    consequence: str | None = field_of("逾期后果")
    closed_on: date | None = field_of("办结日期 done or cancelled")
    version: int = field_of("版本")
    created_at: datetime = field_of("产生时间")
    subject_type: str = field_of("事项类别 the kind of case it belongs to")
    district: District = field_of("辖区")
    institution: Institution | None = field_of("机构")

    @computed("条款 under which it is due or to be done")
    async def clause(ids: Sequence[NodeId], request: Request) -> Sequence[Clause | None]:  # noqa: N805
        register = request.engine.policies.library.register
        found = await fetched(request, ids, _CLAUSES)
        told = (found[one.tenant_id, one.id][0] for one in ids)
        return [cited(Citation(document, anchor), register) if document else None for document, anchor in told]

    @computed("事项 the case it belongs to; null where the caller may not see it")
    async def subject(ids: Sequence[NodeId], request: Request) -> Sequence[Node | None]:  # noqa: N805
        return await subjects(request, ids, _SUBJECTS)


class TaskOrderField(Term):
    """What tasks can be ordered by."""

    DUE_ON = "DUE_ON", "期限"
    KIND = "KIND", "种类"
    CREATED_AT = "CREATED_AT", "产生时间"


term(TaskOrderField, "待办排序字段")


@strawberry.input(description="待办排序")
class TaskOrder:
    """One sort key."""

    field: TaskOrderField = strawberry.field(description="字段")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="方向")


@strawberry.input(description="待办筛选 all given conditions must hold")
class TaskFilter:
    """A filter on tasks."""

    id: IDFilter | None = strawberry.field(default=UNSET, description="标识")
    kind: Filter[TaskKind] | None = strawberry.field(default=UNSET, description="种类")
    status: Filter[TaskStatus] | None = strawberry.field(default=UNSET, description="状态")
    role: Filter[Role] | None = strawberry.field(default=UNSET, description="承办角色")
    department: Filter[AuthorityKind] | None = strawberry.field(default=UNSET, description="承办部门")
    assignee: StringFilter | None = strawberry.field(default=UNSET, description="承办人")
    due_on: DateFilter | None = strawberry.field(default=UNSET, description="期限")
    overdue: BooleanFilter | None = strawberry.field(default=UNSET, description="是否逾期")
    provisional: BooleanFilter | None = strawberry.field(default=UNSET, description="期限是否暂定")
    subject: IDFilter | None = strawberry.field(default=UNSET, description="事项")
    subject_type: StringFilter | None = strawberry.field(default=UNSET, description="事项类别")
    closed_on: DateFilter | None = strawberry.field(default=UNSET, description="办结日期")
    district: DistrictFilter | None = strawberry.field(default=UNSET, description="辖区")
    institution: InstitutionFilter | None = strawberry.field(default=UNSET, description="机构")
    and_: list["TaskFilter"] | None = strawberry.field(default=UNSET, name="and", description="同时满足")
    or_: list["TaskFilter"] | None = strawberry.field(default=UNSET, name="or", description="满足其一")
    not_: Optional["TaskFilter"] = strawberry.field(default=UNSET, name="not", description="不满足")


@strawberry.input(description="指派待办")
class AssignTaskInput:
    """What assigning takes."""

    task: strawberry.ID = strawberry.field(description="待办")
    expected_version: int = strawberry.field(
        description="所见版本 the `version` the caller read; a newer one gives `OutOfDate`"
    )
    assignee: str | None = strawberry.field(
        description="承办人 a member, by subject, who holds the task's role; null for nobody in particular"
    )
    idempotency_key: str = strawberry.field(
        description="幂等键 the same key returns the same answer, executed once; kept at least 24 hours"
    )


@strawberry.type(description="已指派")
class TaskAssigned:
    """An assignment."""

    task: Task = strawberry.field(description="待办 as it is now")


AssignTaskResult = Annotated[
    TaskAssigned | InvalidInput | Conflicting | OutOfDate, strawberry.union("AssignTaskResult")
]


@strawberry.type
class TaskMutations:
    """Mutations of this area."""

    @mutation("指派待办 to one member who holds its role, or to nobody in particular", by=actions.ASSIGNERS)
    async def assign_task(self, info: strawberry.Info, input: AssignTaskInput) -> AssignTaskResult:
        return await perform_step(info, TASK_TAG, input, actions.assign, TaskAssigned, assignee=input.assignee)


@strawberry.type
class TaskQueries:
    """Root fields of this area."""

    @planned
    def tasks(
        self,
        district: InDistrict = UNSET,
        filter: TaskFilter | None = UNSET,
        order_by: list[TaskOrder] | None = UNSET,
        first: First = UNSET,
        after: After = UNSET,
        last: Last = UNSET,
        before: Before = UNSET,
    ) -> Connection[Task]:
        """待办 that the caller may see, the earliest day first unless ordered otherwise"""
        not_resolved()

    @planned
    def task(self, id: Annotated[strawberry.ID, strawberry.argument(description="标识")]) -> Task | None:
        """一项待办 by its id; an error `NOT_FOUND` where the caller sees none"""
        not_resolved()


_OVERDUE = "({t}.status = 'OPEN' AND coalesce({t}.due_on < (now() AT TIME ZONE 'Asia/Shanghai')::date, false))"

BINDS = (
    Binds(
        Task,
        tables.task,
        TASKS,
        tag=TASK_TAG,
        fields={
            "overdue": Column(_OVERDUE, Kind.BOOL),
            "clause": Computed(),
            "subject": Computed(),
            "district": One(TO_DISTRICT),
            "institution": One(TO_INSTITUTION),
        },
        filters={
            "id": Compare("{t}.id", Kind.UUID, node="Task"),
            "overdue": Compare(_OVERDUE, Kind.BOOL),
            "subject": Compare("{t}.subject_id", Kind.UUID, node=ANY_NODE),
            "district": Related(TO_DISTRICT),
            "institution": Related(TO_INSTITUTION),
        },
    ),
)


ROOTS = {
    "tasks": Root("Task", Shape.PAGE, order="DUE_ON ASC", arguments=within_district),
    "task": Root("Task", Shape.ONE, arguments=by_id(TASK_TAG), required=True),
}
