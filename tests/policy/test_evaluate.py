"""Decisions and their explanations: three-valued, complete, fail closed."""

import itertools
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.policy.catalogue import Catalogue
from server.policy.decision import Decision
from server.policy.documents import Register
from server.policy.evaluate import CompiledPolicy, compile_policy, eligibility, evaluate
from server.policy.facts import Fact, Facts, facts_of
from server.policy.loading import load_pack, tree_from_plain
from server.policy.model import PolicyVersion
from server.policy.nodes import Node, plain
from server.policy.terms import Effect, Kind, Outcome, Truth

ON = date(2027, 3, 10)


def compiled(catalogue: Catalogue, jurisdiction: str, kind: Kind) -> CompiledPolicy:
    pack = catalogue.find(jurisdiction, kind)
    assert pack is not None
    return compile_policy(pack.versions[0], catalogue.register)


def by_rule(decisions: tuple[Decision, ...]) -> dict[str, Decision]:
    return {decision.rule: decision for decision in decisions}


def test_the_explanation_is_the_tree_depth_first(catalogue: Catalogue, end_of: Any) -> None:
    facts = facts_of(ON, end_of(ON), operator_kind="SOCIAL_ORGANISATION", safety_accident_grade="GENERAL",
                     major_hazard_refused=False)  # fmt: skip
    decision = by_rule(evaluate(compiled(catalogue, "mentougou", Kind.EXIT), facts))["MTG-20-1"]
    told = [(node.path, node.outcome, node.clause.anchor) for node in decision.explanation]
    assert told == [
        ("0", Truth.MET, "第二十条(一)"),
        ("0.0", Truth.MET, "第二条"),
        ("0.1", Truth.MET, "第二十条(一)"),
        ("0.1.0", Truth.MET, "第二十条(一)"),
        ("0.1.1", Truth.NOT_MET, "第二十条(一)"),
    ]
    leaf = decision.explanation[3]
    assert [(fact.name, fact.value, fact.display) for fact in leaf.facts] == [
        ("safety_accident_grade", "GENERAL", "一般事故")
    ]
    assert leaf.parameters == (("accident_min_grade", "GENERAL"),)
    assert all(node.label for node in decision.explanation)


def test_one_rule_may_propose_two_effects_the_first_of_which_is_spoken_of(catalogue: Catalogue, end_of: Any) -> None:
    facts = facts_of(ON, end_of(ON), operator_kind="INDIVIDUAL", mandatory_task_refused=True)
    decision = by_rule(evaluate(compiled(catalogue, "mentougou", Kind.EXIT), facts))["MTG-20-5"]
    assert decision.outcome is Outcome.FIRED
    assert decision.effects == (Effect.ORDER_EXIT, Effect.TERMINATE_AGREEMENTS)
    assert decision.effect is Effect.ORDER_EXIT


def test_a_government_institution_is_outside_and_the_explanation_says_so(catalogue: Catalogue, end_of: Any) -> None:
    facts = facts_of(ON, end_of(ON), operator_kind="GOVERNMENT")
    decisions = evaluate(compiled(catalogue, "mentougou", Kind.EXIT), facts)
    assert {decision.outcome for decision in decisions} == {Outcome.NOT_FIRED}
    for decision in decisions:
        scope = decision.explanation[1]
        assert (scope.path, scope.outcome, scope.label) == ("0.0", Truth.NOT_MET, "属于社会力量举办的社区卫生服务机构")
        assert decision.tasks == ()


def test_a_missing_fact_is_a_task_for_a_person_and_never_false(catalogue: Catalogue, end_of: Any) -> None:
    facts = facts_of(ON, end_of(ON), operator_kind="INDIVIDUAL")
    for decision in evaluate(compiled(catalogue, "mentougou", Kind.EXIT), facts):
        assert decision.outcome is Outcome.INDETERMINATE
        assert decision.effects == (Effect.NO_ACTION,)
        assert decision.tasks
        assert all(task.ask.startswith("请") for task in decision.tasks)


def test_only_the_facts_that_leave_a_rule_open_become_tasks(catalogue: Catalogue, end_of: Any) -> None:
    facts = facts_of(ON, end_of(ON), operator_kind="INDIVIDUAL", major_hazard_refused=True)
    decision = by_rule(evaluate(compiled(catalogue, "mentougou", Kind.EXIT), facts))["MTG-20-1"]
    assert decision.outcome is Outcome.FIRED  # one limb suffices, whatever the accident's grade will be
    assert [gap.name for gap in decision.missing] == ["safety_accident_grade"]
    assert decision.tasks == ()


@pytest.mark.parametrize("wrong", ["2", True, 2.0, -(2**70)])
def test_a_fact_of_the_wrong_type_is_missing(catalogue: Catalogue, end_of: Any, wrong: Any) -> None:
    facts = facts_of(ON, end_of(ON), yellow_cards_in_window=wrong)
    decision = by_rule(evaluate(compiled(catalogue, "fengtai", Kind.EXIT), facts))["FT-2-4-5-CARDS"]
    assert decision.outcome is Outcome.INDETERMINATE
    assert "整数" in decision.tasks[0].reason


def test_facts_put_together_by_hand_with_a_wrong_type_fail_closed_too(catalogue: Catalogue, end_of: Any) -> None:
    known = {"yellow_cards_in_window": Fact("yellow_cards_in_window", "2")}
    facts = Facts(ON, end_of(ON), known)
    decision = by_rule(evaluate(compiled(catalogue, "fengtai", Kind.EXIT), facts))["FT-2-4-5-CARDS"]
    assert decision.outcome is Outcome.INDETERMINATE


def test_admission_fires_on_the_ground_for_refusing(catalogue: Catalogue, end_of: Any) -> None:
    policy = compiled(catalogue, "mentougou", Kind.ADMISSION)
    good: dict[str, Any] = {
        "operator_kind": "SOCIAL_ORGANISATION",
        "operating_nature": "NON_PROFIT",
        "conforms_to_plan": True,
        "bears_civil_liability": True,
        "operator_is_legal_person": True,
    }
    decisions = evaluate(policy, facts_of(ON, end_of(ON), **good))
    assert {(d.outcome, d.effect) for d in decisions} == {(Outcome.NOT_FIRED, Effect.ELIGIBLE)}
    assert eligibility(decisions) is Outcome.NOT_FIRED
    for_profit = evaluate(policy, facts_of(ON, end_of(ON), **{**good, "operating_nature": "FOR_PROFIT"}))
    fired = by_rule(for_profit)["MTG-4-1"]
    assert (fired.outcome, fired.effect) == (Outcome.FIRED, Effect.INELIGIBLE)
    assert fired.explanation[0].clause.anchor == "第四条"
    assert eligibility(for_profit) is Outcome.FIRED
    unverified = evaluate(policy, facts_of(ON, end_of(ON), **{**good, "conforms_to_plan": None}))
    assert by_rule(unverified)["MTG-3-1"].outcome is Outcome.INDETERMINATE
    assert eligibility(unverified) is Outcome.INDETERMINATE


def test_a_municipal_pack_decides_nothing(catalogue: Catalogue, end_of: Any) -> None:
    assert evaluate(compiled(catalogue, "beijing", Kind.DEADLINES), facts_of(ON, end_of(ON))) == ()


def test_each_decision_names_the_words_it_stands_on(catalogue: Catalogue, end_of: Any) -> None:
    for decision in evaluate(compiled(catalogue, "mentougou", Kind.EXIT), facts_of(ON, end_of(ON))):
        for clause, sha256 in decision.clauses:
            found = catalogue.register.find(clause)
            assert found is not None
            assert found.sha256 == sha256


BOOLS = ["major_hazard_refused", "mandatory_task_refused", "unfit_conduct_found", "revocation_grounds_met"]


def leaf(name: str) -> dict[str, Any]:
    return {"expr": f"facts.{name}", "label": name}


def widen(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    parts = st.lists(inner, min_size=1, max_size=3)
    at_least = parts.flatmap(lambda of: st.integers(1, len(of)).map(lambda count: {"atLeast": count, "of": of}))
    return (
        parts.map(lambda p: {"all": p}) | parts.map(lambda p: {"any": p}) | at_least | inner.map(lambda p: {"not": p})
    )


TREES = st.recursive(st.sampled_from([leaf(name) for name in BOOLS]), widen, max_leaves=8).map(tree_from_plain)


def truth_by_hand(tree: dict[str, Any], values: dict[str, bool]) -> bool:
    if "expr" in tree:
        return values[tree["label"]]
    if "not" in tree:
        return not truth_by_hand(tree["not"], values)
    parts = [truth_by_hand(part, values) for part in tree.get("all") or tree.get("any") or tree["of"]]
    return sum(parts) >= (len(parts) if "all" in tree else 1 if "any" in tree else tree["atLeast"])


@given(TREES, st.fixed_dictionaries({name: st.sampled_from([True, False, None]) for name in BOOLS}))
def test_what_is_settled_stays_settled_whatever_the_unknown_turns_out_to_be(
    tree: Node, values: dict[str, bool | None]
) -> None:
    policy = _with_tree(tree)
    decision = evaluate(policy, facts_of(ON, _NOON, **values))[0]
    unknown = [name for name in BOOLS if values[name] is None]
    possible = set()
    for filling in itertools.product([True, False], repeat=len(unknown)):
        complete = {**values, **dict(zip(unknown, filling, strict=True))}
        possible.add(truth_by_hand(plain(tree), complete))  # type: ignore[arg-type]
    if decision.outcome is Outcome.FIRED:
        assert possible == {True}
    elif decision.outcome is Outcome.NOT_FIRED:
        assert possible == {False}
    else:
        assert decision.tasks
        assert unknown
    if not unknown:
        assert decision.outcome is not Outcome.INDETERMINATE
    paths = [node.path for node in decision.explanation]
    assert paths == sorted(paths, key=lambda path: [int(part) for part in path.split(".")])
    assert len(set(paths)) == len(paths)


@pytest.fixture(scope="module", autouse=True)
def _small_policy(register: Register, pack_text: str, noon_of: Any) -> None:
    global _BASE, _REGISTER, _NOON
    pack, _ = load_pack(pack_text, "x", register)
    _BASE, _REGISTER, _NOON = pack.versions[0], register, noon_of(ON)


_BASE: PolicyVersion
_REGISTER: Register
_NOON: Any


def _with_tree(tree: Node) -> CompiledPolicy:
    from dataclasses import replace

    rule = replace(_BASE.rules[0], when=tree)
    return compile_policy(replace(_BASE, rules=(rule,)), _REGISTER)
