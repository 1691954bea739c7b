"""The clause that a row of licensing rests on, told as the API cites it."""

from collections.abc import Sequence

from schema.access import Request
from schema.fetching import fetched
from schema.problems import Clause, cited
from server.kit.clause import Clause as Citation
from server.kit.ids import NodeId


def clauses_of(table: str) -> str:
    """The statement that gives the clause of each row of the table."""
    return (
        f"SELECT tenant_id, id, clause_document, clause_anchor FROM {table}"  # noqa: S608 - a table's own name
        " JOIN unnest($1::int4[], $2::uuid[]) AS wanted(tenant_id, id) USING (tenant_id, id)"
    )


async def told_clauses(request: Request, ids: Sequence[NodeId], table: str) -> list[Clause | None]:
    """The clause of each row, in order; null where it names none."""
    library = request.engine.policies.library.register
    found = await fetched(request, ids, clauses_of(table))
    told = (found[one.tenant_id, one.id][0] for one in ids)
    return [cited(Citation(document, anchor), library) if document else None for document, anchor in told]
