"""YAML is read defensively, and every refusal says where."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.policy.problems import PolicyRejected, Problem
from server.policy.tree import MAX_BYTES, MAX_NODES, Listing, Scalar, Table, of_plain, read_yaml


def refused(source: str | bytes) -> Problem:
    with pytest.raises(PolicyRejected) as caught:
        read_yaml(source, "x.yaml")
    (problem,) = caught.value.problems
    return problem


BOMB = "a: &a [x, x, x]\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]\n"


@pytest.mark.parametrize(
    ("source", "code", "line", "column"),
    [
        ("a: 1\nb: 2\na: 3\n", "DUPLICATE_KEY", 3, 1),
        ("x:\n  - {k: 1, k: 2}\n", "DUPLICATE_KEY", 2, 12),
        (BOMB, "YAML_ALIAS", 1, 4),
        ("a: [1]\nb: *x\n", "YAML_ALIAS", 2, 4),
        ("a: !!python/object:os.system x\n", "YAML_TAG", 1, 4),
        ("a: 1\n---\nb: 2\n", "YAML_SYNTAX", 2, 1),
        ("a: [1\n", "YAML_SYNTAX", 2, 1),
        ("a: 1\n\tb: 2\n", "YAML_SYNTAX", 2, 1),
        ("? [1]\n: 2\n", "YAML_SYNTAX", 1, 3),
        ("", "YAML_EMPTY", 1, 1),
        ("a: 1\nb: \x07\n", "YAML_SYNTAX", 2, 1),
        ("[" * 100, "YAML_TOO_DEEP", 1, 33),
        (b"a: 1\nb: \xff\xfe\n", "YAML_ENCODING", 2, 1),
    ],
)
def test_bad_input_is_refused_with_its_place(source: str | bytes, code: str, line: int, column: int) -> None:
    problem = refused(source)
    assert (problem.code, problem.file, problem.line, problem.column) == (code, "x.yaml", line, column)
    assert problem.message


def test_a_file_saved_by_a_windows_editor_is_read() -> None:
    tree = read_yaml("a: 1\r\nb: 中\r\n".encode("utf-8-sig"), "x.yaml")
    assert isinstance(tree, Table)
    scalar = tree.find("b")
    assert isinstance(scalar, Scalar)
    assert (scalar.value, scalar.line, scalar.column) == ("中", 2, 4)


def test_a_huge_file_is_refused_before_it_is_read() -> None:
    problem = refused("a: " + "x" * MAX_BYTES)
    assert problem.code == "YAML_TOO_LARGE"
    assert str(MAX_BYTES) in problem.message


def test_too_many_nodes_are_refused_at_the_node_that_is_too_much() -> None:
    problem = refused("- x\n" * (MAX_NODES + 10))
    assert problem.code == "YAML_TOO_LARGE"
    assert problem.line == MAX_NODES


@pytest.mark.parametrize("text", ["no", "08", "1_000", "0x10", "1e3", "2026-13-01", "Null"])
def test_types_are_not_guessed(text: str) -> None:
    tree = read_yaml(f"a: {text}\n", "x.yaml")
    assert isinstance(tree, Table)
    scalar = tree.find("a")
    assert isinstance(scalar, Scalar)
    assert scalar.as_text() == text
    assert scalar.as_int() is None
    assert scalar.as_bool() is None
    assert scalar.as_date() is None


def test_a_quoted_number_is_a_text() -> None:
    tree = read_yaml("a: '3'\nb: 3\n", "x.yaml")
    assert isinstance(tree, Table)
    quoted, bare = tree.find("a"), tree.find("b")
    assert isinstance(quoted, Scalar)
    assert quoted.as_int() is None
    assert isinstance(bare, Scalar)
    assert bare.as_int() == 3


STYLES: list[tuple[str, Any]] = [
    ("plain", lambda text: f"k: {text}\n"),
    ("single", lambda text: "k: '" + text.replace("'", "''") + "'\n"),
    ("double", lambda text: 'k: "' + text.replace('"', '\\"') + '"\n'),
    ("literal", lambda text: f"k: |\n  {text}\n"),
    ("folded", lambda text: "k: >-\n  " + text.replace(" ", "\n  ") + "\n"),
]


@pytest.mark.parametrize(("style", "write"), STYLES, ids=[style for style, _ in STYLES])
@given(words=st.lists(st.sampled_from(["facts.x", ">=", "params.y", "中文", "in"]), min_size=1, max_size=6))
def test_a_place_in_a_text_is_found_in_the_file(style: str, write: Any, words: list[str]) -> None:
    text = " ".join(["a1", *words, "QQ"])
    source = write(text)
    tree = read_yaml(source, "x.yaml")
    assert isinstance(tree, Table)
    scalar = tree.find("k")
    assert isinstance(scalar, Scalar)
    column = scalar.value.index("QQ") + 1
    line_text = source.splitlines()
    expected_line = next(number for number, line in enumerate(line_text, 1) if "QQ" in line)
    assert scalar.place(1, column) == (expected_line, line_text[expected_line - 1].index("QQ") + 1)


def test_json_has_the_same_shape_without_places() -> None:
    tree = of_plain({"a": [1, True, None, "x"]})
    assert isinstance(tree, Table)
    items = tree.find("a")
    assert isinstance(items, Listing)
    one, yes, nothing, text = items.items
    assert isinstance(one, Scalar)
    assert one.as_int() == 1
    assert isinstance(yes, Scalar)
    assert yes.as_bool() is True
    assert yes.as_int() is None
    assert isinstance(nothing, Scalar)
    assert nothing.empty
    assert isinstance(text, Scalar)
    assert text.place(1, 1) is None
