"""What happened to an institution, and what of it counted on a day; districts side by side."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from typing import Annotated

import strawberry

from schema.access import Request
from schema.acting import Ref, request_of
from schema.districts import District
from schema.exits.terms import ExitStatus
from schema.planned import resolved
from schema.policy.policies import On
from schema.policy.readers import OFFICIALS, district_named
from schema.problems import Clause, cited
from schema.standing.standings import RuleHeading
from schema.tags import DISTRICT_TAG
from schema.terms import term
from server.kit import clock
from server.kit.actor import MUNICIPAL_READERS, Role
from server.kit.errors import BadInput, NotAllowed, Unauthenticated
from server.kit.ids import NodeId, stable_id
from server.policy import terms
from server.policy.documents import Register
from server.policy.events import EventKind
from server.standing import comparing, timelines

term(EventKind, "事件种类 what policy may ask about", "PolicyEventKind")


@strawberry.type(description="计入 a rule that counted the event on the day asked about")
class TimelineCount:
    """A count."""

    rule: RuleHeading = strawberry.field(description="规则")
    outcome: terms.Outcome = strawberry.field(description="规则结果 on that day")
    counts_until: date | None = strawberry.field(
        description="计入至 the first day it no longer counts; null where it is not counted over a window"
    )
    clause: Clause = strawberry.field(description="依据条款")


@strawberry.type(description="大事记 one event that policy may ask about, or one step of an exit case")
class TimelineEntry:
    """An entry."""

    on: date = strawberry.field(description="日期 when it happened; of an assessment the last day of its cycle")
    title: str = strawberry.field(description="事项")
    detail: str = strawberry.field(description="内容")
    event: EventKind | None = strawberry.field(description="事件种类 null for a step of an exit case")
    event_id: str | None = strawberry.field(description="事件编号 as decisions name it")
    exit_step: ExitStatus | None = strawberry.field(description="退出步骤 null for an event")
    decided_on: date | None = strawberry.field(description="认定日期")
    annulled_at: datetime | None = strawberry.field(description="失效时间 an event that was annulled counts no more")
    counted: list[TimelineCount] = strawberry.field(description="计入情况 on the day asked about; empty where none")


async def institution_timelines(request: Request, ids: Sequence[NodeId], on: date | None) -> list[list[TimelineEntry]]:
    """Each institution's timeline, in order; an institution's own staff do not see what is still to be determined."""
    engine, day = request.engine, on or clock.today()
    register = engine.policies.library.register
    by_role: dict[str, list[tuple[int, NodeId]]] = {}
    for place, one in enumerate(ids):
        scope = await request.scope(request.known_tenant(one))
        by_role.setdefault(scope.db_role, []).append((place, one))
    found: dict[int, list[TimelineEntry]] = {}
    for role, wanted in by_role.items():
        fetch = partial(engine.pools.fetch, role)
        subjects = [(one.tenant_id, one.id) for _, one in wanted]
        told = await timelines.timelines(fetch, engine.policies, subjects, on=day, known_at=clock.now())
        for (place, node), entries in zip(wanted, told, strict=True):
            whole = _is_official(request, node.tenant_id)
            found[place] = [_told(one, register) for one in entries or () if whole or not _withheld(one)]
    return [found[place] for place in range(len(ids))]


def _is_official(request: Request, tenant_id: int) -> bool:
    actor = request.actor
    if actor is None:
        return False
    held = actor.roles_in(tenant_id)
    return actor.is_municipal or bool(held - {Role.INSTITUTION_STAFF, Role.APPLICANT, Role.EXPERT, Role.PUBLIC})


def _withheld(one: timelines.Entry) -> bool:
    return one.undetermined or one.step is ExitStatus.OPENED


def _told(one: timelines.Entry, register: Register) -> TimelineEntry:
    return TimelineEntry(
        on=one.on,
        title=one.title,
        detail=one.detail,
        event=one.event,
        event_id=one.event_id,
        exit_step=one.step,
        decided_on=one.decided_on,
        annulled_at=one.annulled_at,
        counted=[
            TimelineCount(
                rule=RuleHeading(code=count.rule, title=count.title),
                outcome=count.outcome,
                counts_until=count.until,
                clause=cited(count.clause, register),
            )
            for count in one.counted
        ],
    )


@strawberry.type(description="政策口径 a parameter in force that makes counts differ between districts")
class ComparedParameter:
    """A parameter."""

    key: str = strawberry.field(description="参数名")
    label: str = strawberry.field(description="名称")
    value: str = strawberry.field(description="数值 as text")
    unit: str | None = strawberry.field(description="单位")
    source_status: terms.SourceStatus = strawberry.field(description="来源")


@strawberry.type(
    description="监管情况对照 one district over a period, with how closely it looks and what its policies say"
)
class SupervisionComparison:
    """A row."""

    district: District = strawberry.field(description="辖区")
    institutions: int = strawberry.field(description="机构数 within the community health system now")
    assessed_institutions: int = strawberry.field(description="被考核机构数 assessed at least once in the period")
    assessment_intensity_percent: float | None = strawberry.field(
        description="考核覆盖率（%） null where there are no institutions"
    )
    assessments: int = strawberry.field(description="考核次数 with a result that stands")
    failed_assessments: int = strawberry.field(description="考核不合格次数")
    findings: int = strawberry.field(description="负面清单认定数 confirmed in the period and not reversed")
    reversed_findings: int = strawberry.field(description="其中已撤销的认定数 confirmed in the period, reversed since")
    yellow_cards: int = strawberry.field(description="黄牌张数 issued in the period and not voided")
    voided_cards: int = strawberry.field(description="已撤销的黄牌张数")
    hard_exits: int = strawberry.field(description="责令退出、注销、吊销件数 decided in the period")
    soft_exits: int = strawberry.field(description="引导转型件数 decided in the period; never to be added to hard ones")
    policies: list[terms.Kind] = strawberry.field(
        description="施行中的政策 what is absent here is not counted there at all, so that zero is no merit"
    )
    parameters: list[ComparedParameter] = strawberry.field(description="政策口径 those in force on the last day")


#: Who may compare; officials of a district see their own.
READERS = {"supervisionComparison": OFFICIALS}


@strawberry.type
class ComparisonQueries:
    """Root fields of this area."""

    @resolved("监管情况对照 districts side by side over the period [from, until), policy differences beside the counts")
    async def supervision_comparison(
        self,
        info: strawberry.Info,
        from_: Annotated[date, strawberry.argument(name="from", description="起始日期")],
        until: Annotated[date, strawberry.argument(description="截止日期 the first day no longer in the period")],
        districts: Annotated[
            list[str] | None, strawberry.argument(description="辖区代码 all that the caller may see")
        ] = None,
        on: On = None,
    ) -> list[SupervisionComparison]:
        request = request_of(info)
        actor = request.actor
        if actor is None:
            raise Unauthenticated()
        if until <= from_:
            raise BadInput(f"until 应晚于 from（{from_}），实际为 {until}", path=("until",))
        everywhere = await request.engine.directory.districts()
        mine = {code: tenant for code, tenant in everywhere.items() if actor.roles_in(tenant) & OFFICIALS}
        municipal = actor.is_municipal and bool(actor.roles_in(0) & MUNICIPAL_READERS)
        allowed = everywhere if municipal else mine
        if not allowed:
            raise NotAllowed()
        wanted = list(allowed) if districts is None else districts
        for code in wanted:
            if await district_named(request, code) not in allowed.values():
                raise NotAllowed("您在该辖区没有权限")
        shelved, day = await request.engine.policies.current(), on or clock.today()
        rows: list[comparing.Compared] = []
        # A district's own officials read on their district's role, the municipality's on one that sees all.
        for together in [wanted] if municipal else [[code] for code in wanted]:
            scope = await request.scope(None if municipal else allowed[together[0]])
            fetch = partial(request.engine.pools.fetch, scope.db_role)
            tenants = [allowed[code] for code in together]
            rows += await comparing.compare(fetch, shelved, tenants, from_on=from_, until=until, on=day)
        return [_compared(code, row) for code, row in zip(wanted, rows, strict=True)]


def _compared(code: str, row: comparing.Compared) -> SupervisionComparison:
    return SupervisionComparison(
        district=Ref(NodeId(DISTRICT_TAG, row.tenant_id, stable_id("district", code))),  # type: ignore[arg-type]
        institutions=row.institutions,
        assessed_institutions=row.assessed_institutions,
        assessment_intensity_percent=row.intensity_percent,
        assessments=row.assessments,
        failed_assessments=row.failed_assessments,
        findings=row.findings,
        reversed_findings=row.reversed_findings,
        yellow_cards=row.cards,
        voided_cards=row.voided_cards,
        hard_exits=row.hard_exits,
        soft_exits=row.soft_exits,
        policies=list(row.kinds),
        parameters=[
            ComparedParameter(
                key=one.key, label=one.label, value=one.text, unit=one.unit, source_status=one.source_status
            )
            for one in row.parameters
        ],
    )
