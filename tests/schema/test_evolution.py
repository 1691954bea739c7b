"""The schema as callers know it: the golden file, and no breaking change that is not written down."""

from pathlib import Path

import pytest
from graphql import build_schema, print_schema, validate_schema

from schema.contract import graphql_schema, sdl
from schema.evolution import changes

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "schema.graphql"
RELEASED = ROOT / "docs" / "schema" / "released.graphql"
CHANGES = ROOT / "docs" / "schema" / "CHANGES.md"

BEFORE = "type Query { a(b: Int): String c: Kind } enum Kind { X Y }"


def test_the_golden_schema_is_the_schema() -> None:
    assert GOLDEN.read_text(encoding="utf-8") == sdl() + "\n", "shequ export-schema -o tests/golden/schema.graphql"


def test_a_breaking_change_since_the_last_release_is_written_down() -> None:
    written = CHANGES.read_text(encoding="utf-8")
    found = changes(RELEASED.read_text(encoding="utf-8"), sdl()).breaking
    assert [change for change in found if change not in written] == []


def test_the_schema_is_valid_and_survives_a_round_trip() -> None:
    assert validate_schema(graphql_schema()) == []
    assert print_schema(build_schema(sdl())) == sdl()


@pytest.mark.parametrize(
    ("after", "breaks"),
    [
        (BEFORE, False),
        ("type Query { a(b: Int): String c: Kind d: Int } enum Kind { X Y }", False),
        ("type Query { a(b: Int): String! c: Kind } enum Kind { X Y }", False),
        ("type Query { a(b: Int, e: Int): String c: Kind } enum Kind { X Y }", False),
        ("type Query { a(b: Int): String c: Kind @deprecated } enum Kind { X Y }", False),
        ("type Query { c: Kind } enum Kind { X Y }", True),
        ("type Query { a: String c: Kind } enum Kind { X Y }", True),
        ("type Query { a(b: Int!): String c: Kind } enum Kind { X Y }", True),
        ("type Query { a(b: Int, e: Int!): String c: Kind } enum Kind { X Y }", True),
        ("type Query { a(b: Int): Int c: Kind } enum Kind { X Y }", True),
        ("type Query { a(b: Int): String c: Kind } enum Kind { X }", True),
    ],
)
def test_what_breaks_a_caller(after: str, breaks: bool) -> None:
    assert bool(changes(BEFORE, after).breaking) is breaks


def test_a_new_enum_value_is_dangerous_and_breaks_nothing() -> None:
    found = changes(BEFORE, BEFORE.replace("X Y", "X Y Z"))
    assert found.breaking == ()
    assert len(found.dangerous) == 1
