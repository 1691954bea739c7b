"""Official documents: numbers without gaps, content that stays, service, remedies, and who reads them."""

import asyncio
import io
from datetime import date
from typing import Any
from uuid import UUID

import docx
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import ProgrammingError

from server.development.samples import first_centre
from server.districts.files import load_districts
from server.kit.clause import Clause
from server.kit.clock import frozen
from server.kit.errors import Conflict, Invalid
from server.kit.ids import NodeId, new_id
from server.papers import actions, rules
from server.papers.model import PaperKind, RemedyKind, ServiceMethod
from server.papers.tables import paper as table
from server.policy.terms import SourceStatus
from server.record.acts import Act
from server.workdays.rules import is_workday
from server.workdays.seed import seeded
from tests.driving import Server

PAPER_TAG = 31
TENANTS = {one.code: one.tenant_id for one in load_districts()}
CALENDAR = seeded(2028)
STATED = {"reconsideration_days": (60, SourceStatus.UNVERIFIED), "litigation_months": (6, SourceStatus.UNVERIFIED)}


async def issued(act: Act, **more: Any) -> UUID:
    wanted: dict[str, Any] = {
        "kind": PaperKind.NOTICE,
        "subject_type": "institution",
        "subject_id": new_id(),
        "institution_id": None,
        "addressee": "示例社区卫生服务中心",
        "title": "责令限期整改告知书",
        "fields": {"事由": "未按时校验", "要求": "15 日内改正"},
        "issued_on": date(2026, 9, 1),
        "clauses": [Clause("mentougou-2026-3", "第二十条(三)")],
        "remedies": True,
    }
    return await actions.issue(act, **(wanted | more))


SHOWN = """query($id: ID!) { paper(id: $id) { number title issuer addressee issuedOn digest version
  fields { label text } clauses { anchor text } subject { id }
  service { servedOn method receipt reason } services { servedOn }
  remedies { kind lastDay days unit rule provisional source } } }"""


async def shown(server: Server, paper: UUID, persona: str = "mentougou-officer") -> Any:
    return (await server.client(persona)(SHOWN, id=node(paper, persona))).data["paper"]


def node(paper: UUID, persona: str = "mentougou-officer") -> str:
    return str(NodeId(PAPER_TAG, TENANTS[persona.split("-")[0]], paper))


def test_the_remedies_last_days() -> None:
    served = date(2026, 8, 3)
    reconsideration, litigation = rules.remedies_from(CALENDAR, served, STATED)
    # 60 days after 3 August is 2 October, inside the holiday; six months after it is 3 February 2027, a Wednesday.
    assert (reconsideration.kind, reconsideration.last_on) == (RemedyKind.RECONSIDERATION, date(2026, 10, 8))
    assert (litigation.kind, litigation.last_on) == (RemedyKind.LITIGATION, date(2027, 2, 3))
    assert (reconsideration.provisional, litigation.provisional) == (False, True)
    # The last of a month has its counterpart on the last of a shorter one.
    assert rules.remedies_from(CALENDAR, date(2026, 8, 31), STATED)[1].last_on == date(2027, 3, 1)


@given(st.dates(date(2024, 1, 1), date(2027, 3, 1)))
def test_a_remedy_never_ends_early_and_ends_on_a_working_day(served: date) -> None:
    for one in rules.remedies_from(CALENDAR, served, STATED):
        assert (one.last_on - served).days >= (60 if one.kind is RemedyKind.RECONSIDERATION else 180)
        assert is_workday(CALENDAR, one.last_on)


async def test_numbers_run_without_a_gap_even_where_acts_fail_or_meet(server: Server) -> None:
    year = date(2019, 3, 1)

    async def one(*, fails: bool) -> None:
        async with server.acting("mentougou-admin") as act:
            await issued(act, issued_on=year, title="连号")
            await asyncio.sleep(0)
            if fails:
                raise RuntimeError

    told = await asyncio.gather(*(one(fails=n % 3 == 0) for n in range(9)), return_exceptions=True)
    assert [repr(one) for one in told] == ["RuntimeError()", "None", "None"] * 3
    reply = await server.client("mentougou-officer")(
        '{ papers(filter: { issuedOn: { eq: "2019-03-01" } }) { nodes { number issuer } } }'
    )
    numbers = sorted(one["number"] for one in reply.data["papers"]["nodes"])
    assert numbers == [f"告〔2019〕{n}号" for n in range(1, 7)]
    assert {one["issuer"] for one in reply.data["papers"]["nodes"]} == {"北京市门头沟区卫生健康委员会"}
    async with server.acting("mentougou-officer") as act:
        await issued(act, issued_on=date(2018, 3, 1))
    async with server.acting("fengtai-officer") as act:
        other = await issued(act, issued_on=year)
    assert (await shown(server, other, "fengtai-officer"))["number"] == "告〔2019〕1号"


async def test_a_document_is_served_and_its_remedies_run(server: Server, samples: None) -> None:
    institution = first_centre("mentougou")
    async with server.acting("mentougou-officer") as act:
        paper = await issued(act, subject_id=institution, institution_id=institution)
    before = await shown(server, paper)
    assert (before["service"], before["services"], before["remedies"]) == (None, [], [])
    assert before["fields"] == [{"label": "事由", "text": "未按时校验"}, {"label": "要求", "text": "15 日内改正"}]
    assert before["clauses"][0]["anchor"] == "第二十条(三)"
    assert before["subject"]["id"]
    answer = await serve(server, paper, on="2026-09-02", method="DIRECT", receipt="王某签收")
    assert answer["paper"]["service"] == {
        "servedOn": "2026-09-02",
        "method": "DIRECT",
        "receipt": "王某签收",
        "reason": None,
    }
    assert {one["kind"]: one["lastDay"] for one in answer["paper"]["remedies"]} == {
        "RECONSIDERATION": "2026-11-02",
        "LITIGATION": "2027-03-02",
    }
    stale = await serve(server, paper, on="2026-09-05", method="MAIL", receipt=None, reason="更正")
    assert stale["code"] == "OUT_OF_DATE"
    again = await serve(server, paper, 2, on="2026-09-05", method="MAIL", receipt=None)
    assert (again["code"], again["path"]) == ("CONFLICT", ["input", "reason"])
    corrected = await serve(server, paper, 2, on="2026-09-05", method="MAIL", receipt="EMS", reason="退件，重新邮寄")
    assert corrected["paper"]["service"]["reason"] == "退件，重新邮寄"
    assert [one["servedOn"] for one in corrected["paper"]["services"]] == ["2026-09-02", "2026-09-05"]
    assert [one["lastDay"] for one in corrected["paper"]["remedies"]] == ["2027-03-05", "2026-11-04"]
    after = await shown(server, paper)
    assert (before["version"], after["version"]) == (1, 3)
    assert (after["digest"], after["fields"]) == (before["digest"], before["fields"])


SERVE = """mutation($input: ServePaperInput!) { servePaper(input: $input) { __typename
  ... on PaperServed { paper { service { servedOn method receipt reason } services { servedOn }
    remedies { kind lastDay } } }
  ... on Problem { code message path } } }"""
_keys = iter(range(1000))


async def serve(server: Server, paper: UUID, version: int = 1, **wanted: Any) -> Any:
    given = {"paper": node(paper), "idempotencyKey": f"serve-{next(_keys)}", "expectedVersion": version}
    reply = await server.client("mentougou-officer")(SERVE, input=given | wanted)
    return reply.data["servePaper"]


@pytest.mark.parametrize("on", [date(2026, 8, 31), date(2026, 9, 11)])
async def test_no_service_before_the_document_or_in_the_future(server: Server, on: date) -> None:
    with frozen(date(2026, 9, 10)):
        async with server.acting("mentougou-officer") as act:
            paper = await issued(act)
            with pytest.raises(Invalid):
                await actions.serve(act, paper, on=on, method=ServiceMethod.DIRECT, receipt=None)
            await actions.serve(act, paper, on=date(2026, 9, 10), method=ServiceMethod.DIRECT, receipt=None)
            with pytest.raises(Conflict):
                await actions.serve(act, paper, on=date(2026, 9, 10), method=ServiceMethod.DIRECT, receipt=None)
            with pytest.raises(Invalid):
                await issued(act, issued_on=date(2026, 9, 11))


async def test_what_was_issued_is_changed_by_nobody(server: Server) -> None:
    async with server.acting("mentougou-officer") as act:
        paper = await issued(act)
    for change in (table.update().values(title="另一标题"), table.delete()):
        with pytest.raises(ProgrammingError) as refused:
            async with server.acting("mentougou-officer") as act:
                await act.connection.execute(change.where(table.c.id == paper))
        assert isinstance(refused.value.orig, psycopg.errors.InsufficientPrivilege)


async def test_who_reads_a_document(server: Server, samples: None) -> None:
    applicant = server.personas["mentougou-applicant"].subject
    own = first_centre("fengtai")
    async with server.acting("mentougou-officer") as act:
        to_applicant = await issued(act, recipient=applicant)
        to_nobody = await issued(act)
    async with server.acting("fengtai-officer") as act:
        to_staff = await issued(act, institution_id=own, issued_on=date(2026, 9, 3))
        await actions.serve(act, to_staff, on=date(2026, 9, 3), method=ServiceMethod.DIRECT, receipt=None)

    async def sees(persona: str | None, paper: UUID) -> bool:
        after, seen = None, set()
        while True:
            text = "query($c: String) { papers(first: 100, after: $c) { nodes { id } pageInfo { hasNextPage endCursor } } }"
            page = (await server.client(persona)(text, c=after)).data["papers"]
            seen |= {NodeId.parse(one["id"]).id for one in page["nodes"]}
            if not page["pageInfo"]["hasNextPage"]:
                return paper in seen
            after = page["pageInfo"]["endCursor"]

    assert await sees("mentougou-applicant", to_applicant)
    assert not await sees("mentougou-applicant", to_nobody)
    assert await sees("fengtai-institution", to_staff)
    assert (await shown(server, to_staff, "fengtai-institution"))["service"]["servedOn"] == "2026-09-03"
    assert not await sees("fengtai-officer", to_applicant)
    assert await sees("municipal-analyst", to_applicant)
    assert not await sees("mentougou-expert-1", to_applicant)
    assert not await sees(None, to_applicant)


async def test_a_document_is_downloaded_as_a_word_file(server: Server) -> None:
    async with server.acting("mentougou-officer") as act:
        paper = await issued(act, title="限期整改告知书")
    text = "query($id: ID!) { paper(id: $id) { number downloadUrl } }"
    found = (await server.client("mentougou-officer")(text, id=node(paper))).data["paper"]
    got = await server.http.get(found["downloadUrl"])
    assert got.status_code == 200
    assert "".join(one.text for one in docx.Document(io.BytesIO(got.content)).paragraphs).count(found["number"]) == 1
    assert got.headers["content-disposition"].endswith(".docx")


@pytest.mark.parametrize("fields", [{"事由": "甲\x00"}, {"事\x1b由": "甲"}])
async def test_text_that_no_document_can_hold_is_refused(server: Server, fields: dict[str, str]) -> None:
    async with server.acting("mentougou-officer") as act:
        with pytest.raises(Invalid):
            await issued(act, fields=fields)


async def test_of_two_who_note_a_service_at_a_time_one_is_told(server: Server) -> None:
    async with server.acting("mentougou-officer") as act:
        paper = await issued(act)
    wanted = {"on": "2026-09-02", "method": "DIRECT", "receipt": None}
    answers = await asyncio.gather(*(serve(server, paper, **wanted) for _ in range(3)))
    assert sorted(one.get("code", one["__typename"]) for one in answers) == [
        "OUT_OF_DATE",
        "OUT_OF_DATE",
        "PaperServed",
    ]
