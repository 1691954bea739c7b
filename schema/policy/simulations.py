"""What a policy would change, asked without touching anything: simulation, back-test, sensitivity, another's policy."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import Annotated
from uuid import UUID

import strawberry

from schema.access import Request
from schema.acting import Ref, request_of
from schema.connections import After, Connection, Edge, First, PageInfo
from schema.institutions.register import Institution
from schema.planned import resolved
from schema.policy.readers import OFFICIALS, district_named, policy_of, reading_role
from schema.standing.standings import RuleHeading
from schema.tags import INSTITUTION_TAG
from server.kit import clock
from server.kit.actor import MUNICIPALITY
from server.kit.errors import BadInput, NotAllowed
from server.kit.ids import NodeId
from server.policy import simulate, terms
from server.policy.drafting import find_template
from server.policy.model import PolicyVersion
from server.policy.store import Kept
from server.standing import simulating
from server.standing.simulating import Ground

_DATES_MOST = 24
_VALUES_MOST = 10
_PAGE = 20
_PAGE_MOST = 100


@strawberry.type(description="效果的机构数")
class EffectCount:
    """How many institutions."""

    effect: terms.Effect = strawberry.field(description="效果")
    count: int = strawberry.field(description="机构数")


@strawberry.type(description="一处变化 one rule that comes out differently for one institution")
class SimulatedChange:
    """A change."""

    institution: Institution = strawberry.field(description="机构")
    rule: RuleHeading = strawberry.field(description="规则")
    before: terms.Outcome | None = strawberry.field(description="原结果 null where there was no such rule")
    after: terms.Outcome | None = strawberry.field(description="新结果 null where there is no such rule")
    before_effect: terms.Effect | None = strawberry.field(description="原效果")
    after_effect: terms.Effect | None = strawberry.field(description="新效果")
    reasons: list[str] = strawberry.field(description="原因")


@strawberry.type(description="模拟结果 one version against another over a district's institutions; nothing is stored")
class PolicySimulation:
    """A simulation."""

    on: date = strawberry.field(description="日期")
    evaluated: int = strawberry.field(description="判定的机构数")
    changed: int = strawberry.field(description="有变化的机构数")
    indeterminate: int = strawberry.field(description="新版本下有待查明规则的机构数")
    entering: list[EffectCount] = strawberry.field(description="新增提出该效果的机构数")
    leaving: list[EffectCount] = strawberry.field(description="不再提出该效果的机构数")
    simulation: strawberry.Private[simulate.Simulation]
    tenant: strawberry.Private[int]

    @resolved("变化 by institution name, then by rule")
    def changes(self, first: First = None, after: After = None) -> Connection[SimulatedChange]:
        every = self.simulation.changes
        size = _PAGE if first is None else first
        if not 0 <= size <= _PAGE_MOST:
            raise BadInput(f"first 应在 0 到 {_PAGE_MOST} 之间，实际为 {size}", path=("first",))
        start = _place(after, len(every))
        page = [(n, self._change(every[n])) for n in range(start, min(start + size, len(every)))]
        edges = [Edge(cursor=f"change:{n}", node=node) for n, node in page]
        info = PageInfo(
            has_next_page=start + size < len(every),
            has_previous_page=start > 0,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        )
        return Connection(edges=edges, nodes=[node for _, node in page], page_info=info, total_count=len(every))

    def _change(self, one: simulate.Changed) -> SimulatedChange:
        return SimulatedChange(
            institution=Ref(NodeId(INSTITUTION_TAG, self.tenant, UUID(one.subject))),  # type: ignore[arg-type]
            rule=RuleHeading(code=one.rule, title=one.title),
            before=one.before,
            after=one.after,
            before_effect=one.before_effect,
            after_effect=one.after_effect,
            reasons=list(one.reasons),
        )


@strawberry.type(description="参数取某值时的结果")
class PolicySensitivity:
    """One value's simulation."""

    value: str = strawberry.field(description="参数值")
    simulation: PolicySimulation = strawberry.field(description="与现值相比的结果")


def _place(after: str | None, count: int) -> int:
    if after is None:
        return 0
    head, _, number = after.partition(":")
    if head != "change" or not number.isascii() or not number.isdigit() or int(number[:9]) >= max(count, 1):
        raise BadInput("after 不是本列表的游标", path=("after",))
    return int(number) + 1


def _told(done: simulate.Simulation, on: date, tenant: int) -> PolicySimulation:
    return PolicySimulation(
        on=on,
        evaluated=done.evaluated,
        changed=done.changed,
        indeterminate=done.indeterminate,
        entering=_counts(done.entering),
        leaving=_counts(done.leaving),
        simulation=done,
        tenant=tenant,
    )


def _counts(found: Mapping[terms.Effect, int]) -> list[EffectCount]:
    return [EffectCount(effect=effect, count=found[effect]) for effect in terms.Effect if found.get(effect)]


async def _ground(request: Request, tenant: int, kind: terms.Kind) -> Ground:
    """The district as the caller may know it.  Raises: BadInput, NotAllowed."""
    role = await reading_role(request, tenant)
    if role is None:
        raise NotAllowed("模拟须由本区工作人员或市级人员进行")
    engine = request.engine
    book = (await engine.policies.current()).book(tenant, kind)
    return await simulating.ground(partial(engine.pools.fetch, role), tenant, kind, book, clock.now())


async def _versus(request: Request, one: Kept, days: Sequence[date]) -> list[PolicySimulation]:
    place = await _ground(request, one.tenant_id, one.version.kind)
    register = request.engine.policies.library.register
    done = await simulating.simulate_version(place, one.version, register, days)
    return [_told(result, day, one.tenant_id) for day, result in zip(days, done, strict=True)]


async def _source(
    request: Request, kind: terms.Kind, template: str | None, of_district: str | None, on: date
) -> PolicyVersion:
    """The version to be borrowed.  Raises: BadInput."""
    if (template is None) == (of_district is None):
        raise BadInput("template 与 ofDistrict 应给出其一，且只给一个", path=("template",))
    policies = request.engine.policies
    if template is not None:
        pack = find_template(policies.library, template, kind)
        if pack is None:
            raise BadInput(f"没有“{template[:40]}”样板的{kind.label}政策；见 policyTemplates", path=("template",))
        return pack.versions[-1]
    lender = await request.engine.directory.find(of_district or "")
    if lender is None:
        raise BadInput(f"没有代码为“{(of_district or '')[:40]}”的辖区", path=("ofDistrict",))
    found = (await policies.current()).in_force(lender, kind, on)
    if found is None:
        raise BadInput(f"该区 {on} 没有施行中的{kind.label}政策", path=("ofDistrict",))
    return found.version


#: Who may ask these root fields at all, each in a jurisdiction of their own or, for municipal roles, in any.
READERS = dict.fromkeys(("policySimulation", "policyBacktest", "policySensitivity", "policyWhatIf"), OFFICIALS)

PolicyId = Annotated[strawberry.ID, strawberry.argument(description="政策版本 a draft, or any other version")]
Day = Annotated[date, strawberry.argument(description="日期")]


@strawberry.type
class SimulationQueries:
    """Root fields of this area."""

    @resolved("政策模拟 a version against what is in force on the day, over all institutions of its district")
    async def policy_simulation(self, info: strawberry.Info, policy: PolicyId, on: Day) -> PolicySimulation:
        request = request_of(info)
        found = await _versus(request, await policy_of(request, policy, ("policy",)), [on])
        return found[0]

    @resolved("政策回测 the same on each of the days, by what is known now")
    async def policy_backtest(
        self,
        info: strawberry.Info,
        policy: PolicyId,
        dates: Annotated[list[date], strawberry.argument(description="日期 1 to 24")],
    ) -> list[PolicySimulation]:
        if not 1 <= len(dates) <= _DATES_MOST:
            raise BadInput(f"dates 应为 1 到 {_DATES_MOST} 个，实际为 {len(dates)} 个", path=("dates",))
        request = request_of(info)
        return await _versus(request, await policy_of(request, policy, ("policy",)), dates)

    @resolved("参数敏感性 what another reading of the text would change: a version with each value against itself")
    async def policy_sensitivity(
        self,
        info: strawberry.Info,
        policy: PolicyId,
        parameter: Annotated[str, strawberry.argument(description="参数名")],
        values: Annotated[list[str], strawberry.argument(description="参数值 1 to 10, as text")],
        on: Day,
    ) -> list[PolicySensitivity]:
        if not 1 <= len(values) <= _VALUES_MOST:
            raise BadInput(f"values 应为 1 到 {_VALUES_MOST} 个，实际为 {len(values)} 个", path=("values",))
        request = request_of(info)
        one = await policy_of(request, policy, ("policy",))
        place = await _ground(request, one.tenant_id, one.version.kind)
        register = request.engine.policies.library.register
        done = await simulating.sensitivity(place, one.version, register, parameter, values, on)
        return [
            PolicySensitivity(value=value, simulation=_told(result, on, one.tenant_id))
            for value, result in zip(values, done, strict=True)
        ]

    @resolved(
        "假如采用 another district's policy, or a template, over this district's institutions; nothing is touched"
    )
    async def policy_what_if(
        self,
        info: strawberry.Info,
        district: Annotated[str, strawberry.argument(description="辖区代码 whose institutions are judged")],
        kind: Annotated[terms.Kind, strawberry.argument(description="政策类别")],
        on: Day,
        template: Annotated[str | None, strawberry.argument(description="样板代号 or `ofDistrict`")] = None,
        of_district: Annotated[str | None, strawberry.argument(description="借用何区的政策")] = None,
        since: Annotated[
            date | None,
            strawberry.argument(description="设想施行日期 else its own; a template counts all that is known"),
        ] = None,
    ) -> PolicySimulation:
        request = request_of(info)
        tenant = await district_named(request, district)
        if tenant == MUNICIPALITY:
            raise BadInput("district 应为一个区", path=("district",))
        place = await _ground(request, tenant, kind)
        version = simulating.borrowed(await _source(request, kind, template, of_district, on), district, since)
        done = await simulating.simulate_version(place, version, request.engine.policies.library.register, [on])
        return _told(done[0], on, tenant)
