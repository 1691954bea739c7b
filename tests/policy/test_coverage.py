"""Every clause in force has a rule, a parameter or a stated reason; and the page that says so is up to date."""

import re
from pathlib import Path

from server.policy.catalogue import Catalogue
from server.policy.coverage import coverage, markdown
from server.policy.terms import Kind

ROOT = Path(__file__).resolve().parents[2]
AREAS = {
    *("districts", "identity", "documents", "workdays", "reviews", "institutions", "sites", "selection"),
    *("licensing", "assessment", "supervision", "exits", "insurance", "capability", "credit", "standing"),
}


def test_every_clause_is_used_or_says_why_not_and_never_both(catalogue: Catalogue) -> None:
    unsound = [str(row.clause) for row in coverage(catalogue) if not row.sound]
    assert unsound == []


def test_clauses_are_handed_to_areas_that_exist(catalogue: Catalogue) -> None:
    assert {area for row in coverage(catalogue) for area in row.text.handled_by} <= AREAS


def test_every_requirement_of_the_texts_stands_at_a_clause(catalogue: Catalogue) -> None:
    found = {requirement for row in coverage(catalogue) for requirement in row.text.requirements}
    expected = {f"MTG-20-{n}" for n in range(7)} | {"MTG-21-1", "MTG-21-2", "MTG-21-3", "MTG-22-1", "MTG-24-1"}
    expected |= {f"FT-2-3-{n}" for n in (1, 2, 3, 4, 5, 6, 7, "8a", "8b", 9)} | {f"FT-2-4-{n}" for n in range(1, 9)}
    expected |= {"BJ17-2-2a", "BJ17-7-1", "MIC-3-1a", "MIC-3-3", "MIC-A21-1", "YZ-1-0b", "YZ-A2b"}
    assert expected <= found


def test_the_page_of_sources_is_what_the_data_says(catalogue: Catalogue) -> None:
    assert (ROOT / "docs" / "sources.md").read_text() == markdown(catalogue)


def test_all_limbs_and_all_items_have_a_rule(catalogue: Catalogue) -> None:
    exits = catalogue.find("mentougou", Kind.EXIT)
    items = catalogue.find("fengtai", Kind.NEGATIVE_LIST)
    assert exits is not None
    assert items is not None
    limbs = {clause.anchor for rule in exits.versions[0].rules for clause in rule.cites}
    assert {f"第二十条({n})" for n in "一二三四五六"} | {"第二十一条", "第二十二条"} <= limbs
    assert [rule.item for rule in items.versions[0].rules] == [f"NL-{n}" for n in range(1, 10)]


def test_no_districts_name_stands_in_the_code() -> None:
    names = "dongcheng xicheng chaoyang haidian fengtai shijingshan mentougou fangshan tongzhou daxing changping shunyi"
    names += " miyun huairou pinggu yanqing kaifaqu"
    pattern = re.compile("|".join(names.split()) + "|丰台|门头沟")
    for path in (ROOT / "server" / "policy").glob("*.py"):
        assert not pattern.search(path.read_text()), path.name


def test_only_the_engine_knows_cel_and_policy_knows_no_area() -> None:
    for path in (ROOT / "server" / "policy").glob("*.py"):
        imports = re.findall(r"^\s*(?:from|import) ([\w.]+)", path.read_text(), re.M)
        if path.name != "engine.py":
            assert not [name for name in imports if name.startswith("cel")], path.name
        ours = [name for name in imports if name.startswith("server.")]
        kept = path.stem in {"tables", "store", "keeping", "drafting", "publishing", "seeding"}
        below = ("server.policy", "server.kit", *(("server.db", "server.record") if kept else ()))
        assert all(name.startswith(below) for name in ours), path.name
