"""How errors reach the caller: a code for programs, a sentence for people, nothing of our insides."""

from collections.abc import Sequence
from typing import Any

import structlog
from graphql import FieldNode, GraphQLError

from server.kit.errors import Refusal, RequestFailed
from server.kit.ids import new_id
from server.record.acts import plain

log = structlog.get_logger("shequ.graphql")

_MASKED = "系统内部错误，请将事件编号告知管理员"
#: A message may quote what the caller sent; it never quotes a megabyte of it.
_MESSAGE_LONGEST = 500


def told(error: GraphQLError) -> dict[str, Any]:
    """One error met while executing. An unexpected one is masked, and logged under an incident id that the caller gets."""
    shown = _placed(error)
    cause = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    match cause:
        case RequestFailed() | Refusal():
            shown["message"] = cause.message
            shown["extensions"] = {"code": cause.code, **plain(cause.facts)}
            if cause.path:
                shown["extensions"]["argument"] = [str(one) for one in cause.path]
        case None | GraphQLError() if _about_input(error):
            shown["extensions"] = {"code": "BAD_USER_INPUT"}
        case _:
            incident = str(new_id())
            log.error("unexpected", incident=incident, exc_info=cause or error)
            shown["message"] = _MASKED
            shown["extensions"] = {"code": "INTERNAL_SERVER_ERROR", "incident": incident}
    return shown


def refused(errors: Sequence[GraphQLError], code: str) -> dict[str, Any]:
    """A response to a request that does not parse, is not valid, or whose variables do not fit: the caller's doing."""
    return {"errors": [{**_placed(error), "extensions": {"code": code}} for error in errors]}


def failed(code: str, message: str, **extensions: Any) -> dict[str, Any]:
    """A response to a request that never got as far as being executed."""
    return {"errors": [{"message": message, "extensions": {"code": code, **extensions}}]}


def _placed(error: GraphQLError) -> dict[str, Any]:
    message = error.message
    shown: dict[str, Any] = {
        "message": message if len(message) <= _MESSAGE_LONGEST else f"{message[:_MESSAGE_LONGEST]}…"
    }
    if error.locations:
        shown["locations"] = [{"line": one.line, "column": one.column} for one in error.locations]
    if error.path:
        shown["path"] = error.path
    return shown


def _about_input(error: GraphQLError) -> bool:
    # graphql-core blames a value node where an argument does not fit, and the field where a result does not: our mistake.
    return error.nodes is not None and not any(isinstance(node, FieldNode) for node in error.nodes)
