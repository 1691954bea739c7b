"""${message}

A revision imports nothing of ours.  A new table is created with row-level security enabled and forced and without a policy,
so closed to all; ``shequ provision``, which runs after every upgrade, applies roles, grants and policies.
Expand first, contract in a later release; ADD COLUMN and ADD CONSTRAINT in separate statements.  Rows are hidden from the
owner: around a change of data, or a foreign key between tables that have rows, ALTER TABLE … NO FORCE ROW LEVEL SECURITY on
each of them, and FORCE again.
Generated from the declarations in server/<area>/tables.py, then read: it is as long as the tables it makes, one file a release.
"""

from alembic import op
import sqlalchemy as sa
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
