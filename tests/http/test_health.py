"""Health, and what the logs say and do not say."""

import asyncio
import json

import httpx
import pytest

from server.app import App
from server.db.revisions import newest_revision
from server.http import logs
from server.http.issuer import ISSUER, DevelopmentIssuer, NotInDevelopment
from tests.driving import Server


async def test_ready_says_what_it_found(server: Server) -> None:
    live, ready = await server.http.get("/livez"), await server.http.get("/readyz")
    assert (live.status_code, live.json()) == (200, {"status": "live"})
    checks = {"database": "ok", "migrations": newest_revision(), "sealing": "ok"}
    assert ready.json() == {"status": "ready", "checks": checks}


async def test_without_a_database_it_lives_and_is_not_ready(tmp_path, role_secret: str) -> None:
    app = App(
        database_url="postgresql://127.0.0.1:1/nowhere",
        role_secret=role_secret,
        cursor_secret="x",
        issuer=ISSUER,
        audience="shequ",
        keys=DevelopmentIssuer(tmp_path, development=True).keys,
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://shequ.test") as client:
        assert (await client.get("/livez")).status_code == 200
        ready = await client.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["checks"] == {"database": "failed", "migrations": "failed", "sealing": "failed"}
        asked = await client.post("/graphql", json={"query": "{ districts { code } }"})
        assert asked.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
    await app.close()


async def test_a_log_line_has_the_request_id_and_nothing_personal(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("INFO", pretty=False)
    try:
        headers = server.client("fengtai-officer").headers
        query = {"query": "query Q($n: String) { institutions(filter: {name: {contains: $n}}) { totalCount } }"}
        response = await server.http.post(
            "/graphql?secret=110105199001010021", json=query | {"variables": {"n": "张三"}}, headers=headers
        )
        await asyncio.sleep(0)  # the line is written when the event loop comes round
    finally:
        logs.configure("CRITICAL", pretty=False)
    said = capsys.readouterr().err
    line = json.loads(said.strip().splitlines()[-1])
    assert line["request_id"] == response.headers["x-request-id"]
    assert (line["method"], line["path"], line["status"]) == ("POST", "/graphql", 200)
    for private in ("张三", "110105199001010021", headers["authorization"], "persona:"):
        assert private not in said


def test_the_built_in_issuer_stays_in_development(tmp_path) -> None:
    with pytest.raises(NotInDevelopment, match="SHEQU_ENVIRONMENT"):
        DevelopmentIssuer(tmp_path, development=False)
    assert list(tmp_path.iterdir()) == []
