"""A register that is awkward on purpose: ties in every sort key, nulls, quotes, control characters, arrays with braces.

Three districts, some four hundred rows of each kind, the same at every run.
"""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import Table, create_engine, insert
from sqlalchemy.pool import NullPool

from server.development.samples import first_centre
from server.districts.files import load_districts
from server.institutions.model import (
    InstitutionKind,
    InstitutionStatus,
    OperatingNature,
    OperatorKind,
    Ownership,
    RecordSource,
    SuccessionReason,
)
from server.institutions.tables import former_name, institution, organisation, succession
from server.kit.ids import NodeId, stable_id
from server.planner.binding import Catalogue
from server.reviews.model import ReviewKind, ReviewOutcome
from server.reviews.tables import review
from server.sites.model import SiteKind, SiteRight
from server.sites.tables import site

DISTRICTS = ("fengtai", "mentougou", "kaifaqu")

TEXTS = (
    "社区卫生服务中心",
    '带"引号"的名称',
    "back\\slash \\\\ twice \\u0041",
    "it's",
    "line\nbreak\ttab\rreturn",
    "\x01\x1f\x7f control",
    "表情😀和𠀀扩展字",
    "\u2028 and \u2029",
    "<script>&amp;</script>",
    "100%_done",
    "{a,b}",
    "",
    "x" * 300,
    "'; DROP TABLE institution; --",
    "$1::int :name {t}",
)


class _Maker:
    def __init__(self, code: str, tenant: int) -> None:
        self.code, self.tenant, self.chance = code, tenant, random.Random(f"awkward/{code}")
        self.count = 0

    def _id(self, what: str) -> UUID:
        self.count += 1
        return stable_id("awkward", self.code, what, str(self.count))

    def _row(self, what: str, /, **values: Any) -> dict[str, Any]:
        return {"tenant_id": self.tenant, "id": self._id(what), "created_by": "test"} | values

    def _kept(self) -> dict[str, Any]:
        return {
            "version": self.chance.choice([1, 2, 2147483647]),
            "created_at": self._instant(),
            "updated_at": self._instant(),
            "source": self.chance.choice(list(RecordSource)),
        }

    def _instant(self) -> datetime:
        # Ties, microseconds, the summer time of 1988, and a day before the zone had a whole offset.
        return self.chance.choice(
            [
                datetime(2026, 1, 2, 3, 4, 5, 678901, UTC),
                datetime(2026, 1, 2, 3, 4, 5, 678999, UTC),
                datetime(1988, 7, 1, 12, tzinfo=UTC),
                datetime(1899, 12, 31, 23, 59, 59, 999999, UTC),
                datetime(2026, 12, 31, 16, tzinfo=UTC) + timedelta(microseconds=self.chance.randrange(10**12)),
            ]
        )

    def _day(self) -> date:
        return date(2024, 1, 1) + timedelta(days=self.chance.randrange(0, 900, 30))

    def _maybe(self, value: Any) -> Any:
        return None if self.chance.random() < 0.3 else value

    def organisations(self) -> list[dict[str, Any]]:
        return [
            self._row(
                "organisation",
                name=self.chance.choice(TEXTS),
                kind=self.chance.choice(list(OperatorKind)),
                unified_social_credit_code=self._maybe("12110000MB1234567X"),
                **self._kept(),
            )
            for _ in range(10)
        ]

    def institutions(self, organisations: list[dict[str, Any]]) -> list[dict[str, Any]]:
        made: list[dict[str, Any]] = []
        for n in range(130):
            name = self.chance.choice(TEXTS)
            centres = [one for one in made if one["parent_id"] is None]
            row = self._row(
                "institution",
                registration_number=self._maybe(f"R{n}"),
                name=f"{name}{n % 7}",
                match_key=name,
                sort_key=self.chance.choice(["a", "b", "b c", "Z", "ü", name, ""]),
                unified_social_credit_code=None,
                kind=self.chance.choice(list(InstitutionKind)),
                status=self.chance.choice(list(InstitutionStatus)),
                operating_nature=self._maybe(self.chance.choice(list(OperatingNature))),
                ownership=self._maybe(self.chance.choice(list(Ownership))),
                operator_kind=self._maybe(self.chance.choice(list(OperatorKind))),
                organisation_id=self._maybe(self.chance.choice(organisations)["id"]),
                parent_id=self.chance.choice(centres)["id"] if len(centres) > 5 and n % 3 else None,
                competent_department=self._maybe(self.chance.choice(TEXTS)),
                service_population=self._maybe(self.chance.choice([0, 1, 2147483647])),
                annotations=self.chance.choice([[], ["COMMUNITY_HOSPITAL"], list(TEXTS[1:5]), ["NULL", "", "{}"]]),
                opened_on=self._maybe(self._day()),
                latest_review_on=self._maybe(self._day()),
                **self._kept(),
            )
            if n == 0:
                row["id"] = first_centre(self.code)
            made.append(row)
        return made

    def below(self, institutions: list[dict[str, Any]]) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
        chance = self.chance
        sites, reviews, names, successions = [], [], [], []
        for one in institutions:
            own = {"institution_id": one["id"]}
            for _ in range(chance.choice([0, 1, 1, 3])):
                place = self._maybe(
                    (chance.choice([116.123456789, -0.0, 180.0, 1e-7]), chance.choice([39.5, 0.1 + 0.2, -90.0]))
                )
                from_on = self._maybe(self._day())
                sites.append(
                    self._row(
                        "site",
                        **own,
                        kind=chance.choice(list(SiteKind)),
                        address=chance.choice(TEXTS),
                        match_key="",
                        division_code=self._maybe("110106"),
                        longitude=place and place[0],
                        latitude=place and place[1],
                        area_m2=self._maybe(
                            chance.choice([Decimal("0.01"), Decimal("100.00"), Decimal("99999999.99")])
                        ),
                        right_of_use=self._maybe(chance.choice(list(SiteRight))),
                        from_on=from_on,
                        until=self._maybe((from_on or date(2026, 1, 1)) + timedelta(days=1)),
                        **self._kept(),
                    )
                )
            for _ in range(chance.choice([0, 0, 2, 6])):
                score = self._maybe(Decimal(chance.randrange(0, 10000)) / 100)
                reviews.append(
                    self._row(
                        "review",
                        **own,
                        kind=chance.choice(list(ReviewKind)),
                        cycle=self._maybe(chance.choice(["2025", "2026Q4", TEXTS[1]])),
                        outcome=chance.choice(list(ReviewOutcome)),
                        score=score,
                        score_max=None if score is None else Decimal(100),
                        scheme=self._maybe(chance.choice(TEXTS)),
                        decided_on=self._day(),
                        decided_by=chance.choice(TEXTS),
                        reason=self._maybe(chance.choice(TEXTS)),
                        policy_digest=None,
                        annulled_on=self._maybe(self._day()),
                        **self._kept(),
                    )
                )
            if chance.random() < 0.3:
                names.append(self._row("name", **own, name=chance.choice(TEXTS), until=self._day()))
            if chance.random() < 0.2:
                other = chance.choice(institutions)
                if other is not one:
                    successions.append(
                        self._row(
                            "succession",
                            predecessor_id=one["id"],
                            successor_id=other["id"],
                            on_date=self._day(),
                            reason=chance.choice(list(SuccessionReason)),
                        )
                    )
        yield site, sites
        yield review, reviews
        yield former_name, names
        yield succession, successions


def rows() -> list[tuple[Table, list[dict[str, Any]]]]:
    """All rows of the register, in an order in which they can be inserted."""
    tenants = {one.code: one.tenant_id for one in load_districts()}
    made: list[tuple[Table, list[dict[str, Any]]]] = []
    for code in DISTRICTS:
        maker = _Maker(code, tenants[code])
        organisations = maker.organisations()
        institutions = maker.institutions(organisations)
        made += [(organisation, organisations), (institution, institutions), *maker.below(institutions)]
    return made


def fill(superuser: str) -> None:
    """Fill the register of a database."""
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(superuser), poolclass=NullPool)
    with engine.begin() as connection:
        for table, some in rows():
            connection.execute(insert(table), some)
    engine.dispose()
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def node_ids(catalogue: Catalogue) -> dict[str, list[str]]:
    """The node ids of the register's objects, by type name."""
    by_table = {one.table: one for one in catalogue.types.values() if one.tag is not None}
    ids: dict[str, list[str]] = {}
    for table, some in rows():
        type_ = by_table.get(table.name)
        if type_ is not None and type_.tag is not None:
            found = ids.setdefault(type_.name, [])
            found += [str(NodeId(type_.tag, row["tenant_id"], row["id"])) for row in some]
    return ids
