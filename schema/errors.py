"""How errors reach the caller: a code for programs, a sentence for people, nothing of our insides."""

from typing import Any

import structlog
from graphql import GraphQLError

from server.kit.errors import Refusal, RequestFailed
from server.kit.ids import new_id
from server.record.acts import plain

log = structlog.get_logger("shequ.graphql")

_MASKED = "系统内部错误，请将事件编号告知管理员"


def told(error: GraphQLError) -> dict[str, Any]:
    """One error of a response. An unexpected one is masked and logged under an incident id that the caller is given."""
    shown: dict[str, Any] = {"message": error.message}
    if error.locations:
        shown["locations"] = [{"line": one.line, "column": one.column} for one in error.locations]
    if error.path:
        shown["path"] = error.path
    cause = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    match cause:
        case RequestFailed() | Refusal():
            shown["message"] = cause.message
            shown["extensions"] = {"code": cause.code, **plain(cause.facts)}
            if cause.path:
                shown["extensions"]["argument"] = [str(one) for one in cause.path]
        case None | GraphQLError():
            shown["extensions"] = {"code": (error.extensions or {}).get("code", "BAD_USER_INPUT")}
        case _:
            incident = str(new_id())
            log.error("unexpected", incident=incident, exc_info=cause)
            shown["message"] = _MASKED
            shown["extensions"] = {"code": "INTERNAL_SERVER_ERROR", "incident": incident}
    return shown


def failed(code: str, message: str, **extensions: Any) -> dict[str, Any]:
    """A response to a request that never got as far as being executed."""
    return {"errors": [{"message": message, "extensions": {"code": code, **extensions}}]}
