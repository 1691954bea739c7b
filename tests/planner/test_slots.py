"""Values as PostgreSQL reads them, and places for values not yet known."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.kit.clock import BEIJING
from server.planner.binding import Kind
from server.planner.slots import Places, Slot, fill, is_open, to_wire
from tests.planner.toy import Toy

_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)


@given(
    value=st.one_of(
        st.tuples(st.just("text"), _TEXT),
        st.tuples(st.just("text[]"), st.lists(_TEXT | st.none(), max_size=5)),
        st.tuples(st.just("int8"), st.integers(-(2**63), 2**63 - 1)),
        st.tuples(st.just("float8"), st.floats(allow_nan=False)),
        st.tuples(st.just("bool"), st.booleans()),
        st.tuples(st.just("date"), st.dates()),
        st.tuples(st.just("uuid[]"), st.lists(st.uuids(), max_size=3)),
        st.tuples(st.just("bytea"), st.binary(max_size=20)),
        st.tuples(st.just("numeric"), st.decimals(allow_nan=False, allow_infinity=False, places=7)),
    )
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_what_is_sent_comes_back(toy: Toy, value: tuple[str, Any]) -> None:
    kind, sent = value
    wire = to_wire(sent)
    assert wire is not None
    ((back,),) = await toy.fetch(f"SELECT $1::{kind}", [wire.decode()])
    assert back == sent


async def test_an_instant_keeps_its_microseconds(toy: Toy) -> None:
    instant = datetime(2026, 11, 22, 9, 0, 0, 123456, BEIJING)
    wire = to_wire(instant)
    assert wire is not None
    ((back,),) = await toy.fetch("SELECT $1::timestamptz", [wire.decode()])
    assert back == instant


def test_null_and_unknown_types() -> None:
    assert to_wire(None) is None
    assert to_wire([None, "NULL"]) == b'{NULL,"NULL"}'
    assert to_wire(Decimal("1E+3")) == b"1000"
    assert to_wire(date(1, 2, 3)) == b"0001-02-03"
    assert to_wire(UUID(int=1)) == b"00000000000000000000000000000001"
    with pytest.raises(TypeError):
        to_wire(object())


def test_slots_are_found_wherever_they_stand() -> None:
    value = {"a": [Slot(("v", "x", 1)), 2], "b": {"c": Slot(("v", "y"))}}
    assert is_open(value)
    filled = fill(value, {"v": {"x": [0, 7], "y": None}})
    assert filled == {"a": [7, 2], "b": {"c": None}}
    assert not is_open(filled)


def test_a_list_of_slots_is_one_parameter() -> None:
    places = Places()
    assert places.put([Slot(("v", "x")), "b"], Kind.TEXT, many=True) == "$1::text[]"
    (binder,) = places.binders
    assert callable(binder)
    assert binder({"v": {"x": 'a"'}}) == b'{"a\\"","b"}'


def test_the_same_value_in_another_role_is_another_parameter() -> None:
    places = Places()
    assert [places.put("1", Kind.TEXT), places.put("1", Kind.INT), places.put("1", Kind.TEXT)] == [
        "$1::text",
        "$2::int4",
        "$1::text",
    ]
