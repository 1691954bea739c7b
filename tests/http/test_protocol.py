"""GraphQL over HTTP: every rule that the audits of ``graphql-http`` check, and what they leave out."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from tests.driving import Server

JSON = "application/json"
RESPONSE = "application/graphql-response+json"
TYPENAME = "{ __typename }"
TYPE_NAMED = "query Type($name: String!) { __type(name: $name) { name } }"


@dataclass(frozen=True)
class Rule:
    """One audit: a POST and what must come back. ``clean``: without errors."""

    id: str
    body: Any
    status: int = 200
    accept: str | None = None
    media: str = JSON
    content_type: str | None = JSON
    clean: bool = False

    def __str__(self) -> str:
        return self.id


WRONG_TEXT: list[Any] = [{"obj": "ect"}, 0, False, ["array"]]
WRONG_MAP: list[Any] = ["string", 0, False, ["array"]]
VALID = {"query": TYPENAME}
INVALID = {"query": "{ f31403dfe404bccbb0e835f2629c6a7 }"}
UNCOERCED = {"query": "query CoerceFailure($id: ID!){ __typename }", "variables": {"id": None}}
NAMED = {"query": "query Query { __typename }", "operationName": "Query"}
VARIABLES = {"query": TYPE_NAMED, "variables": {"name": "sometype"}}
EXTENSIONS = {"query": TYPENAME, "extensions": {"some": "value"}}

RULES = [
    Rule("22EB", VALID, accept=RESPONSE, media=RESPONSE),
    Rule("4655", VALID, accept=JSON),
    Rule("47DE", VALID, accept="*/*"),
    Rule("80D8", VALID),
    Rule("82A3", VALID),
    Rule("BF61", {"query": '{ __type(name: "Run🏃Swim🏊") { name } }'}, content_type=f"{JSON}; charset=utf-8"),
    Rule("78D5", VALID),
    Rule("2C94", VALID),
    Rule("9ABE", VALID, status=415, content_type=None),
    Rule("03D4", VALID),
    Rule("A5BF", b"", status=400),
    Rule("423L", {"notquery": TYPENAME}, status=400, accept=RESPONSE, media=RESPONSE),
    *(Rule(f"LKJ{n}", {"query": one}, status=400) for n, one in enumerate(WRONG_TEXT)),
    Rule("34A2", VALID, accept=RESPONSE, media=RESPONSE),
    Rule("13EE", VALID, accept=JSON, clean=True),
    *(Rule(f"6C0{n}", {"operationName": one, **VALID}, status=400) for n, one in enumerate(WRONG_TEXT)),
    Rule("8161", NAMED, accept=RESPONSE, media=RESPONSE),
    Rule("B8B3", NAMED, accept=JSON, clean=True),
    *(
        Rule(f"{id_}{n}", {name: None, **VALID}, accept=media, media=media, clean=True)
        for n, name in enumerate(("variables", "operationName", "extensions"))
        for id_, media in (("94B", RESPONSE), ("022", JSON))
    ),
    *(Rule(f"476{n}", {"variables": one, **VALID}, status=400) for n, one in enumerate(WRONG_MAP)),
    Rule("2EA1", VARIABLES, accept=RESPONSE, media=RESPONSE),
    Rule("28B9", VARIABLES, accept=JSON, clean=True),
    *(Rule(f"58B{n}", {"extensions": one, **VALID}, status=400) for n, one in enumerate(WRONG_MAP)),
    Rule("428F", EXTENSIONS, accept=RESPONSE, media=RESPONSE),
    Rule("1B7A", EXTENSIONS, accept=JSON, clean=True),
    Rule("B6DC", b'{ "not a JSON', status=400, accept=JSON),
    Rule("BCF8", b'{ "not a JSON', status=400, accept=JSON),
    Rule("B7N8", b'{ "not a JSON', status=400, accept=RESPONSE, media=RESPONSE),
    Rule("8764", {"qeury": TYPENAME}, status=400),
    Rule("3E3A", {"qeury": TYPENAME}, status=400),
    Rule("572B", {"query": "{"}, accept=JSON),
    Rule("FDE2", INVALID, accept=JSON),
    Rule("7B9B", UNCOERCED, accept=JSON),
    Rule("865D", {"query": "{"}, status=400, accept=RESPONSE, media=RESPONSE),
    Rule("556A", {"query": "{"}, status=400, accept=RESPONSE, media=RESPONSE),
    Rule("D586", {"query": "{"}, status=400, accept=RESPONSE, media=RESPONSE),
    Rule("51FE", INVALID, status=400, accept=RESPONSE, media=RESPONSE),
    Rule("74FF", INVALID, status=400, accept=RESPONSE, media=RESPONSE),
    Rule("5E5B", INVALID, status=400, accept=RESPONSE, media=RESPONSE),
    Rule("86EE", UNCOERCED, status=400, accept=RESPONSE, media=RESPONSE),
]

#: Free queries over GET, which the audits allow a server to decline: GET is for trusted documents.
DECLINED = {"5A70", "D6D5", "6A70"}


@pytest.mark.parametrize("rule", RULES, ids=str)
async def test_audit(developing: Server, rule: Rule) -> None:
    content = rule.body if isinstance(rule.body, bytes) else json.dumps(rule.body, ensure_ascii=False).encode()
    headers = {"content-type": rule.content_type, "accept": rule.accept}
    request = developing.http.build_request(
        "POST", "/graphql", content=content, headers={name: value for name, value in headers.items() if value}
    )
    if rule.accept is None:
        del request.headers["accept"]
    response = await developing.http.send(request)
    assert response.status_code == rule.status
    assert response.headers["content-type"] == f"{rule.media}; charset=utf-8"
    body = json.loads(response.content.decode("utf-8"))
    if rule.clean:
        assert "errors" not in body
    if rule.status != 200:
        assert "data" not in body
        assert body["errors"][0]["extensions"]["code"]


@pytest.mark.parametrize("query", [TYPENAME, "mutation { __typename }"])
async def test_free_documents_are_declined_over_get(developing: Server, query: str) -> None:
    response = await developing.http.get("/graphql", params={"query": query}, headers={"accept": RESPONSE})
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"])
async def test_other_methods(server: Server, method: str) -> None:
    response = await server.http.request(method, "/graphql")
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, POST"


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (f"{RESPONSE}, {JSON};q=0.9", RESPONSE),
        (f"{JSON};q=0.9, {RESPONSE}", RESPONSE),
        (f"{RESPONSE};q=0.1, {JSON};q=0.2", JSON),
        (f"{RESPONSE};charset=utf-8, {JSON};charset=utf-8", RESPONSE),
        (f"{RESPONSE};charset=iso-8859-1, {JSON}", JSON),
        (f"text/html, {RESPONSE}", RESPONSE),
        (f"{RESPONSE};q=0, */*;q=0.1", JSON),
        ("application/*", JSON),
        (f"  {RESPONSE.upper()}  ", RESPONSE),
    ],
)
async def test_the_media_type_that_the_caller_prefers(server: Server, accept: str, media: str) -> None:
    response = await server.http.post("/graphql", json=VALID, headers={"accept": accept})
    assert response.status_code == 200
    assert response.headers["content-type"] == f"{media}; charset=utf-8"


@pytest.mark.parametrize("accept", ["text/html", "image/*", f"{JSON};q=0", f"{JSON};q=much"])
async def test_media_types_that_are_not_ours(server: Server, accept: str) -> None:
    response = await server.http.post("/graphql", json=VALID, headers={"accept": accept})
    assert response.status_code == 406


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        f"{JSON}; charset=gbk",
    ],
)
async def test_bodies_of_another_kind(server: Server, content_type: str) -> None:
    response = await server.http.post("/graphql", content=json.dumps(VALID), headers={"content-type": content_type})
    assert response.status_code == 415
    assert response.json()["errors"][0]["extensions"]["code"] == "UNSUPPORTED_MEDIA_TYPE"


async def test_errors_while_executing_leave_the_status_alone(server: Server) -> None:
    body = {"query": '{ district(code: "atlantis") { name } districts { code } }'}
    response = await server.http.post("/graphql", json=body, headers={"accept": RESPONSE})
    assert response.status_code == 200
    answer = response.json()
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["NOT_FOUND"]
    assert answer["data"]["district"] is None
    assert len(answer["data"]["districts"]) == 17


async def test_answers_are_not_kept_and_have_a_request_id(server: Server) -> None:
    response = await server.http.post("/graphql", json=VALID)
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert len(response.headers["x-request-id"]) == 36


async def test_the_query_page_is_shown_in_development_alone(server: Server, developing: Server) -> None:
    browser = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    page = await developing.http.get("/graphql", headers=browser)
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    # Nothing of the page comes from elsewhere: offices have no internet.
    assert "http://" not in page.text
    assert "https://" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert (await server.http.get("/graphql", headers=browser)).status_code == 400


async def test_introspection_is_closed_outside_development(server: Server, developing: Server) -> None:
    for query in ("{ __schema { types { name } } }", '{ __type(name: "District") { name } }'):
        reply = await server.client(None)(query)
        assert set(reply.codes) == {"GRAPHQL_VALIDATION_FAILED"}
        assert "data" in (await developing.client(None)(query)).body
    assert (await server.client(None)(TYPENAME)).data == {"__typename": "Query"}
