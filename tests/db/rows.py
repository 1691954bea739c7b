"""Rows for any table, made from its columns and checks, so that a new table is covered on the day it is declared."""

import itertools
import re
import secrets
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import psycopg.errors
from psycopg.types.json import Jsonb
from sqlalchemy import CheckConstraint, Column, Numeric, Table, UniqueConstraint

#: Values by "table.column" where the column's type and its list of terms do not say enough to pass a check.
#: A reference that stands here with None may be null, and is made nevertheless, to a row of its own.
EXAMPLES: Mapping[str, Callable[[], Any]] = {
    "assessment_scheme.pass_line": lambda: Decimal(60),
    "assessment_scheme.excellent_line": lambda: Decimal(80),
    "continuity_plan.high_need_residents": lambda: 1,
    "designation_application.quarter": lambda: 1,
    # What the city's centre did is told to the district's supervision, which takes no day that is still to come.
    "designation_measure.decided_on": lambda: date(2019, 1, 1),
    "entrustment_agreement.term_from_on": lambda: date(2200, 1, 1),
    "entrustment_agreement.opening_by": lambda: date(2200, 6, 1),
    "entrustment_agreement.term_until": lambda: date(2203, 1, 1),
    "operator_application.route": lambda: "RUN_BY_EXISTING",
    "operator_application.existing_institution_id": lambda: None,
    "operator_application.unified_social_credit_code": lambda: "91110106MA01A2B3C4",
    "review.institution_id": lambda: None,
    "selection_call.publicity_working_days": lambda: 5,
    "succession_request.counterpart_tenant_id": lambda: 99,
    "trusted_document.digest": lambda: secrets.token_hex(32),
    "session.digest": lambda: secrets.token_hex(32),
    "case_reader.reader": lambda: "somebody",
    "paper_service.reason": lambda: "served again",
}

#: Far from every day that is seeded.
_BEGIN = datetime(2200, 1, 1, tzinfo=UTC)
_ONE_OF = re.compile(r"^(\w+) IN \((.*)\)$", re.DOTALL)
_count = itertools.count(1)


class Rows:
    """Plants rows as the superuser, whom no policy binds."""

    def __init__(self, superuser: psycopg.Connection) -> None:
        self._superuser = superuser

    def plant(self, table: Table, tenant_id: int) -> uuid.UUID:
        """The id of a row of this tenant: a new one, or the one row a tenant may have."""
        if _one_row_a_tenant(table):
            found = self._superuser.execute(f"SELECT id FROM {table.name} WHERE tenant_id = %s", [tenant_id]).fetchone()
            if found:
                return uuid.UUID(str(found[0]))
        row = self.draft(table, tenant_id)
        try:
            insert(self._superuser, table, row)
        except psycopg.errors.CheckViolation as error:
            raise AssertionError(f"a row of {table.name} passes its checks with a value in rows.EXAMPLES") from error
        return uuid.UUID(str(row["id"]))

    def draft(self, table: Table, tenant_id: int) -> dict[str, Any]:
        """A row not yet inserted: every column that must have a value has one; what it refers to is planted."""
        row: dict[str, Any] = {"tenant_id": tenant_id, "id": uuid.uuid4(), **self._referred_together(table, tenant_id)}
        for column in table.columns:
            if column.name in row:
                continue
            needed = not column.nullable and column.server_default is None
            if needed or f"{table.name}.{column.name}" in EXAMPLES:
                row[column.name] = self._referred(column, tenant_id) or _value(table, column)
        return row

    def _referred_together(self, table: Table, tenant_id: int) -> dict[str, Any]:
        """The columns that only together, besides the tenant's number, refer to one row."""
        found: dict[str, Any] = {}
        for key in table.foreign_key_constraints:
            pairs = [(one.parent.name, one.column.name) for one in key.elements if one.parent.name != "tenant_id"]
            if len(pairs) > 1 and not any(table.c[ours].nullable for ours, _ in pairs):
                theirs = ", ".join(name for _, name in pairs)
                row = self._superuser.execute(
                    f"SELECT {theirs} FROM {key.referred_table.name} WHERE id = %s",
                    [self.plant(key.referred_table, tenant_id)],
                ).fetchone()
                found |= dict(zip((ours for ours, _ in pairs), row or (), strict=True))
        return found

    def _referred(self, column: Column[Any], tenant_id: int) -> uuid.UUID | None:
        for key in column.foreign_keys:
            return self.plant(key.column.table, tenant_id)
        return None


def _items(column: Column[Any]) -> type:
    """The Python type of an array's items."""
    return column.type.item_type.python_type  # type: ignore[attr-defined]


def is_municipal(table: Table) -> bool:
    """Whether the table itself says that its rows are the municipality's alone."""
    return any(isinstance(one, CheckConstraint) and str(one.sqltext) == "tenant_id = 0" for one in table.constraints)


def references(table: Table) -> list[tuple[str, Table]]:
    """The columns that refer to a row of the same tenant, and the table they refer to."""
    found = [
        (name, constraint.referred_table)
        for constraint in sorted(table.foreign_key_constraints, key=lambda one: str(one.column_keys))
        for name in constraint.column_keys
        if name != "tenant_id"
    ]
    # A table's constraints are a set; workers must collect the same tests in the same order.
    return sorted(found, key=lambda one: one[0])


def insertion(table: Table, row: Mapping[str, Any], tail: str = "") -> tuple[str, list[Any]]:
    """The statement that inserts the row, with ON CONFLICT or RETURNING behind it, and its values."""
    columns, values = ", ".join(f'"{name}"' for name in row), ", ".join(["%s"] * len(row))
    return f"INSERT INTO {table.name} ({columns}) VALUES ({values}) {tail}", list(row.values())


def insert(connection: psycopg.Connection, table: Table, row: Mapping[str, Any], tail: str = "") -> psycopg.Cursor:
    """Insert the row on this connection, with ON CONFLICT or RETURNING behind it."""
    return connection.execute(*insertion(table, row, tail))


def _one_row_a_tenant(table: Table) -> bool:
    return any(
        isinstance(one, UniqueConstraint) and [column.name for column in one.columns] == ["tenant_id"]
        for one in table.constraints
    )


def _value(table: Table, column: Column[Any]) -> Any:
    """A value for the column; later ones are greater, so that a period ends after it began."""
    if (example := EXAMPLES.get(f"{table.name}.{column.name}")) is not None:
        return example()
    for check in table.constraints:
        listed = _ONE_OF.match(str(check.sqltext)) if isinstance(check, CheckConstraint) else None
        if listed and listed[1] == column.name:
            return re.findall(r"'([^']*)'", listed[2])[0]
    number, kind = next(_count), column.type.python_type
    if isinstance(column.type, Numeric) and column.type.precision:
        number %= 10 ** (column.type.precision - (column.type.scale or 0))
    makers: dict[type, Callable[[], Any]] = {
        str: lambda: f"{column.name} {number}",
        int: lambda: number,
        float: lambda: float(number),
        Decimal: lambda: Decimal(number),
        bool: lambda: False,
        date: lambda: (_BEGIN + timedelta(days=number)).date(),
        datetime: lambda: _BEGIN + timedelta(days=number),
        uuid.UUID: uuid.uuid4,
        bytes: lambda: secrets.token_bytes(32),
        list: lambda: [number if _items(column) is int else f"{column.name} {number}"],
        object: lambda: Jsonb({}),  # what SQLAlchemy says of JSONB
    }
    assert kind in makers, f"no value is known for {table.name}.{column.name}: {column.type}; put one into EXAMPLES"
    return makers[kind]()
