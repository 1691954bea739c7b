"""Rows to measure on, the same for the same seed: of a city, or of a country.

Written through COPY by the superuser, with foreign keys unchecked while it lasts.  The districts of ``tenants/`` have
a thousand institutions each at either scale, so that a district's page reads the same rows at both; the country adds
tenants that nobody here logs in to.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

import psycopg
from psycopg import sql

from server import installation
from server.db import migrating
from server.districts.files import load_districts
from server.kit import names

SEED = 20260402
DATABASE = "shequ_bench"

_MIGRATOR_PASSWORD = "migrator-password-of-the-benchmark"
_MARK = ("benchmark", "SAMPLE")
_PLACES = ("长辛店", "东铁匠营", "卢沟桥", "和义", "大峪", "城子", "清水", "永定", "军庄", "潭柘寺")
_BATCH = 2000

Row = Sequence[object]
#: Is told of rows written: the table, and how many there are by now.
Told = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Scale:
    """How many tenants besides the districts of ``tenants/``, and how many institutions each has."""

    others: int
    institutions_of_others: int = 0
    institutions: int = 1000
    reviews: int = 4


#: The nation has 3,000 tenants, a million institutions, as many sites, and four million reviews.
SCALES = {"city": Scale(others=0), "national": Scale(others=2983, institutions_of_others=330)}


def institution_uuid(tenant_id: int, number: int) -> UUID:
    """The row id of a tenant's institution with this number; like ids made in time, those of one tenant lie together."""
    return UUID(_institution_id(tenant_id, number))


def _institution_id(tenant_id: int, number: int) -> str:
    return f"{tenant_id:08x}-0000-7000-8000-{number:012x}"


def load(superuser_dsn: str, scale: Scale, role_secret: str, told: Told = lambda _table, _rows: None) -> str:
    """A migrated, provisioned database with the rows of this scale; the superuser's connection string to it.

    The districts of ``tenants/`` have login roles; the others are rows beside theirs, behind the same walls.
    """
    migrator = migrating.prepare_database(superuser_dsn, DATABASE, migrator_password=_MIGRATOR_PASSWORD)
    installation.migrate(migrator)
    districts = load_districts()
    installation.provision(migrator, role_secret, districts)
    dsn = psycopg.conninfo.make_conninfo(superuser_dsn, dbname=DATABASE)
    own = [one.tenant_id for one in districts if one.tenant_id > 0]
    others = range(max(own) + 1, max(own) + 1 + scale.others)
    sizes = [*((one, scale.institutions) for one in own), *((one, scale.institutions_of_others) for one in others)]
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for table, columns, rows in (
            ("district", _DISTRICT, (_district(one) for one in others)),
            ("institution", _INSTITUTION, (row for size in sizes for row in _institutions(*size))),
            ("site", _SITE, (row for size in sizes for row in _sites(*size))),
            ("review", _REVIEW, (row for size in sizes for row in _reviews(*size, scale.reviews))),
        ):
            _copy(connection, table, columns, rows, told)
        connection.execute(_ROLLUP)
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
    return dsn


def _copy(connection: psycopg.Connection, table: str, columns: str, rows: Iterator[Row], told: Told) -> None:
    listed = sql.SQL(", ").join(map(sql.Identifier, columns.split()))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), listed)
    written = 0
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        while batch := list(islice(rows, _BATCH)):
            copy.write("".join("\t".join(map(_field, row)) + "\n" for row in batch))
            written += len(batch)
            told(table, written)


def _field(value: object) -> str:
    # Nothing in these rows holds a tab, a newline or a backslash.
    return r"\N" if value is None else str(value)


# Rows ----------------------------------------------------------------------------------------------------------------

_DISTRICT = "tenant_id id code name name_en kind display_order"


def _district(tenant_id: int) -> Row:
    # Of another municipality: in the table, and not among this one's districts.
    code = f"other_{tenant_id}"
    return tenant_id, f"{tenant_id:08x}-0000-7000-8001-000000000000", code, code, code, "MUNICIPALITY", tenant_id


_INSTITUTION = (
    "tenant_id id registration_number name match_key sort_key kind status operating_nature ownership operator_kind"
    " parent_id service_population opened_on latest_review_on created_by source"
)
_SORT_KEYS = {place: names.sort_key(f"示例·{place}") for place in _PLACES}


def _institutions(tenant_id: int, count: int) -> Iterator[Row]:
    chance = random.Random(f"{SEED}/{tenant_id}")
    for number in range(count):
        place, centre = _PLACES[number % len(_PLACES)], number // 50 * 50 + number % 10
        is_centre = number == centre
        if is_centre:
            what, kind = "社区卫生服务中心", "COMMUNITY_HEALTH_CENTRE"
        elif number % 5 == 4:
            what, kind = "村卫生室", "VILLAGE_CLINIC"
        else:
            what, kind = "社区卫生服务站", "COMMUNITY_HEALTH_STATION"
        name = f"示例·{place}第{number}{what}"
        public = is_centre or chance.random() < 0.6
        yield (
            tenant_id,
            _institution_id(tenant_id, number),
            f"BENCH{tenant_id:06d}{number:06d}",
            name,
            name,
            f"{_SORT_KEYS[place]} {number:06d}",
            kind,
            "OPERATING" if chance.random() < 0.94 else "SUSPENDED",
            "NON_PROFIT",
            "STATE" if public else "PRIVATE",
            "PUBLIC_INSTITUTION" if public else "SOCIAL_ORGANISATION",
            None if is_centre else _institution_id(tenant_id, centre),
            chance.randrange(20_000, 90_000, 500) if is_centre else None,
            f"20{chance.randrange(4, 24):02d}-0{chance.randrange(1, 9)}-1{chance.randrange(9)}",
            f"2025-12-{chance.randrange(1, 29):02d}",
            *_MARK,
        )


_SITE = "tenant_id id institution_id kind address match_key longitude latitude area_m2 right_of_use created_by source"


def _sites(tenant_id: int, count: int) -> Iterator[Row]:
    chance = random.Random(f"{SEED}/{tenant_id}/sites")
    for number in range(count):
        address = f"示例路{chance.randrange(1, 2000)}号"
        located = chance.random() < 0.9
        yield (
            tenant_id,
            f"{tenant_id:08x}-0000-7000-8002-{number:012x}",
            _institution_id(tenant_id, number),
            "PRACTICE",
            address,
            address,
            round(116 + chance.random(), 6) if located else None,
            round(39 + chance.random(), 6) if located else None,
            chance.randrange(100, 6000),
            "OWNED",
            *_MARK,
        )


_REVIEW = (
    "tenant_id id kind institution_id cycle outcome score score_max scheme decided_on decided_by created_by source"
)
_SCHEME = "示例·绩效考核方案"
#: As ``server.reviews.store.rebuild_rollup`` counts.
_ROLLUP = """
INSERT INTO review_rollup (tenant_id, id, kind, outcome, scheme, decided_month,
  row_count, score_count, score_sum, score_least, score_most)
SELECT tenant_id, uuidv7(), kind, outcome, scheme, date_trunc('month', decided_on::timestamp)::date,
  count(*), count(score), sum(score), min(score), max(score)
FROM review GROUP BY tenant_id, kind, outcome, scheme, date_trunc('month', decided_on::timestamp)::date"""


def _reviews(tenant_id: int, count: int, each: int) -> Iterator[Row]:
    chance = random.Random(f"{SEED}/{tenant_id}/reviews")
    for number in range(count):
        for year in range(2026 - each, 2026):
            scored = year % 2 == 0
            score = chance.randrange(5200, 9900) / 100 if scored else None
            passed = score is None or score >= 60
            yield (
                tenant_id,
                f"{tenant_id:08x}-0000-7000-8003-{number * each + year - 2026 + each:012x}",
                "ASSESSMENT" if scored else "VERIFICATION",
                _institution_id(tenant_id, number),
                year,
                "PASSED" if passed else "FAILED",
                score,
                100 if scored else None,
                _SCHEME if scored else None,
                f"{year}-12-{chance.randrange(1, 29):02d}",
                "示例·卫生健康行政部门",
                *_MARK,
            )
