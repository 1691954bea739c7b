"""Sealed columns of rows: written, found by equality, and opened for a purpose that the audit trail tells.

How to keep a personal value (an identity number, a person's telephone, a bank account) in a table of your own:

1. Declare it, in ``tables.py``; it becomes three columns, ``identity_number_sealed``, ``identity_number_masked`` and,
   where values are to be found by equality, ``identity_number_index``::

       expert = tenant_table(
           "expert",
           Column("name", Text, nullable=False),
           *sealed("identity_number", Personal.IDENTITY_NUMBER, indexed=True),
           *sealed("phone", Personal.TELEPHONE),
           ...
       )

2. Seal it when the row is written, in ``actions.py``.  The row's id is part of the seal, so it must be known first::

       row = {"id": new_id(), "name": wanted.name, ...}
       row |= act.seal(tables.expert, row["id"], identity_number=wanted.identity_number, phone=wanted.phone)
       await store.insert_expert(act.connection, row)
       await act.note("enrolled", "expert", row["id"], after=row)      # sealed bytes are left out, the mask is told

   ``None`` clears a value; a column that is not named is not touched.  What has not the shape of its kind is refused
   (``Invalid``, which names the field and never the value).

3. Find equal values by the blind index, never by decrypting::

       select(expert).where(act.equal(tables.expert, identity_number=number))

   One tenant's columns of one name share their index, whatever the table: an applicant's and an expert's identity number
   can be compared inside a district (recusal).  Nothing can be compared across tenants, unless the column is declared
   ``city_wide=True``, for what holds in the whole city (a bar on a person).

4. Show the mask: declare the field as ``MaskedText`` (schema/scalars.py), ``identity_number: MaskedText | None =
   field_of("身份证件号码")``.  It is bound to the ``_masked`` column, listed in ``extensions.masked``, and refused as
   filter, order and group key.  In inputs it is ``PersonalText``, which is a variable always and is never repeated in
   an error.  ``unmask(input: {object, field, purpose})`` then works for it without further code.

Rotation (``shequ keys``), export, erasure and the catalogue lint find sealed columns by their declaration.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, and_, literal, select

from server.db.metadata import SealedColumn, sealed_columns
from server.kit.errors import NotAllowed, NotFound
from server.kit.sealing import Place, Sealer

if TYPE_CHECKING:
    from server.record.acts import Act


def sealing(
    sealer: Sealer, tenant_id: int, table: Table, row_id: UUID, values: Mapping[str, str | None], at: tuple[str, ...]
) -> dict[str, Any]:
    """The columns that hold these values, for an INSERT or UPDATE of the row. Raises: Invalid, LookupError."""
    row: dict[str, Any] = {}
    for name, value in values.items():
        column = declared(table, name)
        if value is None:
            row |= dict.fromkeys(column.names)
            continue
        text = column.kind.written(value, (*at, _camel(name)))
        row[column.sealed] = sealer.seal(Place(tenant_id, table.name, name, row_id), text)
        row[column.masked] = column.kind.masked(text)
        if column.indexed:
            row[column.index] = sealer.index(column.index_tenant(tenant_id), name, text)
    return row


def equal(sealer: Sealer, tenant_id: int, table: Table, values: Mapping[str, str]) -> ColumnElement[bool]:
    """The condition that the row holds these values, under whichever key they were written. Raises: Invalid, LookupError."""
    conditions = []
    for name, value in values.items():
        column = declared(table, name)
        if not column.indexed:
            raise LookupError(f"{table.name}.{name} has no blind index: declare it sealed(..., indexed=True)")
        text = column.kind.written(value, ("input", _camel(name)))
        conditions.append(table.c[column.index].in_(sealer.indexes(column.index_tenant(tenant_id), name, text)))
    return and_(*conditions)


async def opened(act: "Act", table: Table, name: str, row_id: UUID, purpose: str) -> str | None:
    """The value in the clear, for one of those whom its column is open to; None where the row holds none.

    Leaves an audit entry that tells column and purpose, in this transaction, and never the value.

    Raises: NotAllowed, NotFound, server.kit.sealing.NotOpened.
    """
    column = declared(table, name)
    if not act.actor.roles_in(act.tenant_id) & column.opened_by:
        raise NotAllowed("您没有查看该项个人信息明文的权限")
    found = (
        await act.connection.execute(
            select(table.c[column.sealed]).where(table.c.tenant_id == literal(act.tenant_id), table.c.id == row_id)
        )
    ).one_or_none()
    if found is None:
        raise NotFound()
    await act.note("unmasked", table.name, row_id, after={"field": name, "purpose": purpose})
    if found[0] is None:
        return None
    return act.custody.sealer.open(Place(act.tenant_id, table.name, name, row_id), found[0])


def declared(table: Table, name: str) -> SealedColumn:
    """The sealed column of this name. Raises: LookupError."""
    columns = sealed_columns(table)
    if name not in columns:
        raise LookupError(f"{table.name}.{name} is not sealed: declare it with sealed()")
    return columns[name]


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(one.capitalize() for one in rest)
