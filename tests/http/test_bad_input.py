"""Whatever is sent, the answer is a typed error in bounded time: no trace, no suggestion, no hint about other districts."""

import base64
import json
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest

from server.districts.files import load_districts
from server.kit.ids import NodeId
from tests.driving import Client, Reply, Server

TENANTS = {one.code: one.tenant_id for one in load_districts()}

#: What an answer never holds: our language, our database, our files, guesses at what was meant.
FORBIDDEN = ("Traceback", 'File "', "psycopg", "SELECT", "sqlalchemy", "Did you mean", "site-packages", "<class", "0x")

PAGE = "query($filter: InstitutionFilter, $first: Int, $last: Int, $after: String, $before: String) { institutions(\n"
PAGE += "filter: $filter, first: $first, last: $last, after: $after, before: $before) { nodes { id } } }"


def assert_typed(reply: Reply, *codes: str) -> None:
    """The reply is refused with one of these codes, in words that tell nothing of our insides."""
    text = json.dumps(reply.body, ensure_ascii=False)
    assert not [one for one in FORBIDDEN if one in text], text
    assert len(text) < 20_000
    assert reply.codes
    assert set(reply.codes) <= set(codes), reply.body
    assert all(error["message"].strip() for error in reply.body["errors"])


@dataclass(frozen=True)
class Bad:
    """One bad request by a district's officer, and the code that answers it."""

    name: str
    query: str
    code: str = "GRAPHQL_VALIDATION_FAILED"
    variables: dict[str, Any] | None = None
    says: str = ""

    def __str__(self) -> str:
        return self.name


def nested(times: int, start: str, end: str = "}", middle: str = "id") -> str:
    return start * times + middle + end * times


def page(**variables: Any) -> dict[str, Any]:
    return variables


PARSE, INPUT = "GRAPHQL_PARSE_FAILED", "BAD_USER_INPUT"

DOCUMENTS = [
    Bad("unfinished", "{ districts {", PARSE),
    Bad("empty selection", "{ districts { } }", PARSE),
    Bad("not a document", "DROP TABLE institution; --", PARSE),
    Bad("schema language", "type Query { a: Int }"),
    Bad("only a fragment", "fragment A on District { code }"),
    Bad("unknown field", "{ distritcs { code } }"),
    Bad("unknown subfield", "{ districts { cod } }"),
    Bad("unknown type", "fragment F on Distric { code } { districts { ...F } }"),
    Bad("unknown argument", '{ district(cod: "fengtai") { name } }'),
    Bad("missing argument", "{ district { name } }"),
    Bad("unknown enum value", "{ institutions(orderBy: [{ field: NAMES }]) { nodes { id } } }"),
    Bad("enum as text", '{ institutions(orderBy: [{ field: "NAME" }]) { nodes { id } } }'),
    Bad("unknown input field", '{ institutions(filter: { nam: { eq: "x" } }) { nodes { id } } }'),
    Bad("unknown directive", "{ districts @includ(if: true) { code } }"),
    Bad("unknown variable type", "query($a: Strin) { district(code: $a) { code } }"),
    Bad("unused variable", "query($a: String) { districts { code } }"),
    Bad("several anonymous operations", "{ districts { code } } { districts { name } }"),
    Bad("subscription", "subscription { districts { code } }"),
    Bad(
        "cyclic fragments",
        "{ districts { ...A } } fragment A on District { ...B } fragment B on District { code ...A }",
    ),
    Bad(
        "cyclic through fields",
        "{ ...A } fragment A on Query { viewer { memberships { district { ...B } } } }\n"
        "fragment B on District { institutions { nodes { district { ...B } } } }",
    ),
    Bad("10 000 aliases", "{" + " ".join(f"a{n}: districts {{ code }}" for n in range(10_000)) + "}", PARSE),
    Bad("31 aliases", "{" + " ".join(f"a{n}: districts {{ code }}" for n in range(31)) + "}", says="30"),
    Bad("51 directives", "{ districts { code " + "@include(if: true) " * 51 + "} }", says="50"),
    Bad("depth 13", '{ institution(id: "x") {' + nested(11, "parent {", middle="district { code }") + "}}", says="12"),
    Bad("depth 150", '{ institution(id: "x") {' + nested(150, "parent {") + "}}", says="12"),
    Bad("depth 500", '{ institution(id: "x") {' + nested(500, "parent {") + "}}", PARSE),
    Bad("depth 1600", nested(1600, "{a"), PARSE),
    Bad(
        "depth by fragments",
        "{ districts { institutions { nodes { ...F0 } } } } "
        + " ".join(f"fragment F{n} on Institution {{ parent {{ ...F{n + 1} }} }}" for n in range(20))
        + " fragment F20 on Institution { id }",
        says="12",
    ),
    Bad(
        "lists in lists",
        "{ districts { institutions { nodes { reviews { nodes { institution { sites { kind } } } } } } } }",
        says="列表嵌套 4 层，上限为 3 层",
    ),
    Bad(
        "doubling fragments",
        "{ districts { institutions { nodes { ...F0 } } } } "
        + " ".join(f"fragment F{n} on Institution {{ ...F{n + 1} ...F{n + 1} }}" for n in range(40))
        + " fragment F40 on Institution { id }",
        says="1000",
    ),
    Bad("many fields", "{ districts { " + "code " * 1001 + "} }", says="1000"),
    Bad("5000 fields", "{ districts { " + "code " * 4990 + "} }", says="1000"),
    Bad("too many tokens", "{ districts { " + "code " * 5001 + "} }", PARSE),
    Bad("too many comments", "#\n" * 600 + "{ districts { code } }", PARSE),
    Bad("a long document", "{ districts { code } }" + " " * 100_000, PARSE, says="100000"),
    Bad("a long text", '{ district(code: "' + "长" * 99_000 + '") { code } }', "NOT_FOUND"),
    Bad(
        "deep literal",
        "{ institutions(filter: " + nested(150, "{ parent: ", middle="{}") + ") { nodes { id } } }",
        says="20",
    ),
    Bad("deep list literal", "{ nodes(ids: " + nested(190, "[", "]", '"x"') + ") { id } }"),
    Bad("endless number", "{ institutions(first: " + "9" * 5000 + ") { nodes { id } } }"),
    Bad("2^31", "{ institutions(first: 2147483648) { nodes { id } } }"),
    Bad("2^53", "{ institutions(first: 9007199254740992) { nodes { id } } }"),
    Bad("NaN", "{ institutions(first: NaN) { nodes { id } } }"),
    Bad("1e400", "{ institutions(first: 1e400) { nodes { id } } }"),
    Bad(
        "NUL in a literal",
        r'{ institutions(filter: { name: { contains: "a\u0000" } }) { nodes { id } } }',
        says="U+0000",
    ),
    Bad("NUL in braces", r'{ institutions(filter: { name: { eq: "\u{0}" } }) { nodes { id } } }', says="U+0000"),
    Bad("NUL as it is", '{ institutions(filter: { name: { eq: "a\0b" } }) { nodes { id } } }', says="U+0000"),
    Bad("lone surrogate", r'{ institutions(filter: { name: { eq: "\ud800" } }) { nodes { id } } }', PARSE),
    Bad("impossible date", '{ institutions(filter: { openedOn: { eq: "2026-02-30" } }) { nodes { id } } }'),
    Bad("date of another kind", '{ institutions(filter: { openedOn: { eq: "2026-W01-1" } }) { nodes { id } } }'),
    Bad("defaults that do not fit", 'query($first: Int = "x") { institutions(first: $first) { nodes { id } } }'),
]

VARIABLES = [
    Bad("first below 0", PAGE, INPUT, page(first=-1), "first"),
    Bad("first above 100", PAGE, INPUT, page(first=101), "100"),
    Bad("last below 0", PAGE, INPUT, page(last=-1), "last"),
    Bad("first and last", PAGE, INPUT, page(first=1, last=1), "first"),
    Bad("2^31", PAGE, INPUT, page(first=2**31), "$first"),
    Bad("2^53", PAGE, INPUT, page(first=2**53), "$first"),
    Bad("2^64", PAGE, INPUT, page(first=2**64), "$first"),
    Bad("a fraction", PAGE, INPUT, page(first=1.5), "$first"),
    Bad("text for a number", PAGE, INPUT, page(first="1"), "$first"),
    Bad("truth for a number", PAGE, INPUT, page(first=True), "$first"),
    Bad("an object for a number", PAGE, INPUT, page(first={}), "$first"),
    Bad("a number for text", PAGE, INPUT, page(after=1), "$after"),
    Bad("unknown input field", PAGE, INPUT, page(filter={"nam": {"eq": "x"}}), "nam"),
    Bad("unknown enum value", PAGE, INPUT, page(filter={"kind": {"eq": "CENTER"}}), "CENTER"),
    Bad("an enum's list", PAGE, INPUT, page(filter={"kind": {"in": [{}]}}), "$filter"),
    Bad("null operand", PAGE, INPUT, page(filter={"name": None}), "isNull"),
    Bad("null test", PAGE, INPUT, page(filter={"name": {"eq": None}}), "isNull"),
    Bad("NUL", PAGE, INPUT, page(filter={"name": {"contains": "\0"}}), "$filter"),
    Bad("NUL in a list", PAGE, INPUT, page(filter={"name": {"in": ["a", "b\0"]}}), "U+0000"),
    Bad("NUL in a cursor", PAGE, INPUT, page(after="\0"), "$after"),
    Bad("bad date", PAGE, INPUT, page(filter={"openedOn": {"eq": "2026-02-30"}}), "YYYY-MM-DD"),
    Bad("date before the calendar", PAGE, INPUT, page(filter={"openedOn": {"eq": "0000-01-01"}}), "YYYY-MM-DD"),
    Bad("a number for a date", PAGE, INPUT, page(filter={"openedOn": {"eq": 20260101}}), "YYYY-MM-DD"),
    Bad("an id that is none", PAGE, INPUT, page(filter={"id": {"eq": "1 OR 1=1"}}), "ID"),
    Bad("an id of another type", PAGE, INPUT, page(filter={"id": {"eq": str(NodeId(1, 1, uuid4()))}}), "Institution"),
    Bad("deep filter", PAGE, INPUT, page(filter=json.loads(nested(30, '{"not":', "}", "{}"))), "20"),
    Bad("very deep filter", PAGE, INPUT, page(filter=json.loads(nested(900, '{"not":', "}", "{}"))), "20"),
    Bad("very deep list", PAGE, INPUT, page(filter={"and": json.loads(nested(900, "[", "]", "{}"))}), ""),
    Bad("many values", PAGE, INPUT, page(filter={"name": {"in": ["x"] * 10_001}}), "10000"),
    Bad("a cursor that is none", PAGE, INPUT, page(after="x"), "游标"),
    Bad("a cursor out of the alphabet", PAGE, INPUT, page(after="游标"), "游标"),
    Bad("an empty cursor", PAGE, INPUT, page(after=""), "游标"),
    Bad("a long cursor", PAGE, INPUT, page(after="A" * 500_000), "游标"),
    Bad(
        "an unknown district",
        "query($d: String) { institutions(district: $d) { nodes { id } } }",
        INPUT,
        {"d": "atlantis"},
    ),
    Bad("too many ids", "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", INPUT, {"ids": ["x"] * 101}, "100"),
    Bad(
        "no operation of that name",
        "query A { districts { code } }",
        INPUT,
        {"operationName": "B"},
        "B",
    ),
]


@pytest.fixture(scope="session")
def officer(server: Server) -> Client:
    return server.client("mentougou-officer")


@pytest.mark.parametrize("bad", DOCUMENTS, ids=str)
async def test_documents(officer: Client, bad: Bad) -> None:
    reply = await officer(bad.query)
    assert_typed(reply, bad.code)
    assert bad.says in reply.body["errors"][0]["message"]


@pytest.mark.parametrize("bad", VARIABLES, ids=str)
async def test_variables(officer: Client, bad: Bad) -> None:
    variables = dict(bad.variables or {})
    name = variables.pop("operationName", None)
    body = {"query": bad.query, "variables": variables, "operationName": name}
    response = await officer.http.post("/graphql", content=json.dumps(body), headers=officer.headers | _JSON)
    reply = Reply(response.status_code, response.json())
    assert_typed(reply, bad.code)
    assert bad.says in reply.body["errors"][0]["message"]


_JSON = {"content-type": "application/json"}

BODIES: list[tuple[str, bytes, int]] = [
    ("empty", b"", 400),
    ("not JSON", b"{", 400),
    ("an array", b"[]", 400),
    ("a batch", b'[{"query":"{ __typename }"}]', 400),
    ("null", b"null", 400),
    ("a number", b"1", 400),
    ("no query", b"{}", 400),
    ("a blank query", b'{"query":"  "}', 400),
    ("not UTF-8", b'{"query":"{ __typename }\xff"}', 400),
    ("UTF-16", '{"query":"{ __typename }"}'.encode("utf-16"), 400),
    ("NaN", b'{"query":"{ __typename }","variables":{"a":NaN}}', 400),
    ("Infinity", b'{"query":"{ __typename }","variables":{"a":-Infinity}}', 400),
    ("a lone surrogate", rb'{"query":"{ __typename }","variables":{"a":"\ud800"}}', 400),
    ("raw NUL", b'{"query":"{ __typename }\0"}', 400),
    ("deep JSON", b'{"query":"{ __typename }","variables":' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400),
    ("1 MiB and a byte", b'{"query":"' + b" " * (1024 * 1024 - 11) + b'"}', 413),
    ("30 MB", b" " * 30_000_000, 413),
    ("an id of no form", b'{"documentId":"md5:00"}', 400),
    ("an id of no type", b'{"documentId":7}', 400),
    ("APQ of another version", b'{"extensions":{"persistedQuery":{"version":2,"sha256Hash":"00"}}}', 400),
    ("APQ of no form", b'{"extensions":{"persistedQuery":[]}}', 400),
    ("APQ of a short hash", b'{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"00"}}}', 400),
]


@pytest.mark.parametrize(("body", "status"), [one[1:] for one in BODIES], ids=[one[0] for one in BODIES])
async def test_bodies(officer: Client, body: bytes, status: int) -> None:
    response = await officer.http.post("/graphql", content=body, headers=officer.headers | _JSON)
    assert response.status_code == status
    assert_typed(Reply(status, response.json()), "BAD_REQUEST", "PAYLOAD_TOO_LARGE")


async def test_a_body_that_grows_beyond_what_it_declared(officer: Client) -> None:
    async def parts() -> Any:
        for _ in range(40):
            yield b" " * 65_536

    response = await officer.http.post("/graphql", content=parts(), headers=officer.headers | _JSON)
    assert response.status_code == 413


QUERY_STRINGS = [
    "",
    "documentId=%FF",
    "documentId=x",
    "documentId=sha256:" + "0" * 63,
    "documentId=" + "0" * 64 + "&documentId=" + "1" * 64,
    "&".join(f"a{n}=1" for n in range(1000)),
    "documentId=" + "0" * 64 + "&variables={",
    "documentId=" + "0" * 64 + "&variables=[]",
    "documentId=" + "0" * 64 + "&variables=%22%5Cud800%22",
]


@pytest.mark.parametrize("query_string", QUERY_STRINGS)
async def test_query_strings(officer: Client, query_string: str) -> None:
    response = await officer.http.get(f"/graphql?{query_string}", headers=officer.headers)
    assert response.status_code == 400
    assert_typed(Reply(400, response.json()), "BAD_REQUEST")


# Who asks ------------------------------------------------------------------------------------------------------------


def resigned(token: str, **claims: Any) -> str:
    """The token with other claims and its old signature."""
    head, _, signature = token.split(".")
    return ".".join([head, base64.urlsafe_b64encode(orjson.dumps(claims)).decode().rstrip("="), signature])


async def test_tokens_that_do_not_hold(server: Server) -> None:
    persona = server.personas["fengtai-admin"].subject
    good = server.issuer.token(persona, "shequ")
    expired = server.issuer.token(persona, "shequ", lifetime_seconds=-3600)
    no_algorithm = base64.urlsafe_b64encode(b'{"alg":"none","typ":"at+jwt"}').decode().rstrip("=")
    bad = [
        "Bearer",
        "Bearer x",
        "Bearer a.b.c",
        f"Basic {good}",
        f"Bearer {good}x",
        f"Bearer {good[:-8]}",
        f"Bearer {expired}",
        f"Bearer {server.issuer.token(persona, 'elsewhere')}",
        f"Bearer {resigned(good, sub='persona:municipal-analyst', exp=9999999999, aud='shequ')}",
        f"Bearer {no_algorithm}.{good.split('.')[1]}.",
        f"Bearer {'a' * 10_000}",
        f"Bearer {good} {good}",
    ]
    for authorization in bad:
        reply = await Client(server.http, {"authorization": authorization})("{ viewer { subject } }")
        assert reply.status == 401, authorization
        assert_typed(reply, "UNAUTHENTICATED")
        assert "data" not in reply.body


async def test_a_token_of_nobody_has_no_rights(server: Server, samples: None) -> None:
    nobody = Client(server.http, {"authorization": f"Bearer {server.issuer.token('a stranger', 'shequ')}"})
    assert (await nobody("{ viewer { memberships { role } } }")).data == {"viewer": {"memberships": []}}
    assert (await nobody("{ institutions { nodes { id } } }")).data == {"institutions": {"nodes": []}}


# Other districts -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
async def foreign_id(server: Server, samples: None) -> str:
    """The id of an institution of another district."""
    reply = await server.client("fengtai-officer")("{ institutions(first: 1) { nodes { id } } }")
    return reply.data["institutions"]["nodes"][0]["id"]


CALLERS = [
    ("mentougou-officer", "NOT_FOUND"),
    ("mentougou-admin", "NOT_FOUND"),
    ("mentougou-applicant", "NOT_FOUND"),
    ("mentougou-expert-1", "NOT_FOUND"),
    (None, "NOT_FOUND"),
]


@pytest.mark.parametrize(("caller", "code"), CALLERS)
async def test_a_foreign_object_is_not_told_from_one_that_does_not_exist(
    server: Server, foreign_id: str, caller: str | None, code: str
) -> None:
    client = server.client(caller)
    foreign = NodeId.parse(foreign_id)
    strangers = [str(NodeId(foreign.tag, tenant, uuid4())) for tenant in (foreign.tenant_id, 99, 0)]
    for query in (
        "query($id: ID!) { institution(id: $id) { id name district { code } } }",
        "query($id: ID!) { node(id: $id) { id ... on Institution { name } } }",
    ):
        refused = await client(query, id=foreign_id)
        assert_typed(refused, code)
        for stranger in strangers:
            assert (await client(query, id=stranger)).body == refused.body


async def test_foreign_ids_among_many_are_null(server: Server, foreign_id: str) -> None:
    client = server.client("mentougou-officer")
    own = (await client("{ institutions(first: 1) { nodes { id } } }")).data["institutions"]["nodes"][0]["id"]
    stranger = str(NodeId(NodeId.parse(own).tag, 1, uuid4()))
    reply = await client("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[foreign_id, own, stranger])
    assert reply.data["nodes"] == [None, {"id": own}, None]


RENAME = """mutation($id: ID!) { renameInstitution(input: { institution: $id, expectedVersion: 1, name: "甲",
  on: "2026-11-01", idempotencyKey: "bad-input" }) { __typename ... on Problem { code message path } } }"""


async def test_a_foreign_object_cannot_be_told_by_changing_it(server: Server, foreign_id: str) -> None:
    client = server.client("mentougou-officer")
    refused = await client(RENAME, id=foreign_id)
    assert_typed(refused, "NOT_FOUND")
    for tenant in (NodeId.parse(foreign_id).tenant_id, 99, TENANTS["mentougou"]):
        stranger = str(NodeId(NodeId.parse(foreign_id).tag, tenant, uuid4()))
        assert (await client(RENAME, id=stranger)).body == refused.body


async def test_filters_do_not_reach_into_other_districts(server: Server, foreign_id: str) -> None:
    client = server.client("mentougou-officer")
    for condition in (
        {"id": {"eq": foreign_id}},
        {"parent": {"id": {"eq": foreign_id}}},
        {"district": {"code": {"eq": "fengtai"}}},
    ):
        reply = await client(
            "query($f: InstitutionFilter) { institutions(filter: $f) { totalCount nodes { id } } }", f=condition
        )
        assert reply.data["institutions"] == {"totalCount": 0, "nodes": []}


# Cursors -------------------------------------------------------------------------------------------------------------


async def test_cursors_of_another_list_order_or_hand(server: Server, samples: None, officer: Client) -> None:
    edges = "edges { cursor }"
    lists = {
        "by name": f"query($after: String) {{ institutions(first: 1, after: $after) {{ {edges} }} }}",
        "by kind": "query($after: String) { institutions(first: 1, after: $after, "
        f"orderBy: [{{ field: KIND }}]) {{ {edges} }} }}",
        "down": "query($after: String) { institutions(first: 1, after: $after, "
        f"orderBy: [{{ field: NAME, direction: DESC }}]) {{ {edges} }} }}",
        "reviews": f"query($after: String) {{ reviews(first: 1, after: $after) {{ {edges} }} }}",
    }
    cursors = {}
    for name, query in lists.items():
        ((root, found),) = (await officer(query)).data.items()
        cursors[name] = found["edges"][0]["cursor"]
        assert (await officer(query, after=cursors[name])).data[root]
    for name, query in lists.items():
        for other, cursor in cursors.items():
            if other != name:
                assert_typed(await officer(query, after=cursor), INPUT)
    good = cursors["by name"]
    other = "A" if good[0] != "A" else "B"  # a seal may begin with any
    for tampered in (good[:-1], good[:-2] + "AA", other + good[1:], good + "A", good[::-1], good.upper()):
        assert_typed(await officer(lists["by name"], after=tampered), INPUT)


# Text ----------------------------------------------------------------------------------------------------------------

NAMED = "query($name: String!) { institutions(filter: { name: { contains: $name } }) { totalCount } }"


@pytest.mark.parametrize(
    "text", ["%", "_", "\\", "%_%", "\\%", "'", "' OR '1'='1", "$1", "{t}", ":name", "\u200b", "𠮷", "🏃"]
)
async def test_wildcards_and_quotes_are_letters(server: Server, samples: None, officer: Client, text: str) -> None:
    assert (await officer(NAMED, name=text)).data["institutions"]["totalCount"] == 0


async def test_wildcards_find_the_name_that_holds_them(server: Server, samples: None, officer: Client) -> None:
    register = """mutation($input: RegisterInstitutionInput!) { registerInstitution(input: $input) {
      __typename ... on InstitutionRegistered { institution { name } } ... on Problem { message } } }"""
    name = "百分之百100%_\\社区卫生服务站"
    made = await officer(
        register,
        input={
            "district": "mentougou",
            "name": name,
            "kind": "COMMUNITY_HEALTH_STATION",
            "address": "北京市门头沟区某街1号",
            "idempotencyKey": "wildcards",
        },
    )
    assert made.data["registerInstitution"]["institution"] == {"name": name}
    for text in ("100%", "%_", "_\\社"):
        assert (await officer(NAMED, name=text)).data["institutions"]["totalCount"] == 1


async def test_text_that_a_column_cannot_hold_is_refused_on_writing(server: Server, officer: Client) -> None:
    mutation = """mutation($name: String!) { registerInstitution(input: { district: "mentougou", name: $name,
      kind: COMMUNITY_HEALTH_STATION, address: "x", idempotencyKey: "nul" }) { __typename } }"""
    assert_typed(await officer(mutation, name="甲\0"), INPUT)


# HTTP ----------------------------------------------------------------------------------------------------------------


async def test_the_connection_goes_on_after_bad_requests(listening: Any) -> None:
    async with httpx.AsyncClient() as http:
        for body in (b"{", b" " * 2_000_000, b'{"query":"{"}'):
            await http.post(listening.url, content=body, headers=_JSON)
        response = await http.post(listening.url, json={"query": "{ districts { code } }"})
        assert len(response.json()["data"]["districts"]) == 17
