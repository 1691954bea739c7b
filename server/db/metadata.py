"""The one MetaData, and the only way to declare a table.

Every table belongs to tenants: its primary key is ``(tenant_id, id)``, and every unique and foreign key carries
``tenant_id`` (a plain foreign key would accept another tenant's row, a global unique key is an oracle).  Rows of the
municipality itself (the working-day calendar, municipal packs) carry tenant 0.  Who may touch a table is declared here,
beside the table, as ``Access``; ``server/db/policies.py`` turns that into grants and row-level policies and
``server/db/catalogue.py`` checks the database against it.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


@dataclass(frozen=True, slots=True)
class Access:
    """Who reads and writes a table.

    Always: a district's login role reads and writes its own tenant's rows; the municipal reader reads all rows.
    ``published``: every role, the public included, reads every row (registers, directories, the calendar).
    ``append_only``: no role may update or delete.  ``deletable``: rows are working state, not record, and may be deleted.
    ``steward``: the platform role writes rows of any tenant (what provisioning seeds).
    ``municipal``: the municipal writer writes the municipality's rows (tenant 0).
    ``district_writes``: False where a district only reads its own rows.
    ``sign_in``: the authenticator, which knows a person before it knows a tenant, reads all rows.
    """

    published: bool = False
    append_only: bool = False
    deletable: bool = False
    steward: bool = False
    municipal: bool = False
    district_writes: bool = True
    sign_in: bool = False


def tenant_table(name: str, *items: Any, access: Access, comment: str) -> Table:
    """A table of tenants' rows: ``tenant_id`` and ``id`` come first, the rest as given."""
    return Table(
        name,
        metadata,
        Column("tenant_id", Integer, nullable=False),
        Column("id", Uuid, nullable=False),
        *items,
        PrimaryKeyConstraint("tenant_id", "id"),
        comment=comment,
        info={"access": access},
    )


def reference(column: str, table: str, *, nullable: bool = False) -> tuple[Column[Any], ForeignKeyConstraint]:
    """A column that names a row of ``table`` in the same tenant, with its composite foreign key."""
    return (
        Column(column, Uuid, nullable=nullable),
        ForeignKeyConstraint(["tenant_id", column], [f"{table}.tenant_id", f"{table}.id"]),
    )


def one_of(column: str, values: Any) -> CheckConstraint:
    """A check that a text column holds one of an enum's values.

    Text with a check, not a PostgreSQL enum: under row-level security only leakproof operators reach an index.
    """
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def recorded() -> tuple[Column[Any], ...]:
    """Columns of every row that people maintain: a version for ``expectedVersion``, who and when."""
    return (
        Column("version", Integer, nullable=False, server_default=text("1")),
        Column("created_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
        Column("created_by", Text, nullable=False),
        Column("updated_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
        Column("source", Text, nullable=False, comment="where the row comes from: a person, an import, sample data"),
    )
