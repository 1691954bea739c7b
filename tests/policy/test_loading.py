"""Written and read back: files, JSON, and any version at all."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.kit.clause import Clause
from server.policy.canonical import jsonable
from server.policy.catalogue import FILE_OF, Catalogue, read_catalogue
from server.policy.cursor import Cursor, Log
from server.policy.dumping import dump_pack
from server.policy.loading import load_pack, read_pack, tree_from_plain, version_from_plain
from server.policy.model import Parameter, PolicyPack, PolicyVersion, Rule
from server.policy.nodes import AllOf, AnyOf, AtLeast, Leaf, Node, Not, plain
from server.policy.parameters import PARAMETERS
from server.policy.problems import PolicyRejected
from server.policy.terms import Effect, Kind, Mode, SourceStatus
from server.policy.tree import read_yaml
from server.policy.values import ValueType


def pack_files(tenants: Path) -> list[Path]:
    found = sorted(tenants.glob("*/**/*.yaml"))
    return [one for one in found if not {"documents", "cases"} & set(one.parts) and one.name in FILE_OF.values()]


def test_every_shipped_pack_exports_as_it_was_read(tenants: Path, catalogue: Catalogue) -> None:
    files = pack_files(tenants)
    assert len(files) == len(catalogue.packs) + sum(map(len, catalogue.templates.values())) == 13
    for path in files:
        template = "templates" in path.parts
        pack, _ = load_pack(path.read_bytes(), path.name, catalogue.register, template=template)
        assert dump_pack(pack) == path.read_text()


def test_the_shipped_packs_leave_nothing_for_a_second_person_to_weigh(catalogue: Catalogue) -> None:
    assert catalogue.warnings == ()


TEXT = st.text(st.characters(categories=("L", "N", "P", "S", "Zs"), include_characters="\n"), min_size=1).filter(
    lambda text: text.strip() != ""
)
ANCHOR = TEXT.map(lambda text: " ".join(text.split())).filter(bool)
CLAUSE = st.builds(Clause, st.sampled_from(["a-doc", "b-doc"]), ANCHOR)
MAYBE = st.none() | TEXT
LEAF = st.builds(Leaf, expr=TEXT, label=TEXT, cite=st.none() | CLAUSE)


def branches(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    parts = st.lists(inner, max_size=3).map(tuple)
    return st.one_of(
        st.builds(AllOf, parts, MAYBE),
        st.builds(AnyOf, parts, MAYBE),
        st.builds(AtLeast, st.integers(0, 3), parts, MAYBE),
        st.builds(Not, inner, MAYBE),
    )


TREE: st.SearchStrategy[Node] = st.recursive(LEAF, branches, max_leaves=6)
SCORE = st.decimals(min_value=0, max_value=100, places=2, allow_nan=False, allow_infinity=False)
OWN_VALUES: list[tuple[ValueType, st.SearchStrategy[Any]]] = [
    (ValueType.INT, st.integers(-999, 999)),
    (ValueType.BOOL, st.booleans()),
    (ValueType.TEXT, TEXT),
    (ValueType.DATE, st.dates()),
    (ValueType.MONTH_DAY, st.just("09-30")),
    (ValueType.SCORE, SCORE),
    (ValueType.INT_LIST, st.lists(st.integers(0, 9)).map(tuple)),
    (ValueType.TEXT_LIST, st.lists(TEXT).map(tuple)),
    (ValueType.INT_RANGE, st.tuples(st.integers(0, 9), st.integers(0, 9))),
]


@st.composite
def own_parameters(draw: st.DrawFn) -> Parameter:
    type_, strategy = draw(st.sampled_from(OWN_VALUES))
    return Parameter(
        key=draw(st.from_regex(r"own_[a-z]{1,8}", fullmatch=True)),
        type=type_,
        value=draw(strategy),
        label=draw(TEXT),
        source_status=draw(st.sampled_from(list(SourceStatus))),
        clause=draw(st.none() | CLAUSE),
        unit=draw(MAYBE),
        ambiguity=draw(MAYBE),
        note=draw(MAYBE),
        own=True,
        minimum=draw(st.none() | st.integers(-9, 9)),
        maximum=draw(st.none() | st.integers(-9, 9)),
        choices=draw(st.dictionaries(st.sampled_from(["A", "B"]), TEXT)),
    )


@st.composite
def declared_parameters(draw: st.DrawFn) -> Parameter:
    spec = PARAMETERS[draw(st.sampled_from(["cards_to_transform", "points_to_exit"]))]
    return Parameter(
        spec.key,
        spec.type,
        draw(st.integers(0, 99)),
        draw(TEXT),
        draw(st.sampled_from(list(SourceStatus))),
        unit=draw(TEXT),
        minimum=spec.minimum,
        maximum=spec.maximum,
        choices=spec.choices,
    )


RULE = st.builds(
    Rule,
    code=TEXT,
    title=TEXT,
    concept=TEXT,
    effects=st.lists(st.sampled_from(list(Effect)), min_size=1, max_size=2).map(tuple),
    when=TREE,
    cites=st.lists(CLAUSE, max_size=2).map(tuple),
    otherwise=st.sampled_from(list(Effect)),
    mode=st.sampled_from(list(Mode)),
    item=MAYBE,
    applies_to=st.none() | TREE,
    evidence=st.lists(TEXT, max_size=2).map(tuple),
    ambiguities=st.lists(TEXT, max_size=2).map(tuple),
    note=MAYBE,
)
VERSION = st.builds(
    PolicyVersion,
    pack=st.just("P"),
    kind=st.just(Kind.EXIT),
    jurisdiction=st.just("x"),
    title=st.just("题"),
    number=st.integers(1, 99),
    effective_from=st.dates(),
    effective_until=st.none() | st.dates(),
    effective_status=st.sampled_from(list(SourceStatus)),
    effective_clause=st.none() | CLAUSE,
    effective_note=MAYBE,
    documents=st.lists(TEXT, max_size=2).map(tuple),
    applies_to=st.none() | TREE,
    parameters=st.lists(own_parameters() | declared_parameters(), max_size=3).map(tuple),
    rules=st.lists(RULE, max_size=2).map(tuple),
    note=MAYBE,
)


@settings(max_examples=150, deadline=None)
@given(VERSION)
def test_any_version_is_read_back_from_yaml_as_it_was_written(version: PolicyVersion) -> None:
    pack = PolicyPack("P", Kind.EXIT, "x", "题", (version,))
    text = dump_pack(pack)
    log = Log("x.yaml")
    assert read_pack(Cursor.at_root(read_yaml(text, "x.yaml"), log)) == pack, log.problems
    assert log.problems == []
    assert dump_pack(pack) == text


@settings(max_examples=100, deadline=None)
@given(VERSION)
def test_any_version_is_read_back_from_stored_json_with_the_same_digest(version: PolicyVersion) -> None:
    stored = orjson.loads(orjson.dumps(jsonable(version.content())))
    again = version_from_plain(stored, version.number)
    assert again == version
    assert again.digest == version.digest


@given(TREE)
def test_any_tree_is_read_back(tree: Node) -> None:
    assert tree_from_plain(plain(tree)) == tree


def test_number_and_shortening_are_no_part_of_the_content(catalogue: Catalogue) -> None:
    version = catalogue.find("fengtai", Kind.EXIT).versions[0]  # type: ignore[union-attr]
    assert version.shortened(date(2027, 7, 1)).digest == version.digest
    assert version_from_plain(version.content(), 7).digest == version.digest


def test_json_that_is_no_version_is_refused_with_its_path() -> None:
    with pytest.raises(PolicyRejected) as caught:
        version_from_plain({"pack": "P", "kind": "EXIT", "title": "题", "rules": [{"code": 1}]}, 1)
    assert ("versions", 0, "rules", 0) in {problem.path for problem in caught.value.problems}


def test_a_score_is_written_as_it_is() -> None:
    parameter = Parameter("own_score", ValueType.SCORE, Decimal("85.50"), "线", SourceStatus.UNVERIFIED, own=True)
    version = PolicyVersion("P", Kind.EXIT, "x", "题", 1, date(2026, 1, 1), parameters=(parameter,))
    assert "value: '85.50'" in dump_pack(PolicyPack("P", Kind.EXIT, "x", "题", (version,)))


def test_a_catalogue_with_faults_shows_those_of_every_file(tmp_path: Path, tenants: Path, pack_text: str) -> None:
    (tmp_path / "documents").symlink_to(tenants / "documents")
    for where in ("fengtai", "haidian"):
        (tmp_path / where).mkdir()
        (tmp_path / where / "exit.yaml").write_text(pack_text.replace("value: 2\n", "value: 0\n"))
    (tmp_path / "fengtai" / "district.yaml").write_text("not: policy\n")
    with pytest.raises(PolicyRejected) as caught:
        read_catalogue(tmp_path)
    assert [(p.code, p.file) for p in caught.value.problems] == [
        ("OUT_OF_RANGE", "fengtai/exit.yaml"),
        ("OUT_OF_RANGE", "haidian/exit.yaml"),
    ]


def test_a_pack_in_another_jurisdictions_folder_is_refused(tmp_path: Path, tenants: Path, pack_text: str) -> None:
    (tmp_path / "documents").symlink_to(tenants / "documents")
    (tmp_path / "haidian").mkdir()
    (tmp_path / "haidian" / "exit.yaml").write_text(pack_text)
    (tmp_path / "fengtai").mkdir()
    (tmp_path / "fengtai" / "assessment.yaml").write_text(pack_text)
    with pytest.raises(PolicyRejected) as caught:
        read_catalogue(tmp_path)
    assert [(p.code, p.file) for p in caught.value.problems] == [
        ("MISPLACED", "fengtai/assessment.yaml"),
        ("MISPLACED", "haidian/exit.yaml"),
    ]
