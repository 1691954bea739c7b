"""Sample institutions for development: the same for the same seed, marked as samples in name and source.

Made from place names in ``tenants/samples.yaml``; nothing here is a real institution.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from ruamel.yaml import YAML
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from server.districts.files import TENANTS
from server.institutions.model import InstitutionKind, InstitutionStatus, OperatingNature, OperatorKind, Ownership
from server.institutions.tables import institution, organisation
from server.kit import clock, names, uscc
from server.kit.ids import stable_id
from server.record.acts import Act
from server.reviews.model import ReviewKind, ReviewOutcome
from server.reviews.store import insert_reviews
from server.sites.model import SiteKind, SiteRight
from server.sites.tables import site

SEED = 20260402

_MARK = {"created_by": "shequ demo", "source": "SAMPLE"}
_SCHEME = "示例考核方案 2025"
Row = dict[str, Any]


@dataclass(slots=True)
class Samples:
    """The rows of one district."""

    organisations: list[Row] = field(default_factory=list)
    institutions: list[Row] = field(default_factory=list)
    sites: list[Row] = field(default_factory=list)
    reviews: list[Row] = field(default_factory=list)


def load_places(path: Path = TENANTS / "samples.yaml") -> Mapping[str, Mapping[str, Any]]:
    """Place names and a point of each district, by code."""
    places: Mapping[str, Mapping[str, Any]] = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    return places


def first_centre(district: str) -> UUID:
    """The id of the district's first sample centre, whose staff the persona of an institution is."""
    return stable_id("sample", district, "centre", "0")


def samples_of(code: str, name: str, tenant_id: int, place: Mapping[str, Any], seed: int = SEED) -> Samples:
    """The sample rows of one district: centres or township hospitals, each with stations or village clinics."""
    return _Maker(code, name, tenant_id, place, random.Random(f"{seed}/{code}")).make()


class _Maker:
    def __init__(self, code: str, name: str, tenant_id: int, place: Mapping[str, Any], chance: random.Random) -> None:
        self._code, self._name, self._tenant = code, name, tenant_id
        self._place, self._chance = place, chance
        self._made = Samples()

    def make(self) -> Samples:
        for n, town in enumerate(self._place["places"]):
            rural = n >= 4
            kind = InstitutionKind.TOWNSHIP_HOSPITAL if rural else InstitutionKind.COMMUNITY_HEALTH_CENTRE
            centre = self._institution(
                f"{town}{'镇卫生院' if rural else '社区卫生服务中心'}", kind, f"centre/{n}", town, None
            )
            for m in range(self._chance.randint(3, 5)):
                below = InstitutionKind.VILLAGE_CLINIC if rural else InstitutionKind.COMMUNITY_HEALTH_STATION
                suffix = "村卫生室" if rural else "社区卫生服务站"
                self._institution(f"{town}第{'一二三四五'[m]}{suffix}", below, f"station/{n}/{m}", town, centre)
        return self._made

    def _row(self, *parts: str) -> Row:
        return {"tenant_id": self._tenant, "id": stable_id("sample", self._code, *"/".join(parts).split("/")), **_MARK}

    def _institution(self, bare: str, kind: InstitutionKind, key: str, town: str, parent: UUID | None) -> UUID:
        chance, name = self._chance, f"示例·{self._name}{bare}"
        public = parent is None or chance.random() < 0.6
        code = self._credit_code()
        owner = self._row("organisation", key)
        owner |= {
            "name": f"示例·{self._name}{town}举办单位（{key}）",
            "unified_social_credit_code": code,
            "kind": OperatorKind.PUBLIC_INSTITUTION if public else OperatorKind.SOCIAL_ORGANISATION,
        }
        self._made.organisations.append(owner)
        opened = date(2004, 1, 1) + timedelta(days=chance.randrange(7000))
        row = self._row(key)
        row |= {
            "registration_number": f"SAMPLE{self._tenant:03d}{len(self._made.institutions):05d}",
            "name": name,
            "match_key": names.match_key(name),
            "sort_key": names.sort_key(name),
            "unified_social_credit_code": code,
            "kind": kind,
            "status": chance.choices(
                [InstitutionStatus.OPERATING, InstitutionStatus.SUSPENDED, InstitutionStatus.PREPARING], [94, 3, 3]
            )[0],
            "operating_nature": OperatingNature.NON_PROFIT,
            "ownership": Ownership.STATE if public else Ownership.PRIVATE,
            "operator_kind": owner["kind"],
            "organisation_id": owner["id"],
            "parent_id": parent,
            "service_population": chance.randrange(20_000, 90_000, 500) if parent is None else None,
            "opened_on": opened,
        }
        self._made.institutions.append(row)
        self._site(row, town, key)
        reviews = list(self._reviews(row, key))
        row["latest_review_on"] = max((one["decided_on"] for one in reviews), default=None)
        self._made.reviews.extend(reviews)
        identifier: UUID = row["id"]
        return identifier

    def _site(self, owner: Row, town: str, key: str) -> None:
        chance, (longitude, latitude) = self._chance, self._place["centre"]
        address = f"{self._name}{town}示例路{chance.randrange(1, 200)}号"
        located = chance.random() < 0.9
        self._made.sites.append(
            self._row("site", key)
            | {
                "institution_id": owner["id"],
                "kind": SiteKind.PRACTICE,
                "address": address,
                "match_key": names.match_key(address),
                "longitude": round(longitude + chance.uniform(-0.05, 0.05), 6) if located else None,
                "latitude": round(latitude + chance.uniform(-0.04, 0.04), 6) if located else None,
                "area_m2": Decimal(chance.randrange(1200, 60000)) / 10,
                "right_of_use": chance.choice(list(SiteRight)),
                "from_on": owner["opened_on"],
            }
        )

    def _reviews(self, owner: Row, key: str) -> Iterator[Row]:
        chance = self._chance
        for year in (2023, 2024, 2025):
            if chance.random() < 0.85:
                score = Decimal(chance.randrange(5200, 9900)) / 100
                yield self._row("assessment", key, str(year)) | {
                    "kind": ReviewKind.ASSESSMENT,
                    "institution_id": owner["id"],
                    "cycle": str(year),
                    "outcome": ReviewOutcome.PASSED if score >= 60 else ReviewOutcome.FAILED,
                    "score": score,
                    "score_max": Decimal(100),
                    "scheme": _SCHEME,
                    "decided_on": date(year, 12, chance.randrange(1, 29)),
                    "decided_by": f"示例·{self._name}社区卫生服务管理中心",
                }
            yield self._row("verification", key, str(year)) | {
                "kind": ReviewKind.VERIFICATION,
                "institution_id": owner["id"],
                "cycle": str(year),
                "outcome": chance.choices([ReviewOutcome.PASSED, ReviewOutcome.CONDITIONAL], [95, 5])[0],
                "score": None,
                "score_max": None,
                "scheme": None,
                "decided_on": date(year, chance.randrange(1, 11), chance.randrange(1, 29)),
                "decided_by": f"示例·{self._name}卫生健康行政部门",
            }

    def _credit_code(self) -> str:
        first_17 = f"52110{self._tenant:03d}MJ{self._chance.randrange(10**7):07d}"
        return first_17 + uscc.check_character(first_17)


async def load_samples(act: Act, samples: Samples) -> int:
    """The samples in the register; rows that are there already stay as they are. The number of institutions added."""
    known = {"created_at": clock.now()}
    before = await _count(act)
    for table, rows in (
        (organisation, samples.organisations),
        (institution, samples.institutions),
        (site, samples.sites),
    ):
        await act.connection.execute(insert(table).on_conflict_do_nothing(), [row | known for row in rows])
    added = await _count(act) - before
    await insert_reviews(act.connection, samples.reviews, keep=True)
    if added:
        await act.note_all("sampled", "institution", [(row["id"], None, row) for row in samples.institutions])
    return added


async def _count(act: Act) -> int:
    return await act.connection.scalar(select(func.count()).select_from(institution)) or 0
