"""${message}

A revision imports nothing of ours.  A new table is created with row-level security enabled and forced and without a policy,
so closed to all; ``shequ provision``, which runs after every upgrade, applies roles, grants and policies.
Expand first, contract in a later release; ADD COLUMN and ADD CONSTRAINT in separate statements.
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
