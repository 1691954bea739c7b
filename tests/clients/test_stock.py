"""Stock JavaScript clients against a listening server, as a front end would use them."""

import hashlib
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from schema.contract import sdl
from server.clients.files import read_documents
from server.clients.store import insert_documents
from server.db import roles
from tests.clients.conftest import Workshop
from tests.driving import Server
from tests.listening import Listening
from tests.test_contract import CONTRACT

OFFICER = "fengtai-officer"


@pytest.fixture
def prepared(workshop: Workshop) -> Workshop:
    """The workshop with the schema and every contract operation."""
    (workshop.place / "schema.graphql").write_text(sdl() + "\n", encoding="utf-8")
    documents = workshop.place / "documents"
    documents.mkdir()
    for path in CONTRACT.glob("*.graphql"):
        (documents / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    return workshop


async def registered(server: Server, manifest: Path) -> None:
    """Register a client's manifest, as ``shequ documents register`` does."""
    async with server.app.pools.transaction(roles.PLATFORM) as connection:
        await insert_documents(connection, "stock", read_documents(manifest).values())


async def test_codegen_and_a_strict_compiler(prepared: Workshop, server: Server, listening: Listening) -> None:
    prepared.run("codegen.mjs")
    prepared.run("node_modules/typescript/bin/tsc", "-p", ".")
    manifest = prepared.place / "generated" / "persisted-documents.json"
    await registered(server, manifest)
    documents = json.loads(manifest.read_text(encoding="utf-8"))
    assert len(documents) == len(list(CONTRACT.glob("*.graphql")))
    (directory,) = [name for name, text in documents.items() if "query DistrictDirectory" in text]
    async with httpx.AsyncClient() as http:
        response = await http.post(listening.url, json={"documentId": f"sha256:{directory}"})
    assert len(response.json()["data"]["districts"]) == 17


def test_apollo_client(workshop: Workshop, listening: Listening, samples: None) -> None:
    told = workshop.told("apollo.mjs", listening.url, listening.tokens[OFFICER])
    assert len(told["ids"]) == len(set(told["ids"])) == told["total"] > 7
    assert told["failed"] == "NOT_FOUND"
    requests: list[dict[str, Any]] = told["requests"]
    # By hash over GET, then once with the text, and from then on by hash alone.
    assert requests[0] == {"method": "GET", "query": False}
    assert requests[1] == {"method": "POST", "query": True}
    assert requests[2] == {"method": "GET", "query": False}


async def test_urql(workshop: Workshop, server: Server, listening: Listening, samples: None) -> None:
    reply = await server.client(OFFICER)("{ institutions(first: 1) { nodes { id } } }")
    institution = reply.data["institutions"]["nodes"][0]["id"]
    told = workshop.told("urql.mjs", listening.url, listening.tokens[OFFICER], institution)
    assert told["districts"] == told["cost"] == 17
    assert told["missing"] == ["NOT_FOUND"]
    assert told["refused"]["__typename"] == "OutOfDate"
    assert told["refused"]["path"] == ["input", "expectedVersion"]


async def test_relay(prepared: Workshop, server: Server, listening: Listening, samples: None) -> None:
    prepared.run("../node_modules/relay-compiler/cli.js", "relay.config.json", within="relay")
    persisted = prepared.place / "relay" / "persisted.json"
    for name, text in json.loads(persisted.read_text(encoding="utf-8")).items():
        assert hashlib.sha256(text.encode()).hexdigest() == name
    await registered(server, persisted)
    told = prepared.told("relay.mjs", listening.url, listening.tokens[OFFICER])
    assert set(told["ids"]) == {64}
    assert told["districts"] == 17
    assert told["institutions"] == 7
    assert told["again"] is True
    assert all("query" not in keys for keys in told["sent"])
