"""Whole operations: all root fields of a query answered by one statement, whose bytes are the response."""

from collections.abc import Hashable, Mapping
from typing import Any

import orjson
from graphql import ExecutionResult, GraphQLError

from schema.access import Request
from schema.lookahead import Operation, Outline
from schema.reading import at_hand, statement_of, unanswered
from server.kit.errors import RequestFailed, TimedOut
from server.planner.plan import MARK, missing


async def answer_whole(
    request: Request, operation: Operation, variables: Mapping[str, Any], shape: Hashable, timeout_s: float
) -> bytes | ExecutionResult | None:
    """The result of a query with these coerced variables, of this shape; where there are no errors its data as JSON text.

    None where one statement cannot give it: a root field is not planned, a field is computed, the root fields are read on
    different database roles, or arguments are refused.  Then each root field is executed on its own, errors included.

    Raises: TimedOut.
    """
    try:
        outline = request.engine.plans.outline(operation, variables, shape)
        if not outline.whole:
            return None
        selections = outline.roots
        if outline.computes:
            return None
        if outline.names_alone:
            return ExecutionResult(dict.fromkeys(outline.keys, outline.root_name))
        statement = at_hand(request, outline, variables)
        if statement is None:
            statement = await statement_of(request, outline, selections, variables)
    except (RequestFailed, GraphQLError):
        return None
    if statement is None:
        return None
    try:
        db_role, plan, parameters = statement
        answer = plan.answer(await request.engine.lanes.ask(db_role, plan.sql, parameters, timeout_s))
    except TimedOut:
        raise
    except Exception as error:
        return _failed(outline, error)
    if MARK not in answer:
        return answer
    answer, lacking = missing(answer)
    errors = []
    for selection in (selections[n] for n in lacking):
        key = selection.key
        errors.append(outline.located(unanswered(request, selection), key))
        if not outline.nullable(key):
            return ExecutionResult(None, errors[-1:])
    return ExecutionResult(orjson.Fragment(answer), errors or None)  # type: ignore[arg-type]


def _failed(outline: Outline, error: Exception) -> ExecutionResult:
    """No root field has a value: null for all of the data if one of them may not be null, else for each."""
    keys = [one.key for one in outline.roots]
    for key in keys:
        if not outline.nullable(key):
            return ExecutionResult(None, [outline.located(error, key)])
    return ExecutionResult(dict.fromkeys(keys), [outline.located(error, key) for key in keys])
