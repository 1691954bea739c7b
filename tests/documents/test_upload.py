"""Files through the door: announced, sent, stored, handed out; and everything that must not be stored."""

import asyncio
import hashlib
from datetime import timedelta

import pytest

from server.documents.media import DOCX, PDF
from server.http.messages import Message
from server.kit import clock
from tests.documents.conftest import FILES, Uploads
from tests.driving import Server


async def test_a_file_is_announced_sent_stored_and_handed_out(applicant: Uploads) -> None:
    content = FILES[PDF] * 40_000
    document = await applicant.stored(content, name="房屋 证明“甲”.pdf", purpose="房屋证明")
    shown = await applicant.shown(document)
    assert (shown["status"], shown["sizeBytes"]) == ("STORED", len(content))
    assert shown["sha256"] == hashlib.sha256(content).hexdigest()
    got = await applicant.server.http.get(shown["downloadUrl"])
    assert (got.status_code, got.content) == (200, content)
    assert got.headers["content-type"] == PDF
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["cache-control"] == "private, no-store"
    assert got.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E6%88%BF%E5%B1%8B%20")
    head = await applicant.server.http.head(shown["downloadUrl"])
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(len(content)), b"")


async def test_nothing_is_to_be_downloaded_before_it_is_stored(applicant: Uploads) -> None:
    ticket = await applicant.ask()
    assert ticket["document"]["status"] == "UPLOADING"
    shown = await applicant.shown(ticket["document"]["id"])
    assert shown == {
        "status": "UPLOADING",
        "downloadUrl": None,
        "sha256": None,
        "sizeBytes": len(FILES[PDF]),
        "refusal": None,
    }


@pytest.mark.parametrize("change", [-1, 1])
async def test_more_or_fewer_bytes_than_announced_are_not_stored_and_may_be_sent_again(
    applicant: Uploads, change: int
) -> None:
    content = FILES[PDF]
    ticket = await applicant.ask(size=len(content) + change)
    answer = await applicant.put(ticket["url"], content)
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "INVALID")
    assert (await applicant.shown(ticket["document"]["id"]))["status"] == "UPLOADING"
    whole = content + b"\n" if change > 0 else content[:-1]
    assert (await applicant.put(ticket["url"], whole)).status_code == 201


async def test_a_caller_who_goes_away_leaves_nothing_behind(applicant: Uploads) -> None:
    ticket = await applicant.ask()
    coming: list[Message] = [
        {"type": "http.request", "body": FILES[PDF][:10], "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[Message] = []

    async def receive() -> Message:
        return coming.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    path, _, query = ticket["url"].partition("?")
    scope = {"type": "http", "method": "PUT", "path": path, "query_string": query.encode(), "headers": []}
    await applicant.server.app(scope, receive, send)
    assert sent[0]["status"] == 400
    assert (await applicant.shown(ticket["document"]["id"]))["status"] == "UPLOADING"


async def test_bytes_of_another_type_close_the_document(applicant: Uploads) -> None:
    ticket = await applicant.ask(DOCX, name="申请书.docx")
    answer = await applicant.put(ticket["url"], FILES[PDF])
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (415, "DOCUMENT_REFUSED")
    shown = await applicant.shown(ticket["document"]["id"])
    assert (shown["status"], shown["downloadUrl"]) == ("REFUSED", None)
    assert "Word" in shown["refusal"]
    assert (await applicant.put(ticket["url"], FILES[PDF])).status_code == 409


async def test_a_stored_file_is_never_replaced(applicant: Uploads) -> None:
    ticket = await applicant.ask()
    content, other = FILES[PDF], FILES[PDF].replace(b"1.7", b"1.4")
    first, second = await asyncio.gather(applicant.put(ticket["url"], content), applicant.put(ticket["url"], other))
    assert sorted((first.status_code, second.status_code)) == [201, 409]
    stored = content if first.status_code == 201 else other
    url = (await applicant.shown(ticket["document"]["id"]))["downloadUrl"]
    assert (await applicant.server.http.get(url)).content == stored
    assert (await applicant.put(ticket["url"], content)).status_code == 409


async def test_an_address_is_good_for_its_purpose_and_its_time_alone(applicant: Uploads) -> None:
    http = applicant.server.http
    ticket = await applicant.ask()
    assert (await http.get(ticket["url"])).status_code == 405
    forged = ticket["url"][:-6] + ("aaaaaa" if not ticket["url"].endswith("aaaaaa") else "bbbbbb")
    for url in (forged, "/files", "/files?ticket=", "/files?ticket=a.b.c"):
        assert (await http.put(url, content=FILES[PDF])).status_code == 403
    with clock.frozen(clock.now() + timedelta(minutes=16)):
        assert (await http.put(ticket["url"], content=FILES[PDF])).status_code == 403
    assert (await http.put(ticket["url"], content=FILES[PDF])).status_code == 201
    url = (await applicant.shown(ticket["document"]["id"]))["downloadUrl"]
    assert (await http.put(url, content=FILES[PDF])).status_code == 405
    with clock.frozen(clock.now() + timedelta(minutes=6)):
        assert (await http.get(url)).status_code == 403


async def test_the_same_key_gives_the_same_document_and_address(applicant: Uploads) -> None:
    first = await applicant.ask(idempotencyKey="once")
    again = await applicant.ask(idempotencyKey="once")
    assert first == again


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"mediaType": "text/html"}, "mediaType"),
        ({"sizeBytes": 50 * 1024 * 1024 + 1}, "sizeBytes"),
        ({"name": "a/b.pdf"}, "name"),
        ({"purpose": ""}, "purpose"),
    ],
)
async def test_what_is_not_taken_is_refused_with_the_field(
    applicant: Uploads, more: dict[str, object], path: str
) -> None:
    refused = await applicant.ask(**more)
    assert (refused["code"], refused["path"]) == ("INVALID", ["input", path])


async def test_a_file_is_read_by_its_owner_and_the_district_and_by_nobody_else(
    server: Server, applicant: Uploads, officer: Uploads
) -> None:
    document = await applicant.stored()
    assert (await officer.shown(document))["status"] == "STORED"
    for persona in ("mentougou-expert-1", "fengtai-officer", "municipal-analyst", "municipal-insurance"):
        assert await Uploads(server, server.client(persona)).shown(document) is None
    assert await Uploads(server, server.client(None)).shown(document) is None
    assert await Uploads(server, server.client("municipal-health")).shown(document) is not None


async def test_staff_upload_for_their_institution_without_saying_so(server: Server, samples: None) -> None:
    staff = Uploads(server, server.client("fengtai-institution"), "fengtai")
    document = await staff.stored(purpose="医疗机构执业许可证")
    shown = await staff.shown(document, "institution { id } purpose")
    assert shown["institution"] is not None
    listed = await staff.caller(
        '{ documents(filter: { purpose: { eq: "医疗机构执业许可证" }, status: { eq: STORED } }) { nodes { id } } }'
    )
    assert {"id": document} in listed.data["documents"]["nodes"]


async def test_nobody_uploads_without_a_role_in_the_district(server: Server) -> None:
    analyst = server.client("municipal-analyst")
    stranger = server.client("mentougou-applicant")
    wanted = {"name": "a.pdf", "mediaType": PDF, "sizeBytes": 10, "idempotencyKey": "none"}
    text = "mutation($input: RequestUploadInput!) { requestUpload(input: $input) { __typename } }"
    assert (await analyst(text, input=wanted | {"district": "mentougou"})).codes == ["FORBIDDEN"]
    assert (await stranger(text, input=wanted | {"district": "fengtai"})).codes == ["FORBIDDEN"]
    insurance = await server.client("municipal-insurance")(text, input=wanted | {"district": "fengtai"})
    assert insurance.data["requestUpload"]["__typename"] == "UploadTicket"
