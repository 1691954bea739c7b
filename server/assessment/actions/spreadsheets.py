"""Scores of many institutions at once: the sheet of a cycle handed out, and one that was filled in entered as a whole."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from uuid import UUID

from sqlalchemy import RowMapping

from server.assessment import store
from server.assessment.actions.scoring import ASSESSORS, Scored, assessing_as, check_scorable, write_scores
from server.assessment.model import AssessmentLevel, Mark
from server.assessment.sheets.checking import check
from server.assessment.sheets.model import Column, Known
from server.assessment.tables import assessment_cycle
from server.documents.actions import take
from server.documents.media import XLSX
from server.documents.model import DocumentStatus
from server.documents.store import find_documents
from server.documents.vault import Vault
from server.kit import clock
from server.kit.cells import FaultyCells
from server.kit.errors import Conflict, Invalid, NotFound
from server.record.acts import Act

_DOCUMENT: Final = ("input", "document")


@dataclass(frozen=True, slots=True)
class ScoreSheet:
    """A sheet to fill: so many institutions stand in it."""

    name: str
    content: bytes
    rows: int


@dataclass(frozen=True, slots=True)
class Entered:
    """How many assessments got how many scores; ``unchanged`` rows of the sheet said nothing new."""

    assessments: int
    scores: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class _Ground:
    """The cycle's assessments as the caller scores them, in pinyin order."""

    cycle: RowMapping
    columns: tuple[Column, ...]
    rows: Mapping[UUID, RowMapping]
    scores: Mapping[UUID, Sequence[RowMapping]]
    known: tuple[Known, ...]


async def score_sheet(act: Act, cycle_id: UUID) -> ScoreSheet:
    """The sheet of the cycle: the institutions that the caller can score today, the indicators that are theirs there.

    Implements: FT-2-1-2a, FT-2-1-2b.  Raises: NotAllowed, NotFound, Conflict (there is nothing to score).
    """
    act.require(*ASSESSORS)
    ground = await _ground(act, cycle_id, for_change=False)
    rows = [one for one in ground.known if one.mine and one.obstacle is None]
    if not rows:
        raise Conflict("本周期没有由您所在单位评分、且现在可以评分的机构", path=("input", "cycle"))
    mine = frozenset[UUID]().union(*(one.mine for one in rows))
    columns = [one for one in ground.columns if one.indicator_id in mine]
    title = f"{ground.cycle['name']} {AssessmentLevel(ground.cycle['level']).label}绩效考核评分表"
    # Here, for the library takes memory that a server which is never asked for a sheet does without.
    from server.assessment.sheets.writing import written

    content = await asyncio.to_thread(written, cycle_id, title, columns, rows)
    return ScoreSheet(f"{title}-{clock.today():%Y%m%d}.xlsx", content, len(rows))


async def note_taken(act: Act, cycle_id: UUID, sheet: ScoreSheet) -> None:
    """The trail says that the sheet was handed out."""
    told = {"institutions": sheet.rows, "sha256": sha256(sheet.content).hexdigest()}
    await act.note("sheet_taken", "assessment_cycle", cycle_id, after=told)


async def enter_sheet(act: Act, vault: Vault, cycle_id: UUID, document_id: UUID, *, dry_run: bool) -> Entered:
    """Every new score of the sheet entered, or, where one cell is wrong, none; on a dry run none in any case.

    The file is one that the caller uploaded.  Each assessment's entry in the trail names it.

    Implements: FT-2-1-2a, FT-2-1-2b.  Raises: NotAllowed, NotFound, Invalid (no sheet of this cycle), FaultyCells.
    """
    act.require(*ASSESSORS)
    content = await _content(act, vault, document_id)
    from server.assessment.sheets.reading import read  # as above

    filled = await asyncio.to_thread(read, content, _DOCUMENT)
    if filled.cycle != str(cycle_id):
        raise Invalid("该评分表属于另一个考核周期，请上传本周期的评分表", path=_DOCUMENT)
    ground = await _ground(act, cycle_id, for_change=not dry_run)
    found = await asyncio.to_thread(check, filled, ground.columns, ground.known)
    if found.problems:
        raise FaultyCells(found.problems, path=_DOCUMENT)
    done = Entered(len(found.entries), sum(map(len, found.entries.values())), found.unchanged)
    if dry_run or not found.entries:
        return done
    await take(
        act, [document_id], subject_type="assessment_cycle", subject_id=cycle_id, purpose="SCORES", path=_DOCUMENT
    )
    scored = [
        Scored(ground.rows[one], ground.scores[one], {key: Mark(key, score) for key, score in entries.items()})
        for one, entries in found.entries.items()
    ]
    await write_scores(act, scored, document_id=document_id)
    return done


async def _content(act: Act, vault: Vault, document_id: UUID) -> bytes:
    """The bytes of a workbook that the caller uploaded and that was looked at.  Raises: NotFound, Invalid."""
    from server.assessment.sheets.reading import BYTES_MOST

    row = (await find_documents(act.connection, act.tenant_id, [document_id])).get(document_id)
    if row is None or row["uploaded_by"] != act.actor.subject:
        raise NotFound(path=_DOCUMENT)
    if row["status"] != DocumentStatus.STORED:
        status = DocumentStatus(row["status"]).label
        raise Invalid(f"文件“{row['name']}”{status}，请先完成上传", path=_DOCUMENT)
    if row["media_type"] != XLSX:
        raise Invalid(
            "只接受 Excel 工作簿（.xlsx）；CSV、ODS、XLS 等请用 Excel 或 WPS 在下载的评分表中填写并保存为 .xlsx",
            path=_DOCUMENT,
        )
    if row["size_bytes"] > BYTES_MOST:
        raise Invalid(f"评分表文件不能超过 {BYTES_MOST // 1024 // 1024} MiB，请只保留评分表本身", path=_DOCUMENT)
    content = b"".join([piece async for piece in vault.read(row["place"])])
    if sha256(content).hexdigest() != row["sha256"]:
        raise ValueError("the bytes in the store are not those that were stored")
    return content


async def _ground(act: Act, cycle_id: UUID, *, for_change: bool) -> _Ground:
    cycle = await store.load(act.connection, assessment_cycle, act.tenant_id, cycle_id)
    indicators = await store.list_indicators(act.connection, act.tenant_id, cycle["scheme_id"])
    rows = await store.list_assessments(act.connection, act.tenant_id, cycle_id, for_change=for_change)
    scores: dict[UUID, list[RowMapping]] = {row["id"]: [] for row in rows}
    for one in await store.list_scores_of_cycle(act.connection, act.tenant_id, cycle_id):
        scores[one["assessment_id"]].append(one)
    return _Ground(
        cycle,
        tuple(Column(one["id"], one["code"], one["title"], one["weight"], one["max_score"]) for one in indicators),
        {row["id"]: row for row in rows},
        scores,
        tuple(_known(act, cycle, row, scores[row["id"]]) for row in rows),
    )


def _known(act: Act, cycle: RowMapping, row: RowMapping, scores: Sequence[RowMapping]) -> Known:
    bodies = assessing_as(act, row)
    obstacle = None
    try:
        check_scorable(row, cycle)
    except Conflict as conflict:
        obstacle = conflict.message
    return Known(
        row["id"],
        row["institution_name"],
        row["institution_code"],
        row["version"],
        frozenset(one["indicator_id"] for one in scores if one["assessor"] in bodies),
        {one["indicator_id"]: one["score"] for one in scores if one["score"] is not None},
        obstacle,
    )
