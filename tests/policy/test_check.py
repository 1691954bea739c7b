"""Every refusal of a pack says what is wrong, in which file, line and column."""

from typing import Any

import pytest

from server.policy.check_rules import MAX_TREE_DEPTH
from server.policy.documents import Register
from server.policy.loading import load_pack
from server.policy.problems import PolicyRejected, Problem, Severity


def problems_of(text: str, register: Register) -> tuple[Problem, ...]:
    with pytest.raises(PolicyRejected) as caught:
        load_pack(text, "x/exit.yaml", register)
    return caught.value.problems


def place(text: str, needle: str) -> tuple[int, int]:
    """Line and column, from 1, of the needle's only occurrence."""
    assert text.count(needle) == 1, needle
    before = text[: text.index(needle)]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def test_the_small_pack_is_without_fault(pack_text: str, register: Register) -> None:
    pack, warnings = load_pack(pack_text, "x/exit.yaml", register)
    assert pack.versions[0].rules[0].code == "R-1"
    assert warnings == ()


EXPR = "facts.yellow_cards_in_window >= params.cards_to_transform"
RULE_CITE = "cites: [fengtai-plan 二(四)第二句前段]"

SPOILT: list[tuple[str, str, str, str, str]] = [
    # name, what is replaced, by what, code, needle at which the problem stands
    ("unknown fact", EXPR, "facts.yelow_cards >= params.cards_to_transform", "UNKNOWN_FACT", "facts.yelow_cards"),
    ("fact of another scope", EXPR, "facts.conforms_to_plan", "FACT_OUT_OF_SCOPE", "facts.conforms_to_plan"),
    ("unknown parameter", EXPR, "facts.yellow_cards_in_window >= params.cards", "UNKNOWN_PARAMETER", "params.cards"),
    ("number", EXPR, "facts.yellow_cards_in_window >= 2", "NUMBER_IN_RULE", "2\n          label: 黄"),
    ("types", EXPR, "facts.operator_kind >= params.cards_to_transform", "TYPE_ERROR", ">= params"),
    ("no truth value", EXPR, "facts.yellow_cards_in_window", "TYPE_ERROR", "facts.yellow_cards_in_window"),
    ("syntax", EXPR, "facts.unfit_conduct_found == (true", "TYPE_ERROR", "\n          label: 黄"),
    ("code", EXPR, '\'facts.operator_kind == "GOVERMENT"\'', "UNKNOWN_CODE", '"GOVERMENT"'),
    ("no clause", RULE_CITE, "cites: []", "CITATION_REQUIRED", "[]"),
    ("unknown clause", RULE_CITE, "cites: [fengtai-plan 第九十九条]", "UNKNOWN_CLAUSE", "fengtai-plan 第九十九条"),
    ("unknown document", RULE_CITE, "cites: [nowhere 第一条]", "UNKNOWN_DOCUMENT", "nowhere 第一条"),
    ("malformed citation", RULE_CITE, "cites: [第一条]", "WRONG_TYPE", "第一条"),
    ("unknown effect", "[GUIDE_TRANSFORMATION]", "[SHUT_DOWN]", "UNKNOWN_TERM", "SHUT_DOWN"),
    ("effect of another kind", "[GUIDE_TRANSFORMATION]", "[INELIGIBLE]", "EFFECT_OUT_OF_PLACE", "INELIGIBLE"),
    ("unknown concept", "exit.yellow_cards", "exit.yelow_cards", "UNKNOWN_CONCEPT", "exit.yelow_cards"),
    ("concept of another kind", "exit.yellow_cards", "admission.plan", "CONCEPT_OUT_OF_PLACE", "admission.plan"),
    ("wrong type", "value: 2\n", "value: 两次\n", "WRONG_TYPE", "两次"),
    ("out of range", "value: 2\n", "value: 0\n", "OUT_OF_RANGE", "0\n        source_status: FROM"),
    ("choice", "value: ROLLING", "value: SLIDING", "WRONG_TYPE", "SLIDING"),
    ("unknown key", "title: 试验规则", "titel: 试验规则", "UNKNOWN_KEY", "titel"),
    ("parameter of another kind", "key: card_window_years", "key: rectification_days",
     "PARAMETER_OUT_OF_PLACE", "rectification_days"),
    ("misspelt parameter", "key: card_window_years", "key: card_window_year", "UNKNOWN_PARAMETER", "card_window_year,"),
    ("redefinition", "key: card_window_years,", "key: card_window_years, type: TEXT,", "DECLARED_PARAMETER", "TEXT"),
    ("source without clause", "        clause: fengtai-plan 二(四)第二句前段\n      - {key: card_window_years",
     "      - {key: card_window_years", "CLAUSE_REQUIRED", "FROM_CLAUSE"),
    ("no label", "          label: 黄牌达到次数\n", "", "MISSING_KEY", "expr: facts"),
    ("until before from", "from: 2026-01-01", "from: 2026-01-01\n      until: 2026-01-01",
     "EMPTY_PERIOD", "2026-01-01\n      source"),
    ("not a date", "from: 2026-01-01", "from: 2026年1月1日", "WRONG_TYPE", "2026年1月1日"),
    ("item outside a negative list", "concept: exit", "item: NL-1\n        concept: exit", "ITEM_NOT_ALLOWED", "NL-1"),
    ("kind of the municipality", "jurisdiction: fengtai", "jurisdiction: beijing", "KIND_OUT_OF_PLACE", "EXIT"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "code", "needle"), [row[1:] for row in SPOILT], ids=[row[0] for row in SPOILT])
def test_a_fault_is_named_with_its_place(
    pack_text: str, register: Register, old: str, new: str, code: str, needle: str
) -> None:
    text = pack_text.replace(old, new, 1)
    found = problems_of(text, register)
    wanted = [problem for problem in found if problem.code == code]
    assert wanted, found
    assert wanted[0].file == "x/exit.yaml"
    assert (wanted[0].line, wanted[0].column) == place(text, needle)


def test_all_faults_are_reported_not_just_the_first(pack_text: str, register: Register) -> None:
    text = pack_text.replace("value: 2\n", "value: 99\n").replace(RULE_CITE, "cites: []").replace(EXPR, "facts.x > 7")
    codes = {problem.code for problem in problems_of(text, register)}
    assert {"OUT_OF_RANGE", "CITATION_REQUIRED", "UNKNOWN_FACT", "NUMBER_IN_RULE"} <= codes


def test_the_message_hints_at_the_name_that_was_meant(pack_text: str, register: Register) -> None:
    text = pack_text.replace("key: card_window_years", "key: card_window_year")
    (problem, *_) = problems_of(text, register)
    assert "是否为 card_window_years" in problem.message


def test_an_expression_over_several_lines_is_mapped_to_the_lines_of_the_file(
    pack_text: str, register: Register
) -> None:
    broken = "|\n            facts.yellow_cards_in_window >=\n              facts.operator_kind"
    text = pack_text.replace(EXPR, broken)
    (problem,) = [p for p in problems_of(text, register) if p.code == "TYPE_ERROR"]
    assert (problem.line, problem.column) == place(text, ">=\n")
    misspelt = pack_text.replace(EXPR, broken.replace("operator_kind", "operatr_kind"))
    (problem,) = [p for p in problems_of(misspelt, register) if p.code == "UNKNOWN_FACT"]
    assert (problem.line, problem.column) == place(misspelt, "facts.operatr_kind")


def test_a_fact_needs_the_parameters_it_is_counted_by(pack_text: str, register: Register) -> None:
    line = "      - {key: card_window_kind, value: ROLLING, source_status: PLATFORM_DEFAULT}\n"
    (problem,) = problems_of(pack_text.replace(line, ""), register)
    assert problem.code == "PARAMETER_REQUIRED"
    assert "card_window_kind" in problem.message


def test_a_rule_too_deep_is_refused(pack_text: str, register: Register) -> None:
    condition = "{expr: '!facts.unfit_conduct_found', label: 条件}"
    for _ in range(MAX_TREE_DEPTH):
        condition = "{not: " + condition + "}"
    text = pack_text.replace(f"when:\n          expr: {EXPR}\n          label: 黄牌达到次数", f"when: {condition}")
    (problem,) = problems_of(text, register)
    assert problem.code == "TREE_TOO_DEEP"
    assert str(MAX_TREE_DEPTH) in problem.message
    assert (problem.line, problem.column) == place(text, "{not: " * MAX_TREE_DEPTH)


def test_a_rule_too_large_is_refused(pack_text: str, register: Register) -> None:
    leaf = "{expr: '!facts.unfit_conduct_found', label: 条件}"
    many = "{any: [" + ", ".join([leaf] * 101) + "]}"
    text = pack_text.replace(f"when:\n          expr: {EXPR}\n          label: 黄牌达到次数", f"when: {many}")
    (problem,) = problems_of(text, register)
    assert problem.code == "TREE_TOO_LARGE"


@pytest.mark.parametrize(
    ("tree", "code"),
    [
        ("{all: []}", "EMPTY_NODE"),
        ("{atLeast: 3, of: [{expr: '!facts.unfit_conduct_found', label: 甲}]}", "OUT_OF_RANGE"),
        ("{all: [], any: []}", "MALFORMED_TREE"),
        ("{label: 空}", "MALFORMED_TREE"),
        ("{not: {expr: '!facts.unfit_conduct_found', label: 甲}, cite: fengtai-plan 一}", "MALFORMED_TREE"),
        ("[]", "WRONG_TYPE"),
    ],
)
def test_a_malformed_tree_is_refused(pack_text: str, register: Register, tree: str, code: str) -> None:
    text = pack_text.replace(f"when:\n          expr: {EXPR}\n          label: 黄牌达到次数", f"when: {tree}")
    assert code in {problem.code for problem in problems_of(text, register)}


def test_duplicate_rules_and_parameters_are_refused(pack_text: str, register: Register) -> None:
    start = pack_text.index("      - code: R-1")
    codes = [p.code for p in problems_of(pack_text + pack_text[start:], register)]
    assert codes == ["DUPLICATE_RULE"]
    line = "      - {key: card_window_years, value: 1, source_status: PLATFORM_DEFAULT}\n"
    codes = [p.code for p in problems_of(pack_text.replace(line, line * 2), register)]
    assert codes == ["DUPLICATE_PARAMETER"]


def test_overlapping_versions_are_refused(pack_text: str, register: Register) -> None:
    second = pack_text[pack_text.index("  - version: 1") :].replace("version: 1", "version: 2")
    text = pack_text + second.replace("from: 2026-01-01", "from: 2026-07-01")
    (problem,) = problems_of(text, register)
    assert problem.code == "OVERLAP"
    assert (problem.line, problem.column) == place(text, "2026-07-01")
    adjacent = text.replace("from: 2026-01-01\n", "from: 2026-01-01\n      until: 2026-07-01\n")
    pack, _ = load_pack(adjacent, "x/exit.yaml", register)
    assert len(pack.versions) == 2


def test_version_numbers_must_rise(pack_text: str, register: Register) -> None:
    second = pack_text[pack_text.index("  - version: 1") :]
    text = pack_text.replace("from: 2026-01-01\n", "from: 2026-01-01\n      until: 2026-07-01\n") + second.replace(
        "from: 2026-01-01", "from: 2026-07-01"
    )
    assert [p.code for p in problems_of(text, register)] == ["VERSION_NUMBER"]


def test_a_pack_without_its_effective_date_is_refused(pack_text: str, register: Register) -> None:
    text = pack_text.replace("      from: 2026-01-01\n", "")
    assert "EFFECTIVE_FROM_REQUIRED" in {p.code for p in problems_of(text, register)}


def test_an_effective_date_that_is_not_from_the_text_says_whose_it_is(pack_text: str, register: Register) -> None:
    text = pack_text.replace("      note: 试验\n", "")
    assert [p.code for p in problems_of(text, register)] == ["NOTE_REQUIRED"]


def test_a_municipal_pack_has_parameters_only(pack_text: str, register: Register) -> None:
    text = pack_text.replace("kind: EXIT", "kind: DEADLINES").replace("jurisdiction: fengtai", "jurisdiction: beijing")
    assert "RULES_NOT_ALLOWED" in {p.code for p in problems_of(text, register)}
    district = pack_text.replace("kind: EXIT", "kind: DEADLINES")
    assert "KIND_OUT_OF_PLACE" in {p.code for p in problems_of(district, register)}


def test_a_district_resting_on_another_districts_document_is_warned(pack_text: str, register: Register) -> None:
    _, warnings = load_pack(pack_text.replace("jurisdiction: fengtai", "jurisdiction: haidian"), "x", register)
    assert [(w.code, w.severity) for w in warnings] == [("BORROWED_CITATION", Severity.WARNING)]


OWN = """\
      - key: home_visits_per_year
        label: 年度入户次数
        type: INT
        minimum: 1
        maximum: 12
        value: {value}
        unit: 次
        source_status: UNVERIFIED
"""


@pytest.mark.parametrize(("value", "codes"), [("4", []), ("13", ["OUT_OF_RANGE"]), ("四", ["WRONG_TYPE"])])
def test_a_district_may_declare_a_parameter_of_its_own(
    pack_text: str, register: Register, value: str, codes: list[str]
) -> None:
    text = pack_text.replace("    rules:\n", OWN.replace("{value}", value) + "    rules:\n")
    found: Any = problems_of(text, register) if codes else ()
    assert [problem.code for problem in found] == codes
    if not codes:
        pack, _ = load_pack(text, "x", register)
        assert pack.versions[0].value("home_visits_per_year") == 4


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("pack: P\npack: Q\n", "DUPLICATE_KEY"),
        ("pack: &p P\n", "YAML_ALIAS"),
        ("- 1\n", "WRONG_TYPE"),
        ("pack: P\n", "MISSING_KEY"),
        ("{}\n", "MISSING_KEY"),
    ],
)
def test_what_is_no_pack_is_refused(register: Register, source: str, code: str) -> None:
    found = problems_of(source, register)
    assert code in {problem.code for problem in found}
    assert all(problem.file == "x/exit.yaml" and problem.line for problem in found)
