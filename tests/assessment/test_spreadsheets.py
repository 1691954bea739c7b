"""Scores by spreadsheet over GraphQL: the sheet as it is handed out, and what becomes of one that is sent."""

import base64
import hashlib
import io
import uuid
from collections.abc import Callable
from typing import Any

import openpyxl
import psycopg
import pytest

from server.documents.media import PDF, XLSX
from server.kit.ids import NodeId
from tests.assessment.test_graphql import PROBLEM, adopted, cycle_of, define, marks, mine, on, scheme, send
from tests.documents.conftest import FILES, Uploads
from tests.driving import Client, Reply, Server

EXPORT = f"""mutation($input: ExportAssessmentScoreSheetInput!) {{ exportAssessmentScoreSheet(input: $input) {{
  {PROBLEM} ... on AssessmentScoreSheetExported {{ fileName mediaType rows content }} }} }}"""
ENTER = f"""mutation($input: EnterAssessmentScoresFromSpreadsheetInput!) {{
  enterAssessmentScoresFromSpreadsheet(input: $input) {{ {PROBLEM}
    ... on AssessmentScoresEntered {{ cycle {{ id }} dryRun assessments scores unchanged }}
    ... on FaultyCells {{ total cells {{ sheet cell row column found limit message remedy }} }} }} }}"""
Doing = dict[str, Any]


class Filling:
    """Somebody who takes sheets, fills them in and sends them."""

    def __init__(self, server: Server, persona: str, cycle: str) -> None:
        self.client, self.cycle = server.client(persona), cycle
        self.uploads = Uploads(server, self.client, "fengtai")

    async def take(self, key: str | None = None) -> Doing:
        given = {"cycle": self.cycle, "idempotencyKey": key or uuid.uuid4().hex}
        told: Doing = (await self.client(EXPORT, input=given)).data["exportAssessmentScoreSheet"]
        return told

    async def sheet(self) -> bytes:
        return base64.b64decode((await self.take())["content"])

    async def document(self, content: bytes, media_type: str = XLSX) -> str:
        return await self.uploads.stored(content, media_type, name="考核评分表.xlsx")

    async def reply(self, document: str, **given: Any) -> Reply:
        told = {"cycle": self.cycle, "document": document, "dryRun": False, "idempotencyKey": uuid.uuid4().hex}
        return await self.client(ENTER, input=told | given)

    async def send(self, document: str, **given: Any) -> Doing:
        told: Doing = (await self.reply(document, **given)).data["enterAssessmentScoresFromSpreadsheet"]
        return told

    async def fill(self, content: bytes, cells: Doing, **given: Any) -> Doing:
        """The answer to the sheet with these cells filled in."""
        return await self.send(await self.document(changed(content, cells)), **given)


def changed(content: bytes, cells: Doing) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(content))
    for cell, value in cells.items():
        book["考核评分"][cell] = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def rows_of(content: bytes) -> list[tuple[Any, ...]]:
    return list(openpyxl.load_workbook(io.BytesIO(content))["考核评分"].iter_rows(min_row=7, values_only=True))


Opening = Callable[..., Any]


async def opened(officer: Client, made: Doing, year: str) -> str:
    planned = await cycle_of(officer, made, year)
    said = {"cycle": planned["id"], "expectedVersion": 1}
    cycle = await send(officer, "openAssessmentCycle", "AssessmentCycleSaved", "cycle", "id", **said)
    found: str = cycle["id"]
    return found


@pytest.fixture(scope="module")
async def centres(server: Server, samples: None) -> str:
    """A cycle of centres that two bodies assess, open; the day for self-reports has passed."""
    officer, admin = server.client("fengtai-officer"), server.client("fengtai-admin")
    said = scheme("CENTRE", "COMMUNITY_HEALTH_MGMT_CENTRE")
    said["indicators"][1]["weight"] = "35"
    said["indicators"].append(said["indicators"][0] | {"code": "C1", "weight": "25", "assessor": "MENTAL_HEALTH"})
    draft = await define(officer, **said)
    adopting = {"scheme": draft["id"], "expectedVersion": 1}
    made = await send(admin, "adoptAssessmentScheme", "AssessmentSchemeSaved", "scheme", "id", **adopting)
    return await opened(officer, made, "2021")


@pytest.fixture(scope="module")
async def stations(server: Server, samples: None) -> str:
    """A cycle of stations, which their centres assess."""
    officer, admin = server.client("fengtai-officer"), server.client("fengtai-admin")
    return await opened(officer, await adopted(officer, admin, "STATION", "COMMUNITY_HEALTH_CENTRE"), "2021")


@pytest.fixture
def body(server: Server, centres: str) -> Filling:
    return Filling(server, "fengtai-health-management", centres)


def trail(superuser: str, table: str, action: str, row: str) -> list[Doing]:
    """What the audit says of the object."""
    with psycopg.connect(superuser) as connection:
        found = connection.execute(
            "SELECT before, after FROM audit_entry WHERE subject_type = %s AND action = %s AND subject_id = %s ORDER BY id",
            [table, action, NodeId.parse(row).id],
        )
        return [(after or {}) | {"before": before} for before, after in found]


async def test_a_sheet_is_taken_filled_in_and_entered_as_a_whole(superuser: str, body: Filling) -> None:
    told = await body.take("one")
    content = base64.b64decode(told["content"])
    assert (told["mediaType"], told["fileName"][:4], told["fileName"][-5:]) == (XLSX, "2021", ".xlsx")
    again = await body.take("one")
    assert rows_of(base64.b64decode(again["content"])) == rows_of(content)
    taken = trail(superuser, "assessment_cycle", "sheet_taken", body.cycle)
    assert [(one["institutions"], one["sha256"]) for one in taken] == [
        (told["rows"], hashlib.sha256(content).hexdigest())
    ]
    rows = rows_of(content)
    assert len(rows) == told["rows"] > 3
    assert [len(one) for one in rows] == [6] * len(rows)  # the third indicator is another body's

    document = await body.document(changed(content, {"E7": 40.5, "F7": 50, "E8": 0}))
    tried = await body.send(document, dryRun=True, idempotencyKey="try")
    assert (tried["dryRun"], tried["assessments"], tried["scores"]) == (True, 2, 3)
    before = await mine(body.client, {"id": body.cycle})
    assert {one["score"] for row in before for one in row["scores"]} == {None}

    done = await body.send(document, idempotencyKey="enter")
    assert (done["cycle"], done["dryRun"]) == ({"id": body.cycle}, False)
    assert (done["assessments"], done["scores"], done["unchanged"]) == (2, 3, len(rows) - 2)
    assert await body.send(document, idempotencyKey="enter") == done
    after = {NodeId.parse(row["id"]).id: row for row in await mine(body.client, {"id": body.cycle})}
    first, second = after[uuid.UUID(rows[0][2])], after[uuid.UUID(rows[1][2])]
    assert [one["score"] for one in first["scores"]] == ["40.50", "50.00", None]
    assert [one["score"] for one in second["scores"]] == ["0.00", None, None]
    # Another body has yet to score.
    assert (first["status"], first["version"]) == ("OPEN", 2)
    (said,) = trail(superuser, "assessment", "scored", first["id"])
    assert said["scores"] == {"A1": "40.5", "B1": "50"}
    assert said["before"]["scores"] == {"A1": None, "B1": None}
    assert said["document_id"] == str(NodeId.parse(document).id)
    uses = await body.uploads.shown(document, "uses { subjectType purpose }")
    assert uses == {"uses": [{"subjectType": "assessment_cycle", "purpose": "SCORES"}]}
    # What is there is filled in, and sent again says nothing new; of what others changed since, nothing is taken.
    now = await body.sheet()
    assert [one[4:6] for one in rows_of(now)][:2] == [(40.5, 50), (0, None)]
    same = await body.fill(now, {})
    assert (same["assessments"], same["scores"], same["unchanged"]) == (0, 0, len(rows))
    stale = await body.fill(content, {"E7": 41, "F9": 1})
    assert [(one["cell"], one["found"]) for one in stale["cells"]] == [("A7", "版本 1")]


async def test_one_wrong_cell_keeps_all_out_and_every_one_is_named(body: Filling) -> None:
    content = await body.sheet()
    before = await mine(body.client, {"id": body.cycle})
    told = await body.fill(content, {"E9": 10, "F9": "５０", "E10": 50.01, "A11": "别家"})
    assert (told["__typename"], told["code"], told["total"]) == ("FaultyCells", "FAULTY_CELLS", 3)
    assert told["path"] == ["input", "document"]
    name = rows_of(content)[2][0]
    assert told["cells"][0] == {
        "sheet": "考核评分",
        "cell": "F9",
        "row": name,
        "column": "健康档案",
        "found": "５０",
        "limit": "0 至 50，至多两位小数",
        "message": "单元格含全角数字，是文本",
        "remedy": "请改用半角数字：50",
    }
    assert [one["cell"] for one in told["cells"]] == ["F9", "E10", "A11"]
    assert await mine(body.client, {"id": body.cycle}) == before


async def test_the_last_score_makes_it_assessed_and_then_it_is_nobodys_to_score(server: Server, stations: str) -> None:
    staff = Filling(server, "fengtai-institution", stations)
    content = await staff.sheet()
    own = {NodeId.parse(row["id"]).id for row in await mine(staff.client, {"id": stations})}
    assert {uuid.UUID(one[2]) for one in rows_of(content)} == own
    done = await staff.fill(content, {"E7": 50, "F7": 45.25})
    assert (done["assessments"], done["scores"]) == (1, 2)
    row = next(
        one
        for one in await mine(staff.client, {"id": stations})
        if NodeId.parse(one["id"]).id == uuid.UUID(rows_of(content)[0][2])
    )
    assert row["status"] == "ASSESSED"
    assert uuid.UUID(rows_of(await staff.sheet())[0][2]) != uuid.UUID(rows_of(content)[0][2])
    # The sheet of before says nothing new, but for a score that was changed.
    same = await staff.fill(content, {"E7": 50, "F7": 45.25})
    assert same["unchanged"] == len(own)
    late = await staff.fill(content, {"E7": 49, "F7": 45.25})
    assert [one["cell"] for one in late["cells"]] == ["A7"]
    assert "已考核" in late["cells"][0]["message"]
    # Returned, it is to be scored again.
    officer = server.client("fengtai-officer")
    row = await on(officer, "returnAssessment", row, reason="缺少佐证")
    again = await staff.sheet()
    assert rows_of(again)[0][4:6] == (50, 45.25)
    done = await staff.fill(again, {"F7": 40})
    assert (done["assessments"], done["scores"]) == (1, 1)


async def test_nobody_enters_what_is_anothers(server: Server, centres: str, stations: str, body: Filling) -> None:
    officer = Filling(server, "fengtai-officer", centres)
    nothing = await officer.take()
    assert (nothing["__typename"], nothing["path"]) == ("Conflicting", ["input", "cycle"])
    # A sheet of one's own, of other institutions' rows: the health authority scores none of these.
    foreign = await officer.fill(await body.sheet(), {"E9": 1})
    assert {one["message"] for one in foreign["cells"]} == {"该机构的考核不由您所在单位评分"}
    # A document of somebody else's is none, whoever may read it.
    document = await body.document(await body.sheet())
    assert (await officer.reply(document)).codes == ["NOT_FOUND"]
    elsewhere = await Filling(server, "fengtai-health-management", stations).send(document)
    assert "另一个考核周期" in elsewhere["message"]
    for persona in ("mentougou-officer", "municipal-analyst", "fengtai-agency"):
        stranger = Filling(server, persona, centres)
        reply = await stranger.reply(document)
        assert reply.codes in (["FORBIDDEN"], ["NOT_FOUND"])
        given = {"cycle": centres, "idempotencyKey": uuid.uuid4().hex}
        assert (await stranger.client(EXPORT, input=given)).codes in (["FORBIDDEN"], ["NOT_FOUND"])


async def test_what_is_no_workbook_of_the_platform_is_refused(body: Filling) -> None:
    pdf = await body.send(await body.document(FILES[PDF], PDF))
    assert (pdf["__typename"], pdf["path"]) == ("InvalidInput", ["input", "document"])
    assert "CSV" in pdf["message"]
    broken = await body.send(await body.document(FILES[XLSX]))
    assert "已损坏" in broken["message"]
    ticket = await body.uploads.ask(XLSX, 100)
    waiting = await body.send(ticket["document"]["id"])
    assert "请先完成上传" in waiting["message"]


async def test_other_scores_change_nothing_for_a_sheet_of_one_row(server: Server, body: Filling) -> None:
    """Rows that are left out are not looked at."""
    content = await body.sheet()
    ids = [one[2] for one in rows_of(content)]
    row = next(one for one in await mine(body.client, {"id": body.cycle}) if str(NodeId.parse(one["id"]).id) == ids[3])
    await on(body.client, "scoreAssessment", row, scores=marks(row, "1", "2", "3")[:1])
    done = await body.fill(content, {"E11": 30})
    assert (done["assessments"], done["scores"]) == (1, 1)
