"""The worked cases hold, and there are enough of them: every rule, every threshold, every window on both sides."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from server.policy import leaf as leaf_reader
from server.policy.amend import NewValue, amend
from server.policy.case_files import load_cases
from server.policy.cases import Case, CaseResult, Verdict, check_conformance, run_case
from server.policy.catalogue import Catalogue
from server.policy.model import PolicyVersion, Rule
from server.policy.nodes import Leaf, leaves_of
from server.policy.problems import PolicyRejected
from server.policy.terms import Kind, Outcome, WindowKind
from server.policy.values import ValueType
from server.policy.vocabulary import FACTS

ROOT = Path(__file__).resolve().parents[1] / "cases"
CASES = [case for path in sorted(ROOT.glob("*/*.yaml")) for case in load_cases(path.read_bytes(), path.name)]


def results_of(catalogue: Catalogue, rule: str) -> list[CaseResult]:
    return [_run(catalogue, case) for case in CASES if case.rule == rule]


def _run(catalogue: Catalogue, case: Case) -> CaseResult:
    pack = catalogue.find(case.jurisdiction, case.kind)
    assert pack is not None
    return run_case(case, pack.versions, catalogue.register)


@pytest.mark.parametrize("case", CASES, ids=[f"{case.rule} {case.name}" for case in CASES])
def test_the_case_comes_out_as_it_says(catalogue: Catalogue, case: Case) -> None:
    result = _run(catalogue, case)
    assert result.differences == ()
    assert result.verdict is Verdict.PASSED


def all_rules(catalogue: Catalogue) -> list[tuple[PolicyVersion, Rule]]:
    return [(v, rule) for pack in catalogue.packs for v in pack.versions for rule in v.rules]


def test_every_rule_has_a_case_that_fires_and_one_that_does_not(catalogue: Catalogue) -> None:
    for _, rule in all_rules(catalogue):
        expected = {case.expected.outcome for case in CASES if case.rule == rule.code and not case.parameters}
        assert {Outcome.FIRED, Outcome.NOT_FIRED} <= expected, rule.code


def test_every_case_is_about_a_rule_that_exists_and_a_clause_that_it_cites(catalogue: Catalogue) -> None:
    rules = {rule.code: rule for _, rule in all_rules(catalogue)}
    for case in CASES:
        assert case.clause in rules[case.rule].cites


def comparisons(rule: Rule) -> list[tuple[Leaf, str, str]]:
    """The conditions that compare a whole-number fact with a whole-number parameter."""
    found = []
    for condition in leaves_of(rule.when):
        reading = leaf_reader.read(condition.expr)
        if len(reading.fact_names) == 1 and len(reading.parameter_names) == 1:
            fact = FACTS[reading.fact_names[0]]
            if fact.type in (ValueType.INT, ValueType.GRADE):
                found.append((condition, fact.name, reading.parameter_names[0]))
    return found


def test_every_threshold_has_the_case_on_each_side(catalogue: Catalogue) -> None:
    checked = 0
    for version, rule in all_rules(catalogue):
        for condition, fact, key in comparisons(rule):
            parameter = version.parameter(key)
            ranks = list(FACTS[fact].choices)
            threshold = ranks.index(parameter.value) if ranks else parameter.value
            beyond = threshold + 1 if "<=" in condition.expr else threshold - 1
            seen = set()
            for result in results_of(catalogue, rule.code):
                known = {} if result.decision is None else {f.name: f.value for f in result.decision.facts}
                if fact in known and not result.case.parameters:
                    seen.add(ranks.index(known[fact]) if ranks else known[fact])
            assert {threshold, beyond} <= seen, (rule.code, key)
            checked += 1
    assert checked == 8


def test_every_rolling_window_has_a_case_on_its_last_day_and_on_the_day_after(catalogue: Catalogue) -> None:
    for version, rule in all_rules(catalogue):
        for _, name, _ in comparisons(rule):
            window = FACTS[name].window
            if window is None or version.value(window.kind) != WindowKind.ROLLING:
                continue
            last_day = day_after = False
            for result in results_of(catalogue, rule.code):
                if result.decision is None or result.case.parameters:
                    continue
                as_of = result.case.as_of
                fact = next((f for f in result.decision.facts if f.name == name), None)
                sources = fact.sources if fact else ()
                last_day |= any(s.counts_until == as_of + timedelta(days=1) for s in sources)
                dropped = {e.id for e in result.case.history.events} - {s.event_id for s in sources}
                day_after |= bool(sources) and bool(dropped)
            assert last_day, rule.code
            assert day_after, rule.code


def test_a_wrong_expectation_is_found_and_told_in_chinese(catalogue: Catalogue) -> None:
    case = next(case for case in CASES if case.rule == "FT-2-4-5-CARDS" and case.expected.outcome is Outcome.FIRED)
    wrong = replace(case.expected, outcome=Outcome.NOT_FIRED, effects=(), facts=(("yellow_cards_in_window", "1"),))
    result = _run(catalogue, replace(case, expected=wrong))
    assert result.verdict is Verdict.FAILED
    assert result.differences[0] == "结果：预期 未触发，实为 触发"
    assert "事实 yellow_cards_in_window：预期 1，实为 2" in result.differences


def test_a_draft_must_keep_what_it_does_not_change_and_shows_what_it_does(catalogue: Catalogue) -> None:
    pack = catalogue.find("fengtai", Kind.EXIT)
    assert pack is not None
    current = pack.versions[0]
    draft = amend(
        current,
        number=2,
        effective_from=current.period.from_on.replace(year=2027),
        parameters=[NewValue("cards_to_transform", "3")],
    )
    cases = [case for case in CASES if case.jurisdiction == "fengtai" and case.kind is Kind.EXIT]
    results = check_conformance(cases, current, draft, catalogue.register)
    verdicts = {(r.case.rule, r.verdict) for r in results}
    assert ("FT-2-4-5-CARDS", Verdict.AFFECTED) in verdicts
    assert {verdict for rule, verdict in verdicts if rule != "FT-2-4-5-CARDS"} == {Verdict.PASSED}
    assert Verdict.FAILED not in {r.verdict for r in results}
    assert all(r.verdict is Verdict.PASSED for r in check_conformance(cases, current, current, catalogue.register))


BAD = [
    ("区: x\n政策: EXIT\n规则: []\n多余: 1\n", "UNKNOWN_KEY", 4),
    ("区: x\n政策: 退出\n规则: []\n", "UNKNOWN_TERM", 2),
    ("区: x\n政策: EXIT\n规则:\n  - {编号: R, 条款: d 一, 算例: [{名称: 甲, 日期: 2026-01-01}]}\n", "MISSING_KEY", 4),
    (
        "区: x\n政策: EXIT\n规则:\n  - 编号: R\n    条款: d 一\n    算例:\n      - 名称: 甲\n        日期: 2026-01-01\n"
        "        事件:\n          - {事项: 黄牌, 编号: 一, 发生: 2026-01-01}\n        预期: {结果: 触发}\n",
        "UNKNOWN_TERM",
        10,
    ),
    (
        "区: x\n政策: EXIT\n规则:\n  - 编号: R\n    条款: d 一\n    算例:\n      - 名称: 甲\n        日期: 2026-01-01\n"
        "        预期: {结果: 触发, 事实: {黄牌数: 1}}\n",
        "UNKNOWN_FACT",
        9,
    ),
]


@pytest.mark.parametrize(("source", "code", "line"), BAD)
def test_a_case_that_cannot_be_read_is_refused_with_its_place(source: str, code: str, line: int) -> None:
    with pytest.raises(PolicyRejected) as caught:
        load_cases(source, "x.yaml")
    assert (caught.value.problems[0].code, caught.value.problems[0].file, caught.value.problems[0].line) == (
        code,
        "x.yaml",
        line,
    )
