"""``/graphql``: GraphQL over HTTP as a raw ASGI handler.

POST takes ``application/json``.  The answer is ``application/graphql-response+json`` with proper status codes where the
caller accepts it, else ``application/json``, where a well-formed request is always answered with 200.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
import structlog

from server.http.auth import Callers
from server.http.messages import HttpProblem, Receive, Scope, Send, body_of, error_body, header, respond
from server.kit.actor import Actor
from server.kit.errors import RequestFailed, Unauthenticated
from server.kit.ids import new_id

log = structlog.get_logger("shequ.http")

_JSON = "application/json"
_RESPONSE = "application/graphql-response+json"
_TYPES = {one: f"{one}; charset=utf-8".encode() for one in (_JSON, _RESPONSE)}


class Answer(Protocol):
    """What executing a request gives: a body, and whether it got as far as being executed."""

    @property
    def body(self) -> Mapping[str, Any]: ...

    @property
    def executed(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """A well-formed GraphQL request."""

    text: str
    variables: Mapping[str, Any] | None
    operation_name: str | None


#: Executes a request on behalf of a caller, under a request id.
Execute = Callable[[Actor | None, str, Asked], Awaitable[Answer]]


class GraphQLEndpoint:
    """The ASGI handler; ``execute`` is the schema's side, given by the composition root."""

    def __init__(self, execute: Execute, callers: Callers) -> None:
        self._execute = execute
        self._callers = callers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = str(new_id())
        structlog.contextvars.bind_contextvars(request_id=request_id)
        headers = {"x-request-id": request_id}
        media = _JSON
        try:
            media = _wanted(scope)
            asked = await _asked(scope, receive)
            actor = await self._callers.identify(header(scope, b"authorization"), fresh="mutation" in asked.text)
            answer = await self._execute(actor, request_id, asked)
            status = 200 if answer.executed or media == _JSON else 400
            body = orjson.dumps(answer.body)
        except HttpProblem as problem:
            status, body = problem.status, error_body(problem.code, problem.message)
            headers |= problem.headers
        except Unauthenticated as error:
            status, body = 401, error_body(error.code, error.message)
            headers["www-authenticate"] = 'Bearer realm="shequ", error="invalid_token"'
        except RequestFailed as error:
            status, body = 503, error_body(error.code, error.message)
            headers["retry-after"] = "1"
        except Exception:
            incident = str(new_id())
            log.exception("unexpected", incident=incident)
            status = 500
            body = error_body("INTERNAL_SERVER_ERROR", f"系统内部错误，请将事件编号 {incident} 告知管理员")
        finally:
            structlog.contextvars.clear_contextvars()
        await respond(send, status, body, _TYPES[media], headers)


def _wanted(scope: Scope) -> str:
    """The media type of the answer. Raises: HttpProblem when the caller accepts none of ours."""
    accept = header(scope, b"accept")
    if accept is None or not accept.strip():
        return _JSON
    for part in accept.lower().split(","):
        kind, *parameters = (one.strip() for one in part.split(";"))
        if any(one.startswith("charset=") and one != "charset=utf-8" for one in parameters):
            continue
        if kind in (_RESPONSE, _JSON):
            return kind
        if kind in ("*/*", "application/*"):
            return _JSON
    raise HttpProblem(406, "NOT_ACCEPTABLE", f"可接受的响应类型为 {_RESPONSE} 或 {_JSON}")


async def _asked(scope: Scope, receive: Receive) -> Asked:
    if scope["method"] != "POST":
        raise HttpProblem(405, "METHOD_NOT_ALLOWED", "请使用 POST 方法", allow="POST")
    content = header(scope, b"content-type") or ""
    kind, *parameters = (one.strip().lower() for one in content.split(";"))
    charset_ok = all(not one.startswith("charset=") or one.strip('"') in ("charset=utf-8",) for one in parameters)
    if kind != _JSON or not charset_ok:
        raise HttpProblem(415, "UNSUPPORTED_MEDIA_TYPE", "请求正文应为 application/json（UTF-8）")
    try:
        data = orjson.loads(await body_of(scope, receive))
    except orjson.JSONDecodeError:
        raise HttpProblem(400, "BAD_REQUEST", "请求正文不是有效的 JSON") from None
    return _checked(data)


def _checked(data: Any) -> Asked:
    if not isinstance(data, dict):
        raise HttpProblem(400, "BAD_REQUEST", "请求正文应为 JSON 对象")
    text, variables, name = data.get("query"), data.get("variables"), data.get("operationName")
    if not isinstance(text, str) or not text.strip():
        raise HttpProblem(400, "BAD_REQUEST", "缺少字段 query（GraphQL 文档文本）")
    if variables is not None and not isinstance(variables, dict):
        raise HttpProblem(400, "BAD_REQUEST", "variables 应为 JSON 对象")
    if name is not None and not isinstance(name, str):
        raise HttpProblem(400, "BAD_REQUEST", "operationName 应为字符串")
    if data.get("extensions") is not None and not isinstance(data["extensions"], dict):
        raise HttpProblem(400, "BAD_REQUEST", "extensions 应为 JSON 对象")
    return Asked(text, variables, name)
