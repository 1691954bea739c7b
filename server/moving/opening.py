"""The owner's hand on one tenant's rows, for as long as a tenant is moved in or out.

No login role may delete a record or add rows of any kind, and none should: a server that is broken into must not be able
to.  So a move is made by the migrator, whose secret no server process holds.  The owner is bound by row-level security
like everybody; for the time of the move each table gets one policy more, which opens this tenant's rows and no others to
the owner.  What is left behind by a move that was killed is reported by the catalogue check and taken away by
``shequ provision``, or by the next move.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.sql import SQL, Identifier

from server.db import roles
from server.db.revisions import newest_revision
from server.moving.rows import SETTINGS, ArchiveError
from server.tables import metadata

POLICY = "moving"
#: One move of a tenant at a time.
_LOCK = 4


@contextmanager
def opened(migrator_dsn: str, tenant_id: int) -> Iterator[psycopg.Connection]:
    """A transaction as the owner, who sees and changes this tenant's rows alone; committed when the block ends.

    Raises: ArchiveError when the tenant is being moved already or the schema is another.
    """
    with psycopg.connect(migrator_dsn, autocommit=True) as connection:
        for setting in SETTINGS:
            connection.execute(setting)
        rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        if [row[0] for row in rows] != [newest_revision()]:
            raise ArchiveError("数据库结构不是最新版本：请先运行 shequ migrate 和 shequ provision")
        taken = connection.execute("SELECT pg_try_advisory_lock(%s, %s)", (_LOCK, tenant_id)).fetchone()
        if taken != (True,):
            raise ArchiveError("该辖区正在导入或清除，请等待其结束")
        _set_policies(connection, tenant_id)
        try:
            with connection.transaction():
                connection.execute(SQL("SET LOCAL ROLE {}").format(Identifier(roles.OWNER)))
                yield connection
        finally:
            _set_policies(connection, None)


def _set_policies(connection: psycopg.Connection, tenant_id: int | None) -> None:
    """One policy a table that opens this tenant's rows to the owner, or none."""
    with connection.transaction():
        # Making a policy waits for whoever reads the table, and makes everybody after it wait.
        connection.execute("SET LOCAL lock_timeout = '10s'")
        connection.execute(SQL("SET LOCAL ROLE {}").format(Identifier(roles.OWNER)))
        for table in metadata.sorted_tables:
            name = Identifier(table.name)
            connection.execute(SQL("DROP POLICY IF EXISTS {} ON {}").format(Identifier(POLICY), name))
            if tenant_id is not None:
                condition = SQL("tenant_id = {}").format(tenant_id)
                connection.execute(
                    SQL("CREATE POLICY {} ON {} TO {} USING ({}) WITH CHECK ({})").format(
                        Identifier(POLICY), name, Identifier(roles.OWNER), condition, condition
                    )
                )
