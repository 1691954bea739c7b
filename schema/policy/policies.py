"""Policies: what a jurisdiction has decided about one kind of thing, from a day on."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from typing import Annotated

import strawberry

from schema.access import Request
from schema.acting import request_of
from schema.planned import resolved
from schema.policy.readers import district_named, may_read, policy_of, reading_role
from schema.policy.versions import PolicyDocument, PolicyParameter, PolicyRule, PolicyVersion, body_of, shown
from server.kit import clock
from server.kit.actor import MUNICIPALITY
from server.kit.errors import BadInput
from server.policy import store, terms

_ALARM_DAYS = 180
_ALARM_DAYS_MOST = 3660

On = Annotated[date | None, strawberry.argument(description="日期 today where none is given")]


@strawberry.type(description="政策样板 to be adopted and verified by a district that has no such policy")
class PolicyTemplate:
    """A template."""

    template: str = strawberry.field(description="样板代号")
    kind: terms.Kind = strawberry.field(description="类别")
    title: str = strawberry.field(description="标题")
    documents: list[PolicyDocument] = strawberry.field(description="所引文件")
    parameters: list[PolicyParameter] = strawberry.field(description="参数")
    rules: list[PolicyRule] = strawberry.field(description="规则")


@strawberry.type(description="到期提醒 a policy in force that ends with none to follow it")
class PolicyAlarm:
    """An alarm."""

    policy: PolicyVersion = strawberry.field(description="政策版本")
    last_effective_on: date = strawberry.field(description="施行末日")
    days_left: int = strawberry.field(description="剩余天数 the last day included")


async def enabled_policies(request: Request, tenants: Sequence[int], on: date | None) -> list[list[PolicyVersion]]:
    """For each tenant what is in force there on the day, municipal packs included."""
    shelf, day = request.engine.policies, on or clock.today()
    shelved = await shelf.current()
    return [
        [shown(one, shelf.library.register, day) for one in shelved.enabled(_governing(tenant), day)]
        for tenant in tenants
    ]


async def policies_in_force(
    request: Request, tenants: Sequence[int], kind: terms.Kind, on: date | None
) -> list[PolicyVersion | None]:
    """For each tenant the version of this kind that holds there on the day, its own or the municipality's."""
    shelf, day = request.engine.policies, on or clock.today()
    shelved = await shelf.current()
    found: list[PolicyVersion | None] = []
    for tenant in tenants:
        held = [shelved.in_force(one, kind, day) for one in _governing(tenant)]
        first = next((one for one in held if one is not None), None)
        found.append(None if first is None else shown(first, shelf.library.register, day))
    return found


def _governing(tenant: int) -> tuple[int, ...]:
    return (tenant,) if tenant == MUNICIPALITY else (tenant, MUNICIPALITY)


@strawberry.type
class PolicyQueries:
    """Root fields of this area."""

    @resolved("政策版本 by its id: published ones for everybody, drafts for those who may read them")
    async def policy_version(
        self, info: strawberry.Info, id: Annotated[strawberry.ID, strawberry.argument(description="标识")]
    ) -> PolicyVersion | None:
        request = request_of(info)
        return shown(await policy_of(request, id, ("id",)), request.engine.policies.library.register)

    @resolved("政策版本列表 a district's versions that the caller may read, by kind and number, drafts included")
    async def policy_versions(
        self,
        info: strawberry.Info,
        district: Annotated[str, strawberry.argument(description="辖区代码")],
        kind: Annotated[terms.Kind | None, strawberry.argument(description="类别")] = None,
    ) -> list[PolicyVersion]:
        request = request_of(info)
        tenant = await district_named(request, district)
        role = await reading_role(request, tenant)
        shelf = request.engine.policies
        if role is None:
            shelved = await shelf.current()
            found = [one for (owner, _), pack in shelved.packs.items() if owner == tenant for one in pack]
            found = [one for one in found if kind is None or one.version.kind is kind]
        else:
            found = await store.find_versions(partial(request.engine.pools.fetch, role), tenant, kind)
        return [shown(one, shelf.library.register) for one in found if may_read(request, one)]

    @resolved("政策样板")
    def policy_templates(self, info: strawberry.Info) -> list[PolicyTemplate]:
        library = request_of(info).engine.policies.library
        return [
            PolicyTemplate(
                template=style, kind=pack.kind, title=pack.title, **body_of(pack.versions[-1], library.register)
            )
            for style, packs in library.catalogue.templates.items()
            for pack in packs
        ]

    @resolved("到期提醒 policies in force that end within so many days with none published to follow them")
    async def policy_alarms(
        self,
        info: strawberry.Info,
        district: Annotated[str | None, strawberry.argument(description="辖区代码 all where none is given")] = None,
        on: On = None,
        within_days: Annotated[int, strawberry.argument(description="天数 1 to 3660")] = _ALARM_DAYS,
    ) -> list[PolicyAlarm]:
        if not 1 <= within_days <= _ALARM_DAYS_MOST:
            raise BadInput(f"withinDays 应在 1 到 {_ALARM_DAYS_MOST} 之间，实际为 {within_days}", path=("withinDays",))
        request, day = request_of(info), on or clock.today()
        tenant = None if district is None else await district_named(request, district)
        shelf = request.engine.policies
        alarms = []
        for (owner, _), pack in (await shelf.current()).packs.items():
            for one in pack:
                period = one.version.period
                if day not in period or period.until is None or (tenant is not None and owner != tenant):
                    continue
                left = (period.until - day).days
                followed = any(period.until in other.version.period for other in pack)
                if left <= within_days and not followed:
                    policy = shown(one, shelf.library.register, day)
                    last = period.until - timedelta(days=1)
                    alarms.append(PolicyAlarm(policy=policy, last_effective_on=last, days_left=left))
        return sorted(alarms, key=lambda alarm: alarm.last_effective_on)
