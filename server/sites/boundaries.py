"""Boundaries of areas: GeoJSON polygons in CGCS2000 longitude and latitude.

The shape is read by geojson-pydantic (RFC 7946); what it leaves open stands here: size, extent, and that a ring does not
cross itself, without which an area has neither inside nor outside.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from pydantic import ValidationError

from server.kit.errors import Invalid

#: Positions of one polygon, all rings together: a surveyed neighbourhood needs a few dozen.
POSITIONS_MOST = 500

#: Degrees that hold the whole municipality with some margin: what lies outside was entered in another order or system.
WEST, EAST, SOUTH, NORTH = 115.0, 118.0, 39.0, 41.5

Point = tuple[float, float]


def checked(value: Any, path: tuple[str, ...]) -> dict[str, Any] | None:
    """The polygon as plain JSON, positions as longitude and latitude alone; None for None.

    Raises: Invalid, which says what of it is wrong.
    """
    if value is None:
        return None
    if not isinstance(value, dict) or value.get("type") != "Polygon":
        raise Invalid("边界应为 GeoJSON Polygon：{type: Polygon, coordinates: [[[经度, 纬度], …]]}", path=path)
    from geojson_pydantic import Polygon  # loaded by whoever draws a boundary

    try:
        polygon = Polygon.model_validate({"type": value["type"], "coordinates": value.get("coordinates")})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise Invalid(
            "边界不是有效的 GeoJSON Polygon：每环至少 4 点、首尾相同，各点为 [经度, 纬度]"
            f"（{'.'.join(map(str, first['loc']))}：{first['msg']}）",
            path=path,
        ) from None
    rings = [[(float(position[0]), float(position[1])) for position in ring] for ring in polygon.coordinates]
    if not rings:
        raise Invalid("边界没有任何一环，请填写或改用文字描述", path=path)
    count = sum(map(len, rings))
    if count > POSITIONS_MOST:
        raise Invalid(f"边界最多 {POSITIONS_MOST} 点，现为 {count} 点，请简化", path=path, limit=POSITIONS_MOST)
    for ring in rings:
        for longitude, latitude in ring:
            if not (WEST <= longitude <= EAST and SOUTH <= latitude <= NORTH):
                raise Invalid(
                    f"边界的点 [{longitude}, {latitude}] 不在本市范围内（经度 {WEST} 至 {EAST}、纬度 {SOUTH} 至 {NORTH}）；"
                    "请核对是否为 CGCS2000 坐标、经度在前",
                    path=path,
                )
        if crosses_itself(ring):
            raise Invalid("边界自相交，请沿区域外缘依次取点", path=path)
    return {"type": "Polygon", "coordinates": [[list(point) for point in ring] for ring in rings]}


def crosses_itself(ring: Sequence[Point]) -> bool:
    """Whether two sides of a closed ring (first point repeated as the last) meet elsewhere than at their shared corner.

    A side without length, or one that turns back upon the one before it, counts as crossing.
    """
    sides = list(pairwise(ring))
    last = len(sides) - 1
    for n, (a, b) in enumerate(sides):
        if a == b:
            return True
        for m in range(n + 1, len(sides)):
            c, d = sides[m]
            if m == n + 1:
                if _turn(a, b, d) == 0 and _between(a, b, d, towards=True):
                    return True
            elif not (n == 0 and m == last) and _meet(a, b, c, d):
                return True
    return False


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _between(a: Point, b: Point, c: Point, *, towards: bool = False) -> bool:
    """Whether ``c``, on one line with ``a`` and ``b``, lies among them; ``towards``: on the side of ``b`` where ``a`` is."""
    if towards:
        return (c[0] - b[0]) * (a[0] - b[0]) + (c[1] - b[1]) * (a[1] - b[1]) > 0
    return min(a[0], b[0]) <= c[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= c[1] <= max(a[1], b[1])


def _meet(a: Point, b: Point, c: Point, d: Point) -> bool:
    one, two, three, four = _turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b)
    if ((one > 0) != (two > 0)) and ((three > 0) != (four > 0)) and 0 not in (one, two, three, four):
        return True
    pairs = ((one, a, b, c), (two, a, b, d), (three, c, d, a), (four, c, d, b))
    return any(turn == 0 and _between(p, q, r) for turn, p, q, r in pairs)
