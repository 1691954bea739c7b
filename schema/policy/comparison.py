"""The same concept in every district."""

from typing import Annotated

import strawberry

from schema.acting import Ref, request_of
from schema.districts import District
from schema.planned import resolved
from schema.policy.policies import On
from schema.problems import Clause, cited
from schema.tags import DISTRICT_TAG
from schema.terms import term
from server.kit import clock
from server.kit.actor import MUNICIPALITY
from server.kit.errors import BadInput
from server.kit.ids import NodeId, stable_id
from server.policy import terms
from server.policy.compare import Row, compare
from server.policy.cursor import did_you_mean
from server.policy.documents import Register
from server.policy.vocabulary import CONCEPTS, LOCAL_CONCEPT

term(terms.WindowKind, "计数方式")

_CONCEPTS_MOST = 50


@strawberry.type(description="政策概念 what rules of different districts are about")
class PolicyConcept:
    """A concept."""

    key: str = strawberry.field(description="代号")
    label: str = strawberry.field(description="名称")
    kind: terms.Kind = strawberry.field(description="政策类别")


@strawberry.type(description="一个辖区的规定 everything but `present` is null where it has none")
class PolicyComparisonRow:
    """A district's row."""

    district: District = strawberry.field(description="辖区")
    present: bool = strawberry.field(description="有无规定")
    effect: terms.Effect | None = strawberry.field(description="首要效果")
    effects: list[terms.Effect] = strawberry.field(description="全部效果")
    threshold: int | None = strawberry.field(
        description="起点数值 null where it is no whole number, or there are several"
    )
    threshold_text: str | None = strawberry.field(description="起点 as text, a grade by its code")
    unit: str | None = strawberry.field(description="单位")
    window: str | None = strawberry.field(description="计数期")
    window_kind: terms.WindowKind | None = strawberry.field(description="计数方式")
    months: int | None = strawberry.field(description="折合月数 of assessment cycles, so that 年 and 周期 compare")
    clause: Clause | None = strawberry.field(description="依据条款")
    rules: int = strawberry.field(description="规则条数")


@strawberry.type(description="政策对比 one concept over all districts, in their official order")
class PolicyComparison:
    """A concept's rows."""

    concept: str = strawberry.field(description="概念")
    label: str | None = strawberry.field(description="名称 null for a district's own concept")
    rows: list[PolicyComparisonRow] = strawberry.field(description="各辖区")


def _row(row: Row, tenant: int, register: Register) -> PolicyComparisonRow:
    district = Ref(NodeId(DISTRICT_TAG, tenant, stable_id("district", row.jurisdiction)))
    return PolicyComparisonRow(
        district=district,  # type: ignore[arg-type]
        present=row.present,
        effect=row.effect,
        effects=list(row.effects),
        threshold=row.threshold,
        threshold_text=row.threshold_text,
        unit=row.unit,
        window=row.window,
        window_kind=row.window_kind,
        months=row.months,
        clause=None if row.clause is None else cited(row.clause, register),
        rules=row.rules,
    )


def _check(concepts: list[str]) -> None:
    if not 1 <= len(concepts) <= _CONCEPTS_MOST:
        raise BadInput(f"concepts 应为 1 到 {_CONCEPTS_MOST} 个，实际为 {len(concepts)} 个", path=("concepts",))
    for index, concept in enumerate(concepts):
        if concept not in CONCEPTS and not concept.startswith(LOCAL_CONCEPT):
            hint = did_you_mean(concept, CONCEPTS) or "；可用的概念见 policyConcepts"
            raise BadInput(f"没有概念 {concept[:60]}{hint}", path=("concepts", index))


@strawberry.type
class PolicyComparisonQueries:
    """Root fields of this area."""

    @resolved("政策概念 that `policyComparison` takes; a district's own begin with `local.`")
    def policy_concepts(self) -> list[PolicyConcept]:
        return [PolicyConcept(key=one.key, label=one.label, kind=one.kind) for one in CONCEPTS.values()]

    @resolved("政策对比 the same concepts in every district, by what is in force on the day")
    async def policy_comparison(
        self,
        info: strawberry.Info,
        concepts: Annotated[list[str], strawberry.argument(description="概念 1 to 50, see `policyConcepts`")],
        on: On = None,
    ) -> list[PolicyComparison]:
        _check(concepts)
        engine, day = request_of(info).engine, on or clock.today()
        districts = await engine.directory.districts()
        shelved = await engine.policies.current()
        held = {
            code: [one.version for one in shelved.enabled((tenant, MUNICIPALITY), day)]
            for code, tenant in districts.items()
        }
        register = engine.policies.library.register
        return [
            PolicyComparison(
                concept=concept,
                label=CONCEPTS[concept].label if concept in CONCEPTS else None,
                rows=[_row(row, districts[row.jurisdiction], register) for row in rows],
            )
            for concept, rows in compare(concepts, held)
        ]
