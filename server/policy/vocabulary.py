"""The declared facts and concepts: all that a rule may speak of.

A fact is typed and belongs to a scope; a rule that names a fact of another scope does not compile.  The list is closed
in code because every fact needs a derivation; thresholds, windows and scopes are data.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from server.policy.canonical import digest
from server.policy.declared_facts import declared_facts
from server.policy.fact_specs import FactSpec
from server.policy.terms import FactScope, Kind


@dataclass(frozen=True)
class Concept:
    """What a rule is about, so that rules of different districts can be laid side by side."""

    key: str
    label: str
    kind: Kind


FACTS: Mapping[str, FactSpec] = {spec.name: spec for spec in declared_facts()}

CONCEPTS: Mapping[str, Concept] = {
    concept.key: concept
    for concept in (
        Concept("admission.operator_kind", "举办主体", Kind.ADMISSION),
        Concept("admission.plan", "符合规划和设置要求", Kind.ADMISSION),
        Concept("admission.non_profit", "非营利性", Kind.ADMISSION),
        Concept("admission.civil_liability", "独立承担民事责任", Kind.ADMISSION),
        Concept("warning.negative_list_item", "负面清单条目", Kind.NEGATIVE_LIST),
        Concept("exit.yellow_cards", "累计黄牌", Kind.EXIT),
        Concept("exit.consecutive_failed_assessments", "连续考核不合格", Kind.EXIT),
        Concept("exit.bad_practice_points", "不良执业行为积分", Kind.EXIT),
        Concept("exit.substantiated_complaints", "属实举报投诉", Kind.EXIT),
        Concept("exit.safety_accident", "安全事故或隐患", Kind.EXIT),
        Concept("exit.refused_tasks", "拒不落实指令性任务", Kind.EXIT),
        Concept("exit.unfit", "不适合承担职能", Kind.EXIT),
        Concept("licence.suspend_verification", "暂缓校验", Kind.EXIT),
        Concept("licence.cancel_after_verification", "校验不合格注销", Kind.EXIT),
        Concept("licence.revoke", "违法吊销", Kind.EXIT),
        Concept("licence.not_opened_in_time", "未按时开放运行注销", Kind.EXIT),
    )
}
"""Concepts shared by all districts.  A district's own begins with ``local.`` and is compared with nobody."""

LOCAL_CONCEPT = "local."


def in_scope(scope: FactScope) -> Mapping[str, FactSpec]:
    """The facts that a rule of that scope may name."""
    return {name: spec for name, spec in FACTS.items() if scope in spec.scopes}


VOCABULARY_DIGEST: str = digest(
    [
        [spec.name, spec.type.value, sorted(spec.scopes), list(spec.choices), list(spec.needs), spec.aggregate]
        for spec in FACTS.values()
    ]
)
"""Names the vocabulary a decision was made with: names, types, scopes, choices and the parameters facts are counted
by.
"""
