"""An audit entry as bytes: the same content has the same bytes, whatever way it came, and another content never."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from server.kit.clock import BEIJING
from server.kit.custody import Signer
from server.record.entries import canonical, content_of, entry_hash, first_hash, from_jsonb, link_hash

# PostgreSQL's text holds neither NUL nor half a character.
TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20)
EXACT = st.none() | st.booleans() | st.integers() | TEXT


def nested(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
        max_leaves=12,
    )


VALUES = nested(EXACT | st.floats(allow_nan=False, allow_infinity=False))
ROW = {
    "tenant_id": 5,
    "id": UUID("0199c0de-0000-7000-8000-000000000001"),
    "at": datetime(2026, 4, 2, 9, 30, 0, 123456, tzinfo=BEIJING),
    "actor": "persona:fengtai-officer",
    "request_id": "r-1",
    "action": "renamed",
    "subject_type": "institution",
    "subject_id": UUID("0199c0de-0000-7000-8000-000000000002"),
    "before": {"name": "旧名"},
    "after": {"name": "新名", "score": 87.50},
    "policy_digest": None,
}
CONTENT = (
    '{"action":"renamed","actor":"persona:fengtai-officer","after":{"name":"新名","score":87.5},'
    '"at":"2026-04-02T01:30:00.123456+00:00","before":{"name":"旧名"},"form":1,'
    '"id":"0199c0de-0000-7000-8000-000000000001","policy_digest":null,"request_id":"r-1",'
    '"subject_id":"0199c0de-0000-7000-8000-000000000002","subject_type":"institution","tenant_id":5}'
)


@pytest.fixture(scope="module")
def session(superuser_dsn: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(superuser_dsn) as connection:
        yield connection


@given(value=VALUES)
def test_a_value_has_the_same_text_before_and_after_the_database(session: psycopg.Connection, value: Any) -> None:
    (text,) = session.execute("SELECT %s::jsonb::text", [Jsonb(value)]).fetchone() or ("",)
    assert canonical(from_jsonb(text)) == canonical(value)


@given(value=nested(EXACT))
def test_the_text_is_json_of_the_value(value: Any) -> None:
    assert json.loads(canonical(value)) == value


@given(number=st.floats(allow_nan=False, allow_infinity=False))
def test_no_digit_of_a_number_is_lost(number: float) -> None:
    assert float(canonical(number)) == number


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-0.0, "0"),
        (1e22, "10000000000000000000000"),
        (1e-7, "0.0000001"),
        (Decimal("420.00"), "420"),
        (100, "100"),
    ],
)
def test_numbers_are_plain_decimals(value: float, text: str) -> None:
    assert canonical(value) == text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), b"bytes", {1: 2}.keys()])
def test_what_json_does_not_hold_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        canonical(value)


def test_the_content_is_what_it_was_when_the_first_entries_were_signed() -> None:
    assert content_of(ROW).decode() == CONTENT
    assert content_of(ROW | {"at": ROW["at"].astimezone(UTC)}).decode() == CONTENT  # type: ignore[attr-defined]


@pytest.mark.parametrize("column", ROW)
def test_every_column_is_part_of_the_content(column: str) -> None:
    others = {"tenant_id": 6, "at": datetime(2026, 4, 2, tzinfo=BEIJING), "before": None, "after": None}
    assert content_of(ROW | {column: others.get(column, "another")}) != content_of(ROW)


def test_hashes_are_what_an_auditor_computes_alone() -> None:
    content = CONTENT.encode()
    assert entry_hash(content, "aa", 77) == hashlib.sha256(content + b"\naa\n77").hexdigest()
    assert first_hash(5) == hashlib.sha256(b"shequ/audit/chain/5").hexdigest()
    linked = link_hash(first_hash(5), 1, str(ROW["id"]), "ff")
    assert linked == hashlib.sha256(f"{first_hash(5)}\n1\n{ROW['id']}\nff".encode()).hexdigest()


def test_the_first_secret_signs_and_all_are_recognised() -> None:
    old, both = Signer(["the-old-secret"]), Signer(["the-new-secret", "the-old-secret"])
    key = hmac.digest(b"the-new-secret", b"shequ/audit", "sha256")
    assert both.sign(b"x") == hmac.new(key, b"x", "sha256").hexdigest()
    assert both.signed(b"x", old.sign(b"x"))
    assert both.signed(b"x", both.sign(b"x"))
    assert not old.signed(b"x", both.sign(b"x"))
    assert not both.signed(b"y", both.sign(b"x"))
    assert not both.signed(b"x", "")
    assert not both.signed(b"x", "不是签名")
    assert "secret" not in repr(both)
    for refused in ([], [""], ["a", ""]):
        with pytest.raises(ValueError, match="secret"):
            Signer(refused)
