"""JSON put together as text inside SQL: literal text known at compile time, and expressions of type text.

Building text costs a third less than ``json_build_object`` and is sent as it is.  One NULL would make the whole text NULL,
so every expression here is never null.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from server.planner.binding import Column, Key, Kind


@dataclass(frozen=True, slots=True)
class Sql:
    """An SQL expression of type text, never null, that binds as closely as a function call."""

    text: str


#: JSON text: what stands there literally, and what the database puts in.
Json = tuple[str | Sql, ...]

NULL: Json = ("null",)


def text_sql(json: Json) -> str:
    """The JSON as one SQL expression of type text; neighbouring literals become one."""
    merged: list[str | Sql] = []
    for piece in json:
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        elif piece:
            merged.append(piece)
    return " || ".join(quoted(one) if isinstance(one, str) else one.text for one in merged) or "''"


def quoted(text: str) -> str:
    """The text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def constant(value: Any) -> Json:
    """A value known at compile time."""
    return (orjson.dumps(value).decode(),)


def members(pairs: Iterable[tuple[str, Json]]) -> Json:
    """An object with these members, in order."""
    pieces: list[str | Sql] = []
    for name, json in pairs:
        pieces += ["," if pieces else "{", f'"{name}":', *json]
    return (*pieces, "}") if pieces else ("{}",)


def column(binding: Column, alias: str) -> Json:
    """A column's value as the API's scalars show it; null where it is null."""
    sql = binding.sql.replace("{t}", alias)
    if not sql.replace(".", "").replace("_", "").isalnum():
        sql = f"({sql})"
    nullable = binding.nullable
    match binding.kind:
        case Kind.TEXT if binding.plain:
            return _in_quotes(sql, nullable)
        case Kind.TEXT | Kind.TEXTS:
            return _or_null(f"to_json({sql})::text", nullable)
        case Kind.INT | Kind.BIGINT | Kind.BOOL | Kind.JSON:
            return _or_null(f"{sql}::text", nullable)
        case Kind.FLOAT:
            # Null, NaN (which PostgreSQL holds greater than Infinity) and Infinity have no number in JSON.
            finite = f"{sql} > '-Infinity' AND {sql} < 'Infinity'"
            return (Sql(f"CASE WHEN {finite} THEN {sql}::text ELSE 'null' END"),)
        case Kind.DATETIME:
            shown = f"to_char({sql} AT TIME ZONE INTERVAL '08:00', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"+08:00\"')"
            return _in_quotes(shown, nullable)
        case Kind.DATE | Kind.UUID | Kind.DECIMAL:
            return _in_quotes(f"{sql}::text", nullable)


def sort_value(key: Key, alias: str) -> Json:
    """A sort key's value as a JSON string of its text; null where it is null."""
    text = f"({key.sql.replace('{t}', alias)})::text"
    if key.kind in (Kind.TEXT, Kind.TEXTS, Kind.JSON):
        return _or_null(f"to_json({text})::text", key.nullable)
    return _in_quotes(text, key.nullable)


def node_id(tag: int, alias: str) -> Json:
    """The opaque id of the row, as ``NodeId`` spells it."""
    raw = f"'\\x{tag:02x}'::bytea || int4send({alias}.tenant_id) || uuid_send({alias}.id)"
    return ('"', Sql(url_safe(f"encode({raw}, 'base64')")), '"')


def url_safe(base64: str) -> str:
    """Base64 text in the URL-safe alphabet; two replacements cost a third of one ``translate``."""
    return f"replace(replace({base64}, '+', '-'), '/', '_')"


def or_null(sql: str) -> Json:
    """The SQL expression of type text, null where it is NULL."""
    return (Sql(f"coalesce({sql}, 'null')"),)


def _or_null(sql: str, nullable: bool) -> Json:
    return or_null(sql) if nullable else (Sql(sql),)


def _in_quotes(sql: str, nullable: bool) -> Json:
    return or_null(f"'\"' || {sql} || '\"'") if nullable else ('"', Sql(sql), '"')
