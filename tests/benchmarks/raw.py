"""The yardstick: hand-written SQL behind raw ASGI routes, without authentication, limits or logs.

Written as somebody would who knows the database well: one statement a route, JSON built as text, every join on the tenant
and served by an index.  The answers are the compiled operations' own, byte for byte.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from server.db import roles
from server.db.lean import Lanes
from server.kit.ids import NodeId
from server.planner.binding import Key, Kind
from server.planner.keyset import Cursors, Order, Step

_BASE64 = "replace(replace(replace(encode({}, 'base64'), E'\\n', ''), '+', '-'), '/', '_')"
_ID = _BASE64.format(r"'\x03'::bytea || int4send({t}.tenant_id) || uuid_send({t}.id)")
_DISTRICT = (
    """(SELECT '{"code":' || to_json(d.code)::text || ',"name":' || to_json(d.name)::text || '}'"""
    " FROM district d WHERE d.tenant_id = {t}.tenant_id)"
)

_TINY = """
SELECT '{"data":{"district":{"code":' || to_json(code)::text || ',"name":' || to_json(name)::text || '}}}'
FROM district WHERE code = $1"""

_POINT = (
    (
        """
SELECT '{"data":{"institution":{"id":"' || I_ID || '","name":' || to_json(i.name)::text || ',"kind":"' || i.kind
  || '","status":"' || i.status || '","operatingNature":' || coalesce('"' || i.operating_nature || '"', 'null')
  || ',"openedOn":' || coalesce('"' || i.opened_on::text || '"', 'null') || ',"district":' || I_DISTRICT
  || ',"parent":' || coalesce((
    SELECT '{"id":"' || P_ID || '","name":' || to_json(p.name)::text || '}'
    FROM institution p WHERE p.tenant_id = i.tenant_id AND p.id = i.parent_id), 'null') || '}}}'
FROM institution i WHERE i.tenant_id = $1 AND i.id = $2"""
    )
    .replace("I_ID", _ID.replace("{t}", "i"))
    .replace("P_ID", _ID.replace("{t}", "p"))
)
_POINT = _POINT.replace("I_DISTRICT", _DISTRICT.replace("{t}", "i"))

_PAGE = (
    (
        """
WITH page AS MATERIALIZED (
  SELECT i.tenant_id, i.id, i.sort_key, i.name, i.kind, i.status, i.operating_nature,
    uuid_send(i.id) || convert_to('[' || to_json(i.sort_key)::text || ']', 'UTF8') AS place,
    row_number() OVER (ORDER BY i.sort_key, i.id) AS n
  FROM institution i
  WHERE i.tenant_id = $1 AND i.name LIKE $2 AND i.status = ANY($3::text[])
  ORDER BY i.sort_key, i.id LIMIT $4::int8 + 1
), edges AS (
  SELECT i.n, CURSOR AS cursor, '","node":{"id":"' || I_ID || '","name":' || to_json(i.name)::text
    || ',"kind":"' || i.kind || '","status":"' || i.status
    || '","operatingNature":' || coalesce('"' || i.operating_nature || '"', 'null') || ',"district":' || I_DISTRICT
    || ',"sites":' || coalesce((
      SELECT '[' || string_agg('{"kind":"' || s.kind || '","address":' || to_json(s.address)::text || ',"location":'
        || coalesce('{"longitude":' || s.longitude::text || ',"latitude":' || s.latitude::text || '}', 'null')
        || '}', ',' ORDER BY s.kind, s.id) || ']'
      FROM site s WHERE s.tenant_id = i.tenant_id AND s.institution_id = i.id AND s.until IS NULL), '[]')
    || ',"reviews":{"edges":[' || coalesce((
      SELECT string_agg('{"node":{"kind":"' || r.kind || '","outcome":"' || r.outcome
        || '","score":' || coalesce(r.score::float8::text, 'null') || ',"decidedOn":"' || r.decided_on::text || '"}}',
        ',' ORDER BY r.decided_on DESC, r.id DESC)
      FROM (
        SELECT r.* FROM review r WHERE r.tenant_id = i.tenant_id AND r.institution_id = i.id
        ORDER BY r.decided_on DESC, r.id DESC LIMIT 3) r), '') || ']}}' AS node
  FROM page i WHERE i.n <= $4::int8
)
SELECT '{"data":{"institutions":{"totalCount":' || (
    SELECT count(*) FROM institution i WHERE i.tenant_id = $1 AND i.name LIKE $2 AND i.status = ANY($3::text[]))::text
  || ',"pageInfo":{"hasNextPage":' || (SELECT count(*) > $4::int8 FROM page)::text
  || ',"endCursor":' || coalesce('"' || (SELECT cursor FROM edges ORDER BY n DESC LIMIT 1) || '"', 'null')
  || '},"edges":[' || coalesce(string_agg('{"cursor":"' || cursor || node || '}', ',' ORDER BY n), '') || ']}}}'
FROM edges"""
    )
    .replace("I_ID", _ID.replace("{t}", "i"))
    .replace("I_DISTRICT", _DISTRICT.replace("{t}", "i"))
)
_PAGE = _PAGE.replace("CURSOR", _BASE64.format("substr(sha256($5::bytea || i.place), 1, 12) || i.place"))

_OVERVIEW = """
SELECT '{"data":{"districts":[' || string_agg('{"code":' || to_json(d.code)::text || ',"name":' || to_json(d.name)::text
  || ',"insuranceAgency":' || coalesce((
    SELECT '{"phones":' || to_json(a.phones)::text || ',"email":' || to_json(a.email)::text || '}'
    FROM insurance_agency a WHERE a.tenant_id = d.tenant_id), 'null')
  || ',"institutions":{"totalCount":' || (SELECT count(*) FROM institution i WHERE i.tenant_id = d.tenant_id)::text
  || ',"edges":[' || coalesce((
    SELECT string_agg('{"node":{"name":' || to_json(i.name)::text || ',"reviews":{"edges":[' || coalesce((
        SELECT string_agg('{"node":{"kind":"' || r.kind || '","outcome":"' || r.outcome
          || '","decidedOn":"' || r.decided_on::text || '"}}', ',' ORDER BY r.decided_on DESC, r.id DESC)
        FROM (
          SELECT r.* FROM review r WHERE r.tenant_id = i.tenant_id AND r.institution_id = i.id
          ORDER BY r.decided_on DESC, r.id DESC LIMIT 2) r), '') || ']}}}',
      ',' ORDER BY i.latest_review_on DESC NULLS LAST, i.id DESC)
    FROM (
      SELECT i.* FROM institution i WHERE i.tenant_id = d.tenant_id
      ORDER BY i.latest_review_on DESC NULLS LAST, i.id DESC LIMIT 5) i), '') || ']}}', ',' ORDER BY d.display_order)
  || ']}}'
FROM district d WHERE d.kind <> 'MUNICIPALITY'"""

#: The dates are first days of months: the route asks the rollup alone, as its writer would who knows the callers.
_TOTALS = """
SELECT '{"data":{"reviewGroups":[' || coalesce(string_agg('{"key":{"kind":"' || g.kind || '","outcome":"' || g.outcome
  || '"},"count":' || g.n || ',"averageScore":' || coalesce(g.average::text, 'null') || '}',
  ',' ORDER BY g.kind, g.outcome), '')
  || ']}}'
FROM (
  SELECT kind, outcome, sum(row_count)::int8 AS n, CASE WHEN count(scheme) = count(*) AND min(scheme) = max(scheme)
    THEN sum(score_sum)::float8 / nullif(sum(score_count), 0)::float8 END AS average
  FROM review_rollup WHERE decided_month >= $1::date AND decided_month < $2::date
  GROUP BY kind, outcome) g"""

ORDER = Order("Institution", tuple(Step(n, Key("", Kind.TEXT), False) for n in ("NAME", "ID")))
_JSON = [(b"content-type", b"application/json")]


class Raw:
    """The routes, each on the role that its caller would have, on the lean read path."""

    def __init__(self, lanes: Lanes, district: str, tenant_id: int, cursor_secret: str) -> None:
        self._lanes = lanes
        self._role = roles.district_role(district)
        self._tenant = str(tenant_id)
        self._seal = b"\\x" + Cursors(cursor_secret).seal(ORDER).hex().encode()
        self._routes: dict[str, Callable[[Any], Awaitable[bytes | None]]] = {
            "/tiny": self._tiny,
            "/point": self._point,
            "/page": self._page,
            "/overview": self._overview,
            "/totals": self._totals,
        }

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        message = await receive()
        body = message["body"]
        while message.get("more_body"):
            message = await receive()
            body += message["body"]
        answer = await self._routes[scope["path"]](orjson.loads(body))
        headers = [*_JSON, (b"content-length", b"%d" % len(answer or b""))]
        await send({"type": "http.response.start", "status": 200 if answer else 404, "headers": headers})
        await send({"type": "http.response.body", "body": answer or b""})

    async def _tiny(self, asked: Any) -> bytes | None:
        return await self._lanes.fetch_value(self._role, _TINY, [asked["code"]])

    async def _point(self, asked: Any) -> bytes | None:
        node = NodeId.parse(asked["id"])
        return await self._lanes.fetch_value(self._role, _POINT, [str(node.tenant_id), str(node.id)])

    async def _page(self, asked: Any) -> bytes | None:
        wanted = asked["filter"]
        parameters = [
            self._tenant,
            f"%{wanted['name']['contains']}%",
            "{" + ",".join(wanted["status"]["in"]) + "}",
            str(asked["first"]),
            self._seal,
        ]
        return await self._lanes.fetch_value(self._role, _PAGE, parameters)

    async def _overview(self, _: Any) -> bytes | None:
        return await self._lanes.fetch_value(roles.MUNICIPAL_READER, _OVERVIEW)

    async def _totals(self, asked: Any) -> bytes | None:
        return await self._lanes.fetch_value(roles.MUNICIPAL_READER, _TOTALS, [asked["from"], asked["until"]])
