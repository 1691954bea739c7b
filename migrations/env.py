"""Runs migrations on the migrator's login, as the owner, one run at a time, never waiting long for a lock."""

from alembic import context
from alembic.operations.ops import CreateTableOp, ExecuteSQLOp, MigrationScript
from sqlalchemy import create_engine, pool, text

from server.db.migrating import PRELUDE, sqlalchemy_url
from server.settings import Settings
from server.tables import metadata


def close_new_tables(_context: object, _revision: object, directives: list[MigrationScript]) -> None:
    """After each table a new revision creates, enable and force row-level security, so that it is closed to all."""
    for script in directives:
        operations = script.upgrade_ops.ops if script.upgrade_ops else []
        for at, operation in reversed(list(enumerate(operations))):
            if isinstance(operation, CreateTableOp):
                for words in ("FORCE", "ENABLE"):
                    statement = f"ALTER TABLE {operation.table_name} {words} ROW LEVEL SECURITY"
                    operations.insert(at + 1, ExecuteSQLOp(statement))


def offline() -> None:
    """Print the SQL instead of running it (``shequ migrate --sql``)."""
    context.configure(url="postgresql://", target_metadata=metadata, literal_binds=True)
    with context.begin_transaction():
        for statement in PRELUDE:
            context.execute(statement)
        context.run_migrations()


def online() -> None:
    """Run against the database of ``SHEQU_MIGRATOR_URL``, or the URL the caller passed in."""
    url = context.config.attributes.get("url") or Settings().require_migrator_url()
    engine = create_engine(sqlalchemy_url(url), poolclass=pool.NullPool)
    with engine.begin() as connection:
        for statement in PRELUDE:
            connection.execute(text(statement))
        context.configure(connection=connection, target_metadata=metadata, process_revision_directives=close_new_tables)
        context.run_migrations()
    engine.dispose()


if context.is_offline_mode():
    offline()
else:
    online()
