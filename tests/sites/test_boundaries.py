"""Boundaries: what is a polygon, and what is not."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.kit.errors import Invalid
from server.sites import boundaries

SQUARE = [[116.0, 39.9], [116.1, 39.9], [116.1, 40.0], [116.0, 40.0], [116.0, 39.9]]


def polygon(*rings: list[list[float]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def test_a_square_is_kept_as_it_is() -> None:
    assert boundaries.checked(polygon(SQUARE), ("boundary",)) == polygon(SQUARE)
    assert boundaries.checked(None, ("boundary",)) is None


def test_heights_and_foreign_members_are_left_out() -> None:
    given = polygon([[*point, 50.0] for point in SQUARE]) | {"name": "x"}
    assert boundaries.checked(given, ("boundary",)) == polygon(SQUARE)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("POLYGON((0 0))", "GeoJSON Polygon"),
        ({"type": "Point", "coordinates": [116.0, 39.9]}, "GeoJSON Polygon"),
        ({"type": "Polygon"}, "至少 4 点"),
        (polygon(SQUARE[:-1]), "首尾相同"),
        (polygon([SQUARE[0], SQUARE[1], SQUARE[0]]), "至少 4 点"),
        (polygon(), "没有任何一环"),
        (polygon([[y, x] for x, y in SQUARE]), "经度在前"),
        (polygon([[116.0, 39.9], [116.1, 40.0], [116.1, 39.9], [116.0, 40.0], [116.0, 39.9]]), "自相交"),
        (polygon([[116.0, 39.9], [116.1, 39.9], [116.0, 39.9], [116.0, 39.9]]), "自相交"),
        (polygon([[116.0 + n / 10_000, 39.9] for n in range(501)]), "首尾相同"),
    ],
)
def test_what_is_no_polygon_is_refused_in_words(value: Any, said: str) -> None:
    with pytest.raises(Invalid, match=said) as refused:
        boundaries.checked(value, ("input", "boundary"))
    assert refused.value.path == ("input", "boundary")


def test_a_polygon_of_too_many_positions_is_refused() -> None:
    steps = [2 * math.pi * n / 600 for n in range(600)]
    ring = [[116.3 + 0.1 * math.cos(a), 39.9 + 0.1 * math.sin(a)] for a in steps]
    with pytest.raises(Invalid, match="500"):
        boundaries.checked(polygon([*ring, ring[0]]), ("input", "boundary"))


@given(st.integers(3, 40), st.floats(0.01, 0.2), st.floats(0, 6.28))
def test_a_regular_polygon_never_crosses_itself_and_two_swapped_corners_of_one_do(
    corners: int, radius: float, turned: float
) -> None:
    ring = [
        (
            116.4 + radius * math.cos(turned + 2 * math.pi * n / corners),
            39.9 + radius * math.sin(turned + 2 * math.pi * n / corners),
        )
        for n in range(corners)
    ]
    assert not boundaries.crosses_itself([*ring, ring[0]])
    if corners >= 4:
        ring[0], ring[1] = ring[1], ring[0]
        assert boundaries.crosses_itself([*ring, ring[0]])
