"""Policies: what a jurisdiction has decided about one kind of thing, from a day on.

Published policies are public.  Drafts are read by the officials of their own jurisdiction, and by municipal users where
they are shared.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from schema.access import Request
from schema.acting import Ref, request_of
from schema.planned import resolved
from schema.problems import Clause, cited
from schema.tags import DISTRICT_TAG, POLICY_TAG
from schema.terms import term
from server.db import roles
from server.kit import clock
from server.kit.actor import MUNICIPALITY, Role
from server.kit.errors import BadInput, NotFound
from server.kit.ids import NodeId, stable_id
from server.policy import model, nodes, store, terms
from server.policy.documents import Register
from server.policy.store import Kept
from server.policy.timeline import status_on

if TYPE_CHECKING:
    from schema.districts import District

term(terms.Kind, "政策类别", "PolicyKind")
term(terms.Status, "政策状态 the last three follow from the dates", "PolicyStatus")
term(terms.Effect, "效果 proposed to a person, never executed by a rule", "PolicyEffect")
term(terms.Mode, "呈现方式 how a rule that fired presents itself", "RuleMode")
term(terms.SourceStatus, "数值来源")

#: The number of this type in node ids.

_ALARM_DAYS = 180
_ALARM_DAYS_MOST = 3660

On = Annotated[date | None, strawberry.argument(description="日期 today where none is given")]


@strawberry.type(description="政策文件 as it is registered")
class PolicyDocument:
    """A source document."""

    slug: str = strawberry.field(description="代号 as clauses name it")
    number: str | None = strawberry.field(description="文号")
    title: str = strawberry.field(description="标题")
    issuer: str = strawberry.field(description="发文机关")
    issued_on: date | None = strawberry.field(description="成文日期")
    effective_from: date | None = strawberry.field(description="施行日期 as the document says")
    effective_until: date | None = strawberry.field(description="失效日期 the first day it no longer holds")


@strawberry.type(description="选项 a value that a parameter may take")
class ParameterChoice:
    """A choice."""

    value: str = strawberry.field(description="代码")
    label: str = strawberry.field(description="名称")


@strawberry.type(description="参数 an adjustable value of a policy, with where it comes from")
class PolicyParameter:
    """A parameter."""

    key: str = strawberry.field(description="参数名 as rules and callers use it")
    label: str = strawberry.field(description="名称")
    value: str = strawberry.field(
        description="数值 as text, the same text a caller sends: 3, true, 2026-04-02, 1,4,7,10"
    )
    unit: str | None = strawberry.field(description="单位")
    source_status: terms.SourceStatus = strawberry.field(description="来源")
    clause: Clause | None = strawberry.field(description="条款")
    ambiguity: str | None = strawberry.field(description="歧义编号 which reading of the text it settles")
    note: str | None = strawberry.field(description="说明")
    minimum: int | None = strawberry.field(description="下限 of whole numbers")
    maximum: int | None = strawberry.field(description="上限")
    choices: list[ParameterChoice] = strawberry.field(description="可选值 empty where the value is free")


@strawberry.type(description="条件 one node of a rule's tree; the list is depth first")
class PolicyCondition:
    """A node."""

    path: str = strawberry.field(description="位置 `0`, `0.1`, `0.1.0`: gives the tree; the same as in explanations")
    label: str | None = strawberry.field(description="说明")
    form: str = strawberry.field(description="形式 rule, all, any, atLeast, not or expr")
    count: int | None = strawberry.field(description="至少几项 of atLeast")
    expr: str | None = strawberry.field(description="表达式 of a condition")
    clause: Clause | None = strawberry.field(description="条款")


@strawberry.type(description="规则 when its conditions are met, it proposes its effects to a person")
class PolicyRule:
    """A rule."""

    code: str = strawberry.field(description="编号")
    title: str = strawberry.field(description="名称")
    concept: str = strawberry.field(description="概念 what the rule is about; aligns rules of different districts")
    item: str | None = strawberry.field(description="负面清单条目号")
    effect: terms.Effect = strawberry.field(description="首要效果")
    effects: list[terms.Effect] = strawberry.field(description="全部效果")
    otherwise: terms.Effect = strawberry.field(description="未触发时")
    mode: terms.Mode = strawberry.field(description="呈现方式")
    clauses: list[Clause] = strawberry.field(description="依据条款")
    conditions: list[PolicyCondition] = strawberry.field(description="条件")
    evidence: list[str] = strawberry.field(description="所需证据")
    ambiguities: list[str] = strawberry.field(description="歧义编号")
    note: str | None = strawberry.field(description="说明")


@strawberry.type(description="政策版本 immutable once published")
class PolicyVersion:
    """A version."""

    id: strawberry.ID = strawberry.field(description="标识")
    kind: terms.Kind = strawberry.field(description="类别")
    version: int = strawberry.field(description="版本号")
    status: terms.Status = strawberry.field(description="状态 on the day asked for, else today")
    title: str = strawberry.field(description="标题")
    district: Annotated["District", strawberry.lazy("schema.districts")] = strawberry.field(description="制定辖区")
    effective_from: date = strawberry.field(description="施行日期")
    effective_until: date | None = strawberry.field(description="失效日期 the first day it no longer holds")
    effective_status: terms.SourceStatus = strawberry.field(description="施行日期来源")
    effective_note: str | None = strawberry.field(description="施行日期说明")
    digest: str = strawberry.field(description="摘要 SHA-256 of the content; the publisher states what was reviewed")
    base_digest: str | None = strawberry.field(description="所依据版本的摘要")
    note: str | None = strawberry.field(description="说明")
    shared_with_city: bool = strawberry.field(description="草案是否供市级查看")
    reason: str | None = strawberry.field(description="发布理由")
    documents: list[PolicyDocument] = strawberry.field(description="政策文件")
    parameters: list[PolicyParameter] = strawberry.field(description="参数")
    rules: list[PolicyRule] = strawberry.field(description="规则")


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


def shown(one: Kept, register: Register, on: date | None = None) -> PolicyVersion:
    """The version as callers see it."""
    version, period = one.version, one.version.period
    district = NodeId(DISTRICT_TAG, one.tenant_id, stable_id("district", version.jurisdiction or ""))
    return PolicyVersion(
        id=strawberry.ID(str(NodeId(POLICY_TAG, one.tenant_id, one.id))),
        kind=version.kind,
        version=version.number,
        status=status_on(version, one.status, on or clock.today()),
        title=version.title,
        district=Ref(district),  # type: ignore[arg-type]
        effective_from=period.from_on,
        effective_until=period.until,
        effective_status=version.effective_status,
        effective_note=version.effective_note,
        digest=version.digest,
        base_digest=one.base_digest,
        note=version.note,
        shared_with_city=one.shared_with_city,
        reason=one.reason,
        **_body(version, register),
    )


def _body(version: model.PolicyVersion, register: Register) -> dict[str, Any]:
    return {
        "documents": [_document(slug, register) for slug in version.documents if slug in register.documents],
        "parameters": [_parameter(one, register) for one in version.parameters],
        "rules": [_rule(one, version, register) for one in version.rules],
    }


def _document(slug: str, register: Register) -> PolicyDocument:
    names = ("slug", "number", "title", "issuer", "issued_on", "effective_from", "effective_until")
    return PolicyDocument(**{name: getattr(register.documents[slug], name) for name in names})


def _parameter(one: model.Parameter, register: Register) -> PolicyParameter:
    return PolicyParameter(
        key=one.key,
        label=one.label,
        value=one.text,
        unit=one.unit,
        source_status=one.source_status,
        clause=None if one.clause is None else cited(one.clause, register),
        ambiguity=one.ambiguity,
        note=one.note,
        minimum=one.minimum,
        maximum=one.maximum,
        choices=[ParameterChoice(value=value, label=label) for value, label in one.choices.items()],
    )


def _rule(one: model.Rule, version: model.PolicyVersion, register: Register) -> PolicyRule:
    return PolicyRule(
        code=one.code,
        title=one.title,
        concept=one.concept,
        item=one.item,
        effect=one.effect,
        effects=list(one.effects),
        otherwise=one.otherwise,
        mode=one.mode,
        clauses=[cited(clause, register) for clause in one.cites],
        conditions=list(_conditions(one, version, register)),
        evidence=list(one.evidence),
        ambiguities=list(one.ambiguities),
        note=one.note,
    )


def _conditions(one: model.Rule, version: model.PolicyVersion, register: Register) -> Iterator[PolicyCondition]:
    yield PolicyCondition(
        path="0", label=one.title, form="rule", count=None, expr=None, clause=cited(one.cites[0], register)
    )
    trees = [tree for tree in (version.applies_to, one.applies_to, one.when) if tree is not None]
    for index, tree in enumerate(trees):
        yield from _nodes(tree, f"0.{index}", register)


def _nodes(node: nodes.Node, path: str, register: Register) -> Iterator[PolicyCondition]:
    leaf = node if isinstance(node, nodes.Leaf) else None
    cite = None if leaf is None else leaf.cite
    yield PolicyCondition(
        path=path,
        label=node.label,
        form="expr" if leaf else "atLeast" if isinstance(node, nodes.AtLeast) else nodes.STEP[type(node)],
        count=node.count if isinstance(node, nodes.AtLeast) else None,
        expr=leaf.expr if leaf else None,
        clause=None if cite is None else cited(cite, register),
    )
    for index, part in enumerate(nodes.parts_of(node)):
        yield from _nodes(part, f"{path}.{index}", register)


#: Who reads drafts and registers for policy, each in their own jurisdiction.
OFFICIALS = frozenset(
    {
        Role.DISTRICT_OFFICER,
        Role.DISTRICT_ADMINISTRATOR,
        Role.MUNICIPAL_ANALYST,
        Role.MUNICIPAL_HEALTH_OFFICER,
        Role.MUNICIPAL_INSURANCE_OFFICER,
    }
)


def may_read(request: Request, one: Kept) -> bool:
    """Whether the caller may read the version."""
    actor = request.actor
    if one.status is terms.Status.PUBLISHED:
        return True
    if actor is None:
        return False
    return bool(actor.roles_in(one.tenant_id) & OFFICIALS) or (actor.is_municipal and one.shared_with_city)


async def reading_role(request: Request, tenant_id: int) -> str | None:
    """The database role on which the caller reads this tenant's drafts and registers; None where the caller has none."""
    actor = request.actor
    if actor is None:
        return None
    if actor.is_municipal:
        return roles.MUNICIPAL_READER
    if tenant_id == MUNICIPALITY or not actor.roles_in(tenant_id) & OFFICIALS:
        return None
    code = await request.engine.directory.code_of(tenant_id)
    return None if code is None else roles.district_role(code)


async def policy_of(request: Request, text: str, path: tuple[str, ...]) -> Kept:
    """The version that the caller names, as far as the caller may read it.

    Raises: BadInput for an id of something else, NotFound.
    """
    node = NodeId.parse(text, path=path)
    if node.tag != POLICY_TAG:
        raise BadInput(f"{'.'.join(path)} 不是政策版本的 ID", path=path)
    found = (await request.engine.policies.current()).find(node.tenant_id, node.id)
    if found is None and (role := await reading_role(request, node.tenant_id)) is not None:
        found = await store.find_version(partial(request.engine.pools.fetch, role), node.tenant_id, node.id)
    if found is None or not may_read(request, found):
        raise NotFound(path=path)
    return found


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
                template=style, kind=pack.kind, title=pack.title, **_body(pack.versions[-1], library.register)
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


async def district_named(request: Request, code: str) -> int:
    """The tenant of the district that an argument names.  Raises: BadInput."""
    tenant = await request.engine.directory.find(code)
    if tenant is None:
        raise BadInput(f"没有代码为“{code[:40]}”的辖区", path=("district",))
    return tenant
