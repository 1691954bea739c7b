"""Ground for attacks: a database of its own where every text of a district bears that district's mark, and attackers.

A mark in an answer says at once whose row it came from, wherever in the answer it stands.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import orjson
import psycopg
from psycopg import sql
from sqlalchemy import CheckConstraint, Text

from schema.access import Request
from schema.contract import bindings
from schema.operations import Answer
from server.db import roles
from server.db.metadata import access_of
from server.development.samples import first_centre
from server.identity.store import find_actor, insert_memberships
from server.kit.actor import Actor, Role
from server.kit.errors import BadInput
from server.kit.ids import NodeId, new_id
from server.tables import metadata
from tests.driving import Server
from tests.visiting.conftest import DISTRICT, TENANTS

#: Where the attackers sit, and whom they are after (each other, and the last, who has no attacker).
SEATS = ("fengtai", "mentougou", "haidian")
CATALOGUE = bindings()
#: Types that everybody reads.
PUBLISHED = {one.name for one in CATALOGUE.types.values() if access_of(metadata.tables[one.table]).published}
_MARK = re.compile(r"〔(\d+)〕")


def mark(tenant: int) -> str:
    """What every text of this tenant's rows bears."""
    return f"〔{tenant}〕"


@dataclass
class Attacker:
    """Somebody with rights in few tenants, who is after the rest."""

    name: str
    actor: Actor | None
    tenants: frozenset[int]


@dataclass(repr=False)
class Ground:
    """The application on the marked database."""

    server: Server
    superuser: str
    attackers: dict[str, Attacker] = field(default_factory=dict)
    ids: Mapping[str, Sequence[str]] = field(default_factory=dict)
    probes: int = 0

    async def ask(self, attacker: Attacker, text: str, variables: Mapping[str, Any]) -> tuple[Answer, dict[str, Any]]:
        """The answer to an attacker, and its body as the wire has it."""
        request = Request(self.server.app.engine, attacker.actor, "attack", "192.0.2.1")
        answer = await self.server.app.operations.answer(request, text, variables)
        self.probes += 1
        return answer, orjson.loads(orjson.dumps(answer.body))

    @classmethod
    async def prepared(cls, server: Server, superuser: str) -> "Ground":
        """The ground with its marks, its attackers and every id there is."""
        ground = cls(server, superuser)
        await _seat(server)
        with psycopg.connect(superuser) as connection:
            _plant_marks(connection)
            ground.ids = dict(_ids(connection))
        ground.attackers["nobody"] = Attacker("nobody", None, frozenset())
        for subject, tenants in SUBJECTS.items():
            actor = await find_actor(server.app.pools, subject, date(2026, 11, 22))
            assert actor is not None
            ground.attackers[subject] = Attacker(subject, actor, tenants)
        return ground


SUBJECTS: Mapping[str, frozenset[int]] = {
    **{f"attacker:{role}@{seat}": frozenset({TENANTS[seat]}) for seat in SEATS[:2] for role in DISTRICT},
    "attacker:both": frozenset({TENANTS[seat] for seat in SEATS[:2]}),
}


async def _seat(server: Server) -> None:
    held = {
        **{f"attacker:{role}@{seat}": [(role, seat)] for seat in SEATS[:2] for role in DISTRICT},
        "attacker:both": [(Role.INSTITUTION_STAFF, SEATS[0]), (Role.DISTRICT_OFFICER, SEATS[1])],
    }
    rows: list[dict[str, Any]] = [
        {
            "tenant_id": TENANTS[seat],
            "id": new_id(),
            "subject": subject,
            "name": "攻击者",
            "role": role,
            "department": "MARKET_REGULATION" if role is Role.DEPARTMENT_OFFICER else None,
            "institution_id": first_centre(seat) if role is Role.INSTITUTION_STAFF else None,
            "from_on": date(2020, 1, 1),
            "created_by": "tests",
            "source": "SAMPLE",
        }
        for subject, grants in held.items()
        for role, seat in grants
    ]
    async with server.app.pools.transaction(roles.PLATFORM) as connection:
        await insert_memberships(connection, rows)


def _plant_marks(connection: psycopg.Connection[Any]) -> None:
    """Every text that no check, key or subject pins down bears its tenant's mark."""
    for type_ in CATALOGUE.types.values():
        table = metadata.tables[type_.table]
        if type_.name in PUBLISHED or access_of(table).published_when:
            continue
        checked = " ".join(str(one.sqltext) for one in table.constraints if isinstance(one, CheckConstraint))
        for column in table.columns:
            if not isinstance(column.type, Text) or re.search(rf"\b{column.name}\b", checked):
                continue
            if column.name in ("subject", "created_by", "actor", "signature", "action", "subject_type", "request_id"):
                continue
            statement = sql.SQL("UPDATE {} SET {} = {} || '〔' || tenant_id || '〕' WHERE {} IS NOT NULL").format(
                sql.Identifier(table.name), *[sql.Identifier(column.name)] * 3
            )
            connection.execute(statement)
    marked = connection.execute("SELECT count(*) FROM institution WHERE name LIKE '%〔%〕'").fetchone()
    assert marked is not None
    assert marked[0] > 100


def _ids(connection: psycopg.Connection[Any]) -> Iterator[tuple[str, list[str]]]:
    """By type: ids of the seats' rows, of the municipality's, and crossed ones: a row under another tenant's number."""
    tenants = [0, *(TENANTS[seat] for seat in SEATS)]
    for type_ in CATALOGUE.types.values():
        if type_.tag is None:
            continue
        found: list[tuple[int, UUID]] = connection.execute(
            f"SELECT tenant_id, id FROM (SELECT tenant_id, id, row_number() OVER (PARTITION BY tenant_id ORDER BY id) n"  # type: ignore[arg-type]
            f" FROM {type_.table} WHERE tenant_id = ANY(%s)) t WHERE n <= 12",
            [tenants],
        ).fetchall()
        crossed = [(other, row) for tenant, row in found[:24] for other in tenants if other != tenant]
        yield type_.name, [str(NodeId(type_.tag, *one)) for one in [*found, *crossed]] or ["nothing"]


def leaks(attacker: Attacker, body: Mapping[str, Any], sent: str) -> list[str]:
    """What of an answer is of a tenant where the attacker holds nothing: marks anywhere, ids of objects in its data."""
    text = orjson.dumps(body).decode()
    own = {str(tenant) for tenant in attacker.tenants} | set(_MARK.findall(sent))
    found = [f"mark of {one}" for one in _MARK.findall(text) if one not in own]
    for value in _strings(body.get("data")):
        if value in sent:
            continue  # only what the attacker did not know already
        try:
            node = NodeId.parse(value)
        except BadInput:
            continue
        type_ = CATALOGUE.by_tag(node.tag)
        if node.tenant_id not in TENANTS.values():
            continue  # a name in Latin letters of the same length
        if type_ is not None and type_.name not in PUBLISHED and node.tenant_id not in (attacker.tenants | {0}):
            found.append(f"{type_.name} of {node.tenant_id}")
    return found


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)
