"""What becomes of an operation: its selections, the statements they are compiled to, and how PostgreSQL would run them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from schema.access import Request
from schema.lookahead import TYPENAME, Outline
from schema.operations import Operations
from schema.reading import Statement, statement_of
from server.kit.errors import BadInput
from server.planner.printing import outlined, readable
from server.planner.selection import Selection


@dataclass(frozen=True, slots=True)
class Part:
    """Root fields that are answered together: by one statement, or, without one, by Python or by several statements."""

    fields: Sequence[str]
    selection: Sequence[str]
    statement: Statement | None

    @property
    def sql(self) -> str:
        """The statement, one clause or member a line; empty where there is none."""
        return "" if self.statement is None else readable(self.statement.plan.sql)


async def parts_of(
    operations: Operations,
    request: Request,
    text: str,
    variables: Mapping[str, Any],
    operation_name: str | None = None,
) -> list[Part]:
    """The parts of a query for this caller.

    Raises: BadInput for a document or variables that would be refused, and what reading would raise.
    """
    if problems := operations.problems(text):
        raise BadInput("；".join(problems))
    operation = operations.operation(text, operation_name)
    if operation is None or not operation.is_query:
        raise BadInput("文档中没有这个查询 query")
    read = operation.read(variables)
    if read is None:
        raise BadInput("变量与操作的声明不符")
    values, shape = read
    outline = request.engine.plans.outline(operation, values, shape)
    if outline.whole:
        statement = await statement_of(request, outline, outline.roots, values)
        if statement is not None:
            return [_part(outline.roots, statement)]
    return [await _alone(request, outline, key, values) for key in outline.keys]


async def _alone(request: Request, outline: Outline, key: str, values: Mapping[str, Any]) -> Part:
    if not outline.is_planned(key):
        return Part([key], [], None)
    selection = outline.root(key)
    if selection.name == TYPENAME:
        return _part([selection], None)
    return _part([selection], await statement_of(request, outline, [selection], values))


def _part(selections: Sequence[Selection], statement: Statement | None) -> Part:
    return Part([one.key for one in selections], list(outlined(selections)), statement)


async def plan_of(request: Request, statement: Statement, *, analyze: bool) -> list[str]:
    """PostgreSQL's plan for the statement with its parameters; with ``analyze``, as it was run."""
    options = "ANALYZE, BUFFERS" if analyze else "COSTS"
    rows = await request.engine.pools.fetch(
        statement.db_role,
        f"EXPLAIN ({options}) {statement.plan.sql}",
        [one if one is None else one.decode() for one in statement.parameters],
    )
    return [line for (line,) in rows]
