"""Where an institution stands: the decisions of every policy in force on a day, with their reasons."""

from collections.abc import Sequence
from datetime import date
from functools import partial

import strawberry

from schema.access import Request
from schema.problems import Clause, cited
from schema.terms import term
from server.kit import clock
from server.kit.ids import NodeId
from server.policy import decision, terms
from server.policy.documents import Register
from server.policy.vocabulary import FACTS
from server.standing import judging

term(terms.Outcome, "规则结果", "RuleOutcome")
term(terms.Truth, "条件结果 what is not known is neither met nor unmet", "ConditionOutcome")
term(terms.Flag, "提示 what the person who decides must weigh", "DecisionFlag")


@strawberry.type(description="规则名称")
class RuleHeading:
    """Which rule."""

    code: str = strawberry.field(description="编号")
    title: str = strawberry.field(description="名称")


@strawberry.type(description="判定事实 a fact that a condition names")
class DecidedFact:
    """A fact."""

    name: str = strawberry.field(description="事实代号")
    label: str = strawberry.field(description="名称")
    value: str | None = strawberry.field(description="值 as text; null where it is not known")
    display: str | None = strawberry.field(description="值 in Chinese")


@strawberry.type(description="判定参数")
class DecidedParameter:
    """A parameter as the condition saw it."""

    key: str = strawberry.field(description="参数名")
    value: str = strawberry.field(description="数值 as text")


@strawberry.type(description="判定说明 one node of the rule's tree; the list is depth first")
class DecisionExplanation:
    """A node with what became of it."""

    path: str = strawberry.field(description="位置 `0`, `0.1`, `0.1.0`: gives the tree")
    label: str = strawberry.field(description="说明")
    outcome: terms.Truth = strawberry.field(description="结果")
    clause: Clause = strawberry.field(description="依据条款")
    facts: list[DecidedFact] = strawberry.field(description="事实")
    parameters: list[DecidedParameter] = strawberry.field(description="参数")
    reason: str | None = strawberry.field(description="待查明的原因")


@strawberry.type(description="待查明事项 without which the rule cannot be decided")
class OpenQuestion:
    """Something to find out."""

    fact: str = strawberry.field(description="事实代号")
    label: str = strawberry.field(description="名称")
    ask: str = strawberry.field(description="须查明什么")
    reason: str = strawberry.field(description="为何不知")


@strawberry.type(description="判定 what one rule says; a proposal to a person, never carried out by the rule")
class PolicyDecision:
    """A decision."""

    rule: RuleHeading = strawberry.field(description="规则")
    kind: terms.Kind = strawberry.field(description="政策类别")
    concept: str = strawberry.field(description="概念")
    item: str | None = strawberry.field(description="负面清单条目号")
    outcome: terms.Outcome = strawberry.field(description="结果 INDETERMINATE where something must be found out first")
    effect: terms.Effect = strawberry.field(description="首要效果")
    effects: list[terms.Effect] = strawberry.field(description="全部效果")
    mode: terms.Mode = strawberry.field(description="呈现方式")
    flags: list[terms.Flag] = strawberry.field(description="提示")
    policy_version: int = strawberry.field(
        description="判定所依版本 not always the one in force: nothing is retroactive"
    )
    policy_digest: str = strawberry.field(description="版本摘要")
    digest: str = strawberry.field(description="判定摘要 the same facts and policy give the same digest")
    explanation: list[DecisionExplanation] = strawberry.field(description="说明")
    open_questions: list[OpenQuestion] = strawberry.field(description="待查明事项")


@strawberry.type(description="机构判定情况 by every policy in force on the day")
class InstitutionStanding:
    """A standing."""

    evaluated_on: date = strawberry.field(description="判定日期")
    decisions: list[PolicyDecision] = strawberry.field(description="判定 empty where no policy is in force")


async def institution_standings(request: Request, ids: Sequence[NodeId], on: date | None) -> list[InstitutionStanding]:
    """Each institution's standing, in order; read on the role that its tenant calls for."""
    engine, day = request.engine, on or clock.today()
    by_role: dict[str, list[tuple[int, NodeId]]] = {}
    for place, one in enumerate(ids):
        scope = await request.scope(request.known_tenant(one))
        by_role.setdefault(scope.db_role, []).append((place, one))
    found: dict[int, InstitutionStanding] = {}
    for role, wanted in by_role.items():
        subjects = [(one.tenant_id, one.id) for _, one in wanted]
        fetch = partial(engine.pools.fetch, role)
        judged = await judging.standings(fetch, engine.policies, subjects, on=day, known_at=clock.now())
        for (place, _), standing in zip(wanted, judged, strict=True):
            decisions = () if standing is None else standing.decisions
            register = engine.policies.library.register
            told = [_told(decision, register) for decision in decisions]
            found[place] = InstitutionStanding(evaluated_on=day, decisions=told)
    return [found[place] for place in range(len(ids))]


def _told(one: decision.Decision, register: Register) -> PolicyDecision:
    return PolicyDecision(
        rule=RuleHeading(code=one.rule, title=one.title),
        kind=one.kind,
        concept=one.concept,
        item=one.item,
        outcome=one.outcome,
        effect=one.effect,
        effects=list(one.effects),
        mode=one.mode,
        flags=list(one.flags),
        policy_version=one.policy_version,
        policy_digest=one.policy_digest,
        digest=one.digest,
        explanation=[_node(node, register) for node in one.explanation],
        open_questions=[
            OpenQuestion(fact=gap.name, label=FACTS[gap.name].label, ask=FACTS[gap.name].ask, reason=gap.reason)
            for gap in one.tasks
        ],
    )


def _node(node: decision.Explanation, register: Register) -> DecisionExplanation:
    return DecisionExplanation(
        path=node.path,
        label=node.label,
        outcome=node.outcome,
        clause=cited(node.clause, register),
        facts=[
            DecidedFact(name=fact.name, label=fact.label, value=fact.value, display=fact.display) for fact in node.facts
        ],
        parameters=[DecidedParameter(key=key, value=value) for key, value in node.parameters],
        reason=node.reason,
    )
