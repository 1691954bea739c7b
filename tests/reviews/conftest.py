"""A database of its own: the samples, and reviews of every scheme, outcome and day that counting could trip over."""

import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest

from schema.access import Request
from server import installation
from server.db import roles
from server.development.demo import demo_actor, fill_samples
from server.development.samples import first_centre
from server.districts.files import load_districts
from server.identity.store import find_actor
from server.kit.ids import new_id
from server.record.acts import acting
from server.reviews.model import ReviewKind, ReviewOutcome
from server.reviews.store import insert_reviews
from tests.databases import cloned
from tests.driving import Server

TENANTS = {one.code: one.tenant_id for one in load_districts()}
SCHEMES = (None, "甲方案", '乙"方案\\', "")
PERSONAS = (
    None,
    "fengtai-officer",
    "fengtai-institution",
    "fengtai-market-regulation",
    "mentougou-officer",
    "mentougou-applicant",
    "municipal-analyst",
    "platform-operator",
)


@dataclass
class Record:
    """The application on its database."""

    server: Server
    dsn: str

    async def add(self, code: str, rows: Sequence[dict[str, Any]]) -> None:
        """Reviews of the district's first centre, in one act."""
        tenant = TENANTS[code]
        actor = demo_actor(tenant)
        pools = self.server.app.pools
        async with acting(pools, roles.district_role(code), tenant, actor, "tests") as act:
            await insert_reviews(act.connection, [review(code, **one) for one in rows])

    async def request(self, persona: str | None) -> Request:
        """A request of this persona."""
        engine = self.server.app.engine
        if persona is None:
            return Request(engine, None, "tests")
        subject = self.server.personas[persona].subject
        return Request(engine, await find_actor(engine.pools, subject, date(2026, 11, 22)), "tests")

    def fetch(self, sql: str) -> list[tuple[Any, ...]]:
        """What is in the database, as its superuser sees it."""
        with psycopg.connect(self.dsn) as connection:
            return connection.execute(sql).fetchall()


def review(code: str, **values: Any) -> dict[str, Any]:
    """A review's row."""
    institution: UUID = first_centre(code)
    return {
        "tenant_id": TENANTS[code],
        "id": new_id(),
        "institution_id": institution,
        "decided_by": "测试",
        "created_by": "tests",
        "source": "SAMPLE",
        "score_max": None if values.get("score") is None else Decimal(100),
        "cycle": None,
        **values,
    }


def random_reviews(chance: random.Random, count: int) -> list[dict[str, Any]]:
    """Reviews on days around the ends of months, of few kinds, so that groups have several."""
    found = []
    for _ in range(count):
        month = date(chance.choice([2023, 2024]), chance.choice([1, 2, 3, 12]), 1)
        scored = chance.random() < 0.7
        found.append(
            {
                "kind": chance.choice([ReviewKind.ASSESSMENT, ReviewKind.INSPECTION, ReviewKind.CAPABILITY]),
                "outcome": chance.choice(list(ReviewOutcome)),
                "scheme": chance.choice(SCHEMES),
                "score": Decimal(chance.randrange(0, 10001)) / 100 if scored else None,
                "decided_on": month + timedelta(days=chance.choice([-1, 0, 0, 1, 14, 27])),
                "cycle": chance.choice([None, "2023", "2024Q1"]),
            }
        )
    return found


@pytest.fixture(scope="session")
async def record(
    superuser_dsn: str, template: str, worker_id: str, role_secret: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Record]:
    with cloned(superuser_dsn, template, f"shequ_reviews_{worker_id}") as dsn:
        server = await Server.start(installation.server_dsn(dsn), role_secret, tmp_path_factory.mktemp("issuer"))
        await fill_samples(server.app.pools)
        made = Record(server, dsn)
        for seed, code in enumerate(("fengtai", "mentougou")):
            await made.add(code, random_reviews(random.Random(seed), 120))
        yield made
        await server.stop()
