"""Drafting, reviewing, publishing and withdrawing policies."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

import strawberry

from schema.acting import given, mutation, node_of, perform, request_of
from schema.filters import UNSET
from schema.inputs import Keyed, field
from schema.policy import rules as policy_rules
from schema.policy.readers import policy_of
from schema.policy.rules import ClauseInput, PolicyParameterDefinitionInput, PolicyRuleInput
from schema.policy.versions import PolicyVersion, shown
from schema.problems import PolicyProblems, Problems
from schema.tags import POLICY_TAG
from server.kit.errors import Invalid
from server.kit.ids import NodeId
from server.policy import drafting, publishing, terms
from server.policy.amend import NewValue
from server.policy.drafting import Drafted
from server.policy.keeping import KEEPERS
from server.record.acts import Act

_DIGEST = "所见摘要 the `digest` the caller read; another one gives `OutOfDate`"


@strawberry.input(description="参数新值")
class PolicyParameterInput:
    """A parameter's new value."""

    key: str = field("参数名")
    value: str = field("数值 as text: 3, true, 2026-04-02, 1,4,7,10")
    source_status: terms.SourceStatus | None = field(
        "来源 without it, a changed value no longer comes from its clause and is UNVERIFIED", default=UNSET
    )
    clause: ClauseInput | None = field("条款", default=UNSET)
    note: str | None = field("说明", default=UNSET)


@strawberry.input(description="起草政策")
class DraftPolicyInput(Keyed):
    """What drafting takes."""

    district: str = field("辖区代码")
    kind: terms.Kind = field("类别")
    effective_from: date = field("施行日期 not before the day of publication")
    parameters: list[PolicyParameterInput] = field("参数新值", default_factory=list)
    effective_until: date | None = field("失效日期 the first day it no longer holds", default=UNSET)
    note: str | None = field("施行日期说明", default=UNSET)
    erratum: bool = field("是否勘误 which alone may begin before today", default=False)


@strawberry.input(description="采用政策样板")
class AdoptPolicyTemplateInput(Keyed):
    """What adopting takes."""

    district: str = field("辖区代码")
    kind: terms.Kind = field("类别")
    template: str = field("样板代号 see `policyTemplates`")
    effective_from: date = field("施行日期")
    effective_until: date | None = field("失效日期", default=UNSET)
    title: str | None = field("标题 at most 200 characters", default=UNSET)


@strawberry.input(description="修改草案的规则与参数")
class EditPolicyRulesInput(Keyed):
    """What editing takes."""

    policy: strawberry.ID = field("草案")
    expected_digest: str = field(_DIGEST)
    rules: list[PolicyRuleInput] = field("增改的规则", default_factory=list)
    remove_rules: list[str] = field("删除的规则 by code", default_factory=list)
    parameters: list[PolicyParameterDefinitionInput] = field("增改的参数", default_factory=list)
    remove_parameters: list[str] = field("删除的参数 by key", default_factory=list)
    documents: list[str] | None = field("所引文件代号 all of them", default=UNSET)
    title: str | None = field("标题", default=UNSET)


@strawberry.input(description="提请审核")
class RequestPolicyReviewInput(Keyed):
    """What asking for a review takes."""

    policy: strawberry.ID = field("草案")
    expected_digest: str = field(_DIGEST)
    shared_with_city: bool = field("供市级查看", default=False)


@strawberry.input(description="发布政策 the second person's approval")
class PublishPolicyInput(Keyed):
    """What publishing takes."""

    policy: strawberry.ID = field("草案")
    expected_digest: str = field(_DIGEST)
    reason: str = field("理由 1 to 2000 characters")
    erratum: bool = field("是否勘误 which alone may begin before today", default=False)


@strawberry.input(description="撤回政策 a draft, or a published version whose first day is still ahead")
class WithdrawPolicyInput(Keyed):
    """What withdrawing takes."""

    policy: strawberry.ID = field("政策版本")
    expected_digest: str = field(_DIGEST)
    reason: str = field("理由 1 to 2000 characters")


@strawberry.type(description="差异 one difference in meaning, not in text")
class PolicyChange:
    """A change."""

    path: str = field("位置 `effectiveFrom`, `parameters.cards_to_transform`, `rules.CODE.when.any.0.expr`")
    before: str | None = field("原为 null where it was not there")
    after: str | None = field("改为 null where it no longer is")


@strawberry.type(description="草案已保存")
class PolicyDrafted:
    """A draft."""

    policy: PolicyVersion = field("草案")
    changes: list[PolicyChange] = field("与施行中版本的差异")
    warnings: list[str] = field("审核时须斟酌之处")


@strawberry.type(description="已提请审核")
class PolicyReviewRequested:
    """A draft under review."""

    policy: PolicyVersion = field("草案")


@strawberry.type(description="受影响的算例 a worked case that comes out otherwise because the draft means it to")
class AffectedCase:
    """A case."""

    rule: str = field("规则编号")
    name: str = field("算例名称")
    differences: list[str] = field("不同之处")


@strawberry.type(description="已发布")
class PolicyPublished:
    """A publication."""

    policy: PolicyVersion = field("政策版本")
    affected_cases: list[AffectedCase] = field("结果随之改变的算例")


@strawberry.type(description="已撤回")
class PolicyWithdrawn:
    """A withdrawal."""

    policy: PolicyVersion = field("政策版本")


DraftPolicyResult = Annotated[PolicyDrafted | PolicyProblems, strawberry.union("DraftPolicyResult")]
AdoptPolicyTemplateResult = Annotated[PolicyDrafted | Problems, strawberry.union("AdoptPolicyTemplateResult")]
EditPolicyRulesResult = Annotated[PolicyDrafted | Problems, strawberry.union("EditPolicyRulesResult")]
RequestPolicyReviewResult = Annotated[PolicyReviewRequested | Problems, strawberry.union("RequestPolicyReviewResult")]
PublishPolicyResult = Annotated[PolicyPublished | Problems, strawberry.union("PublishPolicyResult")]
WithdrawPolicyResult = Annotated[PolicyWithdrawn | Problems, strawberry.union("WithdrawPolicyResult")]


@dataclass(frozen=True)
class _Answer:
    """What is kept under the idempotency key: the version's id and what only the act itself knew."""

    policy: str
    more: Mapping[str, Any]


async def _answer(
    info: strawberry.Info,
    tenant: int,
    request_input: Any,
    verb: Callable[[Act], Awaitable[tuple[str, Mapping[str, Any]]]],
    payload: Callable[..., Any],
) -> Any:
    """The payload with the version as it now is, or the problem that stood in the way."""

    async def kept(act: Act) -> Mapping[str, Any]:
        policy, more = await verb(act)
        return {"policy": policy, "more": more}

    answer = await perform(info, tenant, request_input, kept, _Answer)
    if not isinstance(answer, _Answer):
        return answer
    request = request_of(info)
    shelf = request.engine.policies
    shelf.forget()
    version = shown(await policy_of(request, answer.policy, ("input", "policy")), shelf.library.register)
    return payload(policy=version, **answer.more)


def _drafted(tenant: int, done: Drafted) -> tuple[str, Mapping[str, Any]]:
    changes = [[change.path, change.before, change.after] for change in done.changes]
    warnings = [str(problem) for problem in done.warnings]
    return str(NodeId(POLICY_TAG, tenant, done.id)), {"changes": changes, "warnings": warnings}


def _draft_payload(policy: PolicyVersion, changes: list[list[Any]], warnings: list[str]) -> PolicyDrafted:
    told = [PolicyChange(path=path, before=before, after=after) for path, before, after in changes]
    return PolicyDrafted(policy=policy, changes=told, warnings=warnings)


def _published_payload(policy: PolicyVersion, affected: list[list[Any]]) -> PolicyPublished:
    cases = [AffectedCase(rule=rule, name=name, differences=differences) for rule, name, differences in affected]
    return PolicyPublished(policy=policy, affected_cases=cases)


def _new_value(sent: PolicyParameterInput) -> NewValue:
    clause = given(sent.clause)
    return NewValue(
        sent.key,
        sent.value,
        given(sent.source_status),
        policy_rules.clause_of(clause) if clause else None,
        given(sent.note),
    )


def _merged(known: list[dict[str, Any]], sent: list[dict[str, Any]], gone: list[str], key: str, name: str) -> list[Any]:
    """The parts with those sent in the place of their namesakes, else behind them, and those gone left out."""
    codes = {part[key] for part in known}
    for index, code in enumerate(gone):
        if code not in codes:
            raise Invalid(f"草案中没有 {code[:60]}，无从删除", path=("input", name, str(index)))
    fresh = {part[key]: part for part in sent}
    kept = [fresh.pop(part[key], part) for part in known if part[key] not in gone]
    return [*kept, *fresh.values()]


def _rewriting(sent: EditPolicyRulesInput) -> Callable[[dict[str, Any]], dict[str, Any]]:
    rules = [policy_rules.rule(one) for one in sent.rules]
    parameters = [
        policy_rules.parameter(one, ("input", "parameters", str(index))) for index, one in enumerate(sent.parameters)
    ]

    def rewrite(content: dict[str, Any]) -> dict[str, Any]:
        written = dict(content)
        written["rules"] = _merged(content.get("rules", []), rules, sent.remove_rules, "code", "removeRules")
        written["parameters"] = _merged(
            content.get("parameters", []), parameters, sent.remove_parameters, "key", "removeParameters"
        )
        if sent.documents is not UNSET and sent.documents is not None:
            written["documents"] = sent.documents
        if sent.title is not UNSET and sent.title is not None:
            written["title"] = sent.title
        return written

    return rewrite


@strawberry.type
class PolicyMutations:
    """Root fields of this area."""

    @mutation("起草政策 from the version in force, with other values; by the jurisdiction's administrators", by=KEEPERS)
    async def draft_policy(self, info: strawberry.Info, input: DraftPolicyInput) -> DraftPolicyResult:
        request = request_of(info)
        tenant = await request.tenant_named(input.district)

        async def verb(act: Act) -> tuple[str, Mapping[str, Any]]:
            done = await drafting.draft_policy(
                act,
                request.engine.policies.library,
                input.kind,
                effective_from=input.effective_from,
                effective_until=given(input.effective_until),
                parameters=[_new_value(one) for one in input.parameters],
                note=given(input.note),
                erratum=input.erratum,
            )
            return _drafted(tenant, done)

        return await _answer(info, tenant, input, verb, _draft_payload)

    @mutation(
        "采用政策样板 a draft after a template, all of it to be verified; by the district's administrators", by=KEEPERS
    )
    async def adopt_policy_template(
        self, info: strawberry.Info, input: AdoptPolicyTemplateInput
    ) -> AdoptPolicyTemplateResult:
        request = request_of(info)
        tenant = await request.tenant_named(input.district)

        async def verb(act: Act) -> tuple[str, Mapping[str, Any]]:
            done = await drafting.adopt_template(
                act,
                request.engine.policies.library,
                input.kind,
                style=input.template,
                jurisdiction=input.district,
                effective_from=input.effective_from,
                effective_until=given(input.effective_until),
                title=given(input.title),
            )
            return _drafted(tenant, done)

        return await _answer(info, tenant, input, verb, _draft_payload)

    @mutation("修改草案 its rules, parameters, documents or title; a draft under review goes back", by=KEEPERS)
    async def edit_policy_rules(self, info: strawberry.Info, input: EditPolicyRulesInput) -> EditPolicyRulesResult:
        request = request_of(info)
        node = node_of(input.policy, POLICY_TAG, "policy")

        async def verb(act: Act) -> tuple[str, Mapping[str, Any]]:
            done = await drafting.edit_draft(
                act,
                request.engine.policies.library,
                node.id,
                expected_digest=input.expected_digest,
                rewrite=_rewriting(input),
            )
            return _drafted(node.tenant_id, done)

        return await _answer(info, request.tenant_of(node), input, verb, _draft_payload)

    @mutation("提请审核 by a second administrator; the draft may still be published without it", by=KEEPERS)
    async def request_policy_review(
        self, info: strawberry.Info, input: RequestPolicyReviewInput
    ) -> RequestPolicyReviewResult:
        node = node_of(input.policy, POLICY_TAG, "policy")

        async def verb(act: Act) -> tuple[str, Mapping[str, Any]]:
            await publishing.request_review(
                act, node.id, expected_digest=input.expected_digest, shared_with_city=input.shared_with_city
            )
            return str(node), {}

        return await _answer(info, request_of(info).tenant_of(node), input, verb, PolicyReviewRequested)

    @mutation("发布政策 by another person than those who wrote the draft; shortens the version it follows", by=KEEPERS)
    async def publish_policy(self, info: strawberry.Info, input: PublishPolicyInput) -> PublishPolicyResult:
        request = request_of(info)
        node = node_of(input.policy, POLICY_TAG, "policy")

        async def verb(act: Act) -> tuple[str, Mapping[str, Any]]:
            done = await publishing.publish_policy(
                act,
                request.engine.policies.library,
                node.id,
                expected_digest=input.expected_digest,
                reason=input.reason,
                erratum=input.erratum,
            )
            affected = [[one.case.rule, one.case.name, list(one.differences)] for one in done.affected]
            return str(node), {"affected": affected}

        return await _answer(info, request.tenant_of(node), input, verb, _published_payload)

    @mutation("撤回政策 a draft, or a published version before its first day", by=KEEPERS)
    async def withdraw_policy(self, info: strawberry.Info, input: WithdrawPolicyInput) -> WithdrawPolicyResult:
        node = node_of(input.policy, POLICY_TAG, "policy")

        async def verb(act: Act) -> tuple[str, Mapping[str, Any]]:
            await publishing.withdraw_policy(act, node.id, expected_digest=input.expected_digest, reason=input.reason)
            return str(node), {}

        return await _answer(info, request_of(info).tenant_of(node), input, verb, PolicyWithdrawn)
