"""What a caller asks: a GraphQL request as POST and GET carry it."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import orjson

from server.clients.model import digest_named
from server.http.messages import BODY_MOST, HttpProblem, Receive, Scope, body_of, headers_of

JSON = "application/json"
_PARAMETERS = 20
#: Lengths with fewer digits are within what a body may have.
_DIGITS = len(str(BODY_MOST))

#: Where clients put the id of a trusted document: the GraphQL over HTTP draft's name, and Relay's two.
_IDS = ("documentId", "id", "doc_id")


#: What a request holds that names no trusted document.
_PLAIN = frozenset({"query", "variables", "operationName"})


class Asked(NamedTuple):
    """A well-formed request: the document as text, by digest, or both; ``automatic``: in the form of Apollo's APQ."""

    text: str | None
    digest: str | None
    variables: Mapping[str, Any] | None
    operation_name: str | None
    automatic: bool = False


async def asked_by_post(scope: Scope, receive: Receive) -> Asked:
    """The request of a POST's JSON body.

    Raises: HttpProblem for another media type, too large a body, anything that is not a well-formed request.
    """
    given = headers_of(scope)
    content = given.get(b"content-type", b"")
    if content != b"application/json" and not _is_json(content.decode("latin-1")):
        raise HttpProblem(415, "UNSUPPORTED_MEDIA_TYPE", "请求正文应为 application/json（UTF-8）")
    try:
        # As nearly always: a short body that came in one piece.
        message = await receive() if len(given.get(b"content-length", b"")) < _DIGITS else None
        whole = None if message is None or message.get("more_body") else message.get("body")
        if whole is None or len(whole) > BODY_MOST:
            whole = await body_of(scope, receive, message)
        data = orjson.loads(whole)
    except orjson.JSONDecodeError:
        raise _malformed("请求正文不是有效的 JSON") from None
    if not isinstance(data, dict):
        raise _malformed("请求正文应为 JSON 对象；一次请求只能含一个操作")
    return asked_of(data)


def _is_json(content_type: str) -> bool:
    kind, *parameters = (one.strip().lower() for one in content_type.split(";"))
    charset_ok = all(one.replace('"', "") == "charset=utf-8" for one in parameters if one.startswith("charset="))
    return kind == JSON and charset_ok


def asked_by_get(scope: Scope) -> Asked:
    """The request of a GET's query string: a trusted document's id, never free text.

    Raises: HttpProblem for a free query, or anything that is not a well-formed request.
    """
    data: dict[str, Any] = query_of(scope)
    for name in ("variables", "extensions"):
        if name in data:
            try:
                data[name] = orjson.loads(data[name]) if data[name] else None
            except orjson.JSONDecodeError:
                raise _malformed(f"{name} 不是有效的 JSON") from None
    asked = asked_of(data)
    if asked.digest is None:
        raise HttpProblem(
            405, "METHOD_NOT_ALLOWED", "GET 请求只能使用受信文档的 documentId；其他请使用 POST", allow="POST"
        )
    return asked


def query_of(scope: Scope) -> dict[str, str]:
    """The parameters of the query string. Raises: HttpProblem where it is not percent-encoded UTF-8 or names one twice."""
    try:
        pairs = parse_qsl(
            scope["query_string"].decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_PARAMETERS,
        )
    except ValueError:
        raise _malformed(f"查询字符串应为 UTF-8 编码，最多 {_PARAMETERS} 个参数") from None
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _malformed("查询字符串中有重复的参数")
    return found


def asked_of(data: Mapping[str, Any]) -> Asked:
    """The request that these members make. Raises: HttpProblem for anything that is not a well-formed one."""
    if data.keys() <= _PLAIN:
        text, variables, name = data.get("query"), data.get("variables"), data.get("operationName")
        if (
            isinstance(text, str)
            and (variables is None or isinstance(variables, dict))
            and (name is None or isinstance(name, str))
            and text
            and not text.isspace()
        ):
            return Asked(text, None, variables, name or None)  # the usual request: there is nothing else to look for
    variables = _typed(data, "variables", dict, "JSON 对象")
    extensions = _typed(data, "extensions", dict, "JSON 对象")
    text = _typed(data, "query", str, "字符串")
    name = _typed(data, "operationName", str, "字符串") or None
    digest, automatic = _digest(data), False
    if digest is None and extensions and extensions.get("persistedQuery") is not None:
        digest, automatic = _automatic(extensions["persistedQuery"]), True
    if digest is None and (text is None or not text.strip()):
        raise _malformed("缺少字段 query（GraphQL 文档文本）或 documentId（受信文档）")
    return Asked(text or None, digest, variables, name, automatic)


def _digest(data: Mapping[str, Any]) -> str | None:
    for name in _IDS:
        wanted = _typed(data, name, str, "字符串")
        if wanted is not None:
            digest = digest_named(wanted)
            if digest is None:
                raise _malformed(f"{name} 应为 sha256: 加 64 位十六进制数，或只有这 64 位")
            return digest
    return None


def _automatic(value: Any) -> str:
    digest = value.get("sha256Hash") if isinstance(value, dict) and value.get("version") == 1 else None
    found = digest_named(digest) if isinstance(digest, str) else None
    if found is None:
        raise _malformed("extensions.persistedQuery 应为 {version: 1, sha256Hash: 64 位十六进制数}")
    return found


def _typed(data: Mapping[str, Any], name: str, type_: type, words: str) -> Any:
    value = data.get(name)
    if value is not None and not isinstance(value, type_):
        raise _malformed(f"{name} 应为{words}")
    return value


def _malformed(message: str) -> HttpProblem:
    return HttpProblem(400, "BAD_REQUEST", message)
