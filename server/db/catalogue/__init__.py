"""Examines a live database against the schema rules and the declarations, and teaches where it differs.

Any login may examine: everything is read from PostgreSQL's own catalogues.  Nothing is changed; ``provisioning`` mends
what it answers for (``PROVISIONED``), a migration the rest.
"""

from collections.abc import Collection, Sequence

import psycopg
from sqlalchemy import Table

from server.db.catalogue import logins, objects, tables, walls
from server.db.catalogue.inspection import Finding, Inspection, Rule
from server.db.policies import Tenant

__all__ = ["PROVISIONED", "RULES", "Finding", "Rule", "examine"]

_ALL = [one for room in (tables, walls, logins, objects) for one in room.RULES.rules]

#: Every rule, by its code.
RULES: dict[str, Rule] = {one.code: one for one in _ALL}

#: The rules that provisioning answers for.
PROVISIONED = frozenset(one.code for one in _ALL if one.provisioned)


def examine(
    connection: psycopg.Connection,
    declared: Sequence[Table],
    tenants: Sequence[Tenant],
    *,
    only: Collection[str] | None = None,
) -> list[Finding]:
    """What is not as the rules want it, in the rules' order; ``only`` names the rules to examine.

    ``tenants`` are the districts, without the municipality, which has no login role of its own.
    """
    inspection = Inspection(connection, declared, tenants)
    return [
        Finding(one.code, name, sentence)
        for one in RULES.values()
        if only is None or one.code in only
        for name, sentence in sorted(set(one.find(inspection)))
    ]
