"""Trusted documents: by id in every spelling, by Apollo's automatic form, over GET; and under every policy."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from server.clients.known import KnownDocuments
from server.clients.store import delete_document, insert_documents
from server.db import roles
from server.http.trusted import TrustedDocuments
from tests.driving import Reply, Server

CODES = "query Codes { districts { code } }"
NAME = "query Name($code: String!) { district(code: $code) { name } }"
WHO = "query Who { viewer { subject } }"
CHANGE = (
    """mutation Change($input: UpdateAgencyContactsInput!) { updateAgencyContacts(input: $input) { __typename } }"""
)
TYPENAME = "{ __typename }"
RESPONSE = "application/graphql-response+json"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def automatic(text: str) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": digest(text)}}


async def register(server: Server, *texts: str) -> None:
    async with server.app.pools.transaction(roles.PLATFORM) as connection:
        await insert_documents(connection, "tests", texts)


async def withdraw(server: Server, text: str) -> None:
    async with server.app.pools.transaction(roles.PLATFORM) as connection:
        assert await delete_document(connection, digest(text))


@pytest.fixture(scope="module", autouse=True)
async def registered(server: Server) -> AsyncIterator[None]:
    texts = (CODES, NAME, WHO, CHANGE)
    await register(server, *texts)
    yield
    for text in texts:
        await withdraw(server, text)


@pytest.fixture(scope="module")
async def strict(start: Any) -> Server:
    return await start(trusted_documents=TrustedDocuments.REQUIRED)


@pytest.fixture(scope="module")
async def without(start: Any) -> Server:
    return await start(trusted_documents=TrustedDocuments.OFF)


async def post(server: Server, **body: Any) -> Reply:
    response = await server.http.post("/graphql", json=body)
    return Reply(response.status_code, response.json())


async def get(server: Server, headers: dict[str, str] | None = None, **parameters: str) -> httpx.Response:
    return await server.http.get("/graphql", params=parameters, headers=headers)


SPELLINGS = [
    {"documentId": f"sha256:{digest(CODES)}"},
    {"documentId": digest(CODES)},
    {"id": digest(CODES)},
    {"doc_id": digest(CODES)},
    {"documentId": f"sha256:{digest(CODES).upper()}"},
    {"extensions": automatic(CODES)},
    {"extensions": automatic(CODES), "query": CODES},
    {"documentId": digest(CODES), "query": CODES, "operationName": "Codes", "variables": {}},
]


@pytest.mark.parametrize("body", SPELLINGS, ids=str)
async def test_a_registered_document_in_every_spelling(server: Server, strict: Server, body: dict[str, Any]) -> None:
    for one in (server, strict):
        assert len((await post(one, **body)).data["districts"]) == 17


async def test_variables_and_limits_hold_as_ever(strict: Server) -> None:
    assert (await post(strict, id=digest(NAME), variables={"code": "fengtai"})).data == {"district": {"name": "丰台区"}}
    assert (await post(strict, id=digest(NAME), variables={"code": 7})).codes == ["BAD_USER_INPUT"]
    assert (await post(strict, id=digest(NAME), operationName="Other")).codes == ["BAD_USER_INPUT"]


async def test_required_refuses_everything_else(strict: Server) -> None:
    for body in (
        {"query": TYPENAME},
        {"query": CODES + " "},
        {"query": TYPENAME, "extensions": automatic(TYPENAME)},
        {"query": TYPENAME, "documentId": digest(TYPENAME)},
    ):
        assert (await post(strict, **body)).codes == ["TRUSTED_DOCUMENT_REQUIRED"]
    # What was refused was not remembered either.
    assert (await post(strict, extensions=automatic(TYPENAME))).codes == ["PERSISTED_QUERY_NOT_FOUND"]
    # A registered document may be sent as text: it is the document that is trusted, not its spelling.
    assert len((await post(strict, query=CODES)).data["districts"]) == 17


async def test_off_knows_no_documents(without: Server) -> None:
    assert len((await post(without, query=CODES)).data["districts"]) == 17
    for body in (
        {"id": digest(CODES)},
        {"extensions": automatic(CODES)},
        {"extensions": automatic(CODES), "query": CODES},
    ):
        assert (await post(without, **body)).codes == ["PERSISTED_QUERY_NOT_SUPPORTED"]


async def test_an_unknown_document(server: Server) -> None:
    reply = await post(server, documentId="sha256:" + "0" * 64)
    assert reply.codes == ["PERSISTED_QUERY_NOT_FOUND"]
    assert reply.status == 200
    body = {"documentId": "sha256:" + "0" * 64}
    response = await server.http.post("/graphql", json=body, headers={"accept": RESPONSE})
    assert response.status_code == 400


async def test_automatic_documents_are_learnt_from_the_second_request(server: Server) -> None:
    text = "query Learnt { districts { name } }"
    asked = await post(server, extensions=automatic(text))
    # The words by which Apollo's and urql's clients know it.
    assert asked.body["errors"][0]["message"] == "PersistedQueryNotFound"
    assert asked.codes == ["PERSISTED_QUERY_NOT_FOUND"]
    assert (await post(server, extensions=automatic(text), query=text)).data
    assert len((await post(server, extensions=automatic(text))).data["districts"]) == 17


async def test_a_document_that_does_not_run_is_not_learnt(server: Server) -> None:
    for text in ("query Broken {", "query Unknown { nothing }"):
        assert (await post(server, extensions=automatic(text), query=text)).codes
        assert (await post(server, extensions=automatic(text))).codes == ["PERSISTED_QUERY_NOT_FOUND"]


async def test_a_hash_of_another_text_is_refused(server: Server) -> None:
    reply = await post(server, extensions=automatic(CODES), query=TYPENAME)
    assert reply.codes == ["BAD_USER_INPUT"]
    assert "data" not in reply.body


async def test_what_was_learnt_stays_apart_from_what_was_registered(server: Server, strict: Server) -> None:
    text = "query Offered { districts { nameEn } }"
    assert (await post(server, extensions=automatic(text), query=text)).data
    assert (await post(strict, extensions=automatic(text))).codes == ["PERSISTED_QUERY_NOT_FOUND"]


# Over GET ------------------------------------------------------------------------------------------------------------


async def test_a_public_answer_may_be_kept_by_caches(strict: Server) -> None:
    response = await get(
        strict, documentId=f"sha256:{digest(NAME)}", variables='{"code":"fengtai"}', operationName="Name"
    )
    assert response.status_code == 200
    assert response.json()["data"] == {"district": {"name": "丰台区"}}
    assert response.headers["cache-control"] == "public, max-age=30"
    assert response.headers["vary"] == "accept, authorization"
    again = await get(
        strict,
        {"if-none-match": f'"other", {response.headers["etag"]}'},
        documentId=digest(NAME),
        variables='{"code":"fengtai"}',
    )
    assert again.status_code == 304
    assert again.content == b""
    other = await get(strict, documentId=digest(NAME), variables='{"code":"haidian"}')
    assert other.headers["etag"] != response.headers["etag"]


async def test_a_personal_answer_is_kept_by_nobody(server: Server) -> None:
    response = await get(server, server.client("fengtai-officer").headers, id=digest(WHO))
    assert response.json()["data"] == {"viewer": {"subject": "persona:fengtai-officer"}}
    assert response.headers["cache-control"] == "no-store"
    assert "etag" not in response.headers


@pytest.mark.parametrize(("code", "status"), [("atlantis", 200), ("\0", 200)])
async def test_errors_are_kept_by_nobody(server: Server, code: str, status: int) -> None:
    response = await get(server, id=digest(NAME), variables=f'{{"code":"{code}"}}'.replace("\0", "\\u0000"))
    assert response.status_code == status
    assert response.json()["errors"]
    assert response.headers["cache-control"] == "no-store"


async def test_automatic_documents_over_get(server: Server) -> None:
    extensions = f'{{"persistedQuery":{{"version":1,"sha256Hash":"{digest(CODES)}"}}}}'
    assert len((await get(server, extensions=extensions)).json()["data"]["districts"]) == 17


async def test_no_mutation_over_get(server: Server) -> None:
    for accept in ("application/json", RESPONSE):
        headers = {**server.client("fengtai-admin").headers, "accept": accept}
        response = await get(server, headers, id=digest(CHANGE), variables='{"input":{}}')
        assert response.status_code == 405
        assert response.headers["allow"] == "POST"
        assert response.json()["errors"][0]["extensions"]["code"] == "METHOD_NOT_ALLOWED"


# What a process remembers --------------------------------------------------------------------------------------------


class Kept:
    """Documents as the table would hold them, and how often it was asked."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.asked = 0
        self.now = 0.0

    async def find(self, name: str) -> str | None:
        self.asked += 1
        return self.texts.get(name)


async def test_documents_are_asked_for_once_and_forgotten_after_a_minute() -> None:
    kept = Kept()
    known = KnownDocuments(kept.find, lambda: kept.now)
    kept.texts["a"] = "{ a }"
    assert [await known.find("a") for _ in range(3)] == ["{ a }"] * 3
    assert kept.asked == 1
    del kept.texts["a"]
    kept.now = 59.0
    assert await known.find("a") == "{ a }"
    kept.now = 61.0
    assert await known.find("a") is None


async def test_a_miss_is_remembered_for_a_moment_only() -> None:
    kept = Kept()
    known = KnownDocuments(kept.find, lambda: kept.now)
    assert [await known.find("a") for _ in range(3)] == [None] * 3
    assert kept.asked == 1
    kept.texts["a"] = "{ a }"
    kept.now = 2.5
    assert await known.find("a") == "{ a }"


async def test_memory_is_bounded() -> None:
    kept = Kept()
    known = KnownDocuments(kept.find, lambda: kept.now)
    for n in range(20_000):
        await known.find(f"missing {n}")
    assert len(known._missed) == 10_000
    for n in range(100):
        kept.texts[f"{n}"] = "x" * 100_000
        await known.find(f"{n}")
    assert sum(len(text) for _, text in known._found.values()) == known._characters <= 4_000_000
    kept.asked = 0
    await known.find("99")
    assert kept.asked == 0
