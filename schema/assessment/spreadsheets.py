"""Scores by spreadsheet: a cycle's sheet to fill, and one that was filled in entered as a whole; mutations.

The sheet travels in the answer and is kept nowhere, as exported lists are; what is sent comes in as any file does.
"""

import base64
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any

import strawberry

from schema.acting import check_right, mutation, node_of, perform, ref, request_of
from schema.assessment.cycles import AssessmentCycle
from schema.inputs import Keyed, field
from schema.problems import Conflicting, FaultyCells, InvalidInput, problem_of
from schema.tags import CYCLE_TAG, DOCUMENT_TAG
from server.assessment.actions import spreadsheets
from server.assessment.actions.scoring import ASSESSORS
from server.documents.media import XLSX
from server.kit.errors import Refusal
from server.record.acts import Act


@strawberry.input(description="下载考核评分表")
class ExportAssessmentScoreSheetInput:
    """What taking a sheet takes."""

    cycle: strawberry.ID = field("周期")
    idempotency_key: str = field("幂等键 the sheet is recorded once, and made anew")


@strawberry.input(description="从评分表录入得分")
class EnterAssessmentScoresFromSpreadsheetInput(Keyed):
    """What entering takes."""

    cycle: strawberry.ID = field("周期")
    document: strawberry.ID = field("文件 the filled-in sheet, uploaded by the caller and stored")
    dry_run: bool = field("试算 everything is checked, nothing is written")


@strawberry.type(description="考核评分表 the file is in the answer and kept nowhere")
class AssessmentScoreSheetExported:
    """A sheet."""

    file_name: str = field("文件名")
    media_type: str = field("媒体类型")
    rows: int = field("机构数 the institutions in it")
    content: str = field("内容 in base64")


@strawberry.type(description="已从评分表录入得分")
class AssessmentScoresEntered:
    """What was entered, or on a dry run would have been."""

    cycle: AssessmentCycle = field("周期")
    dry_run: bool = field("试算 nothing was written")
    assessments: int = field("机构数 that got new scores")
    scores: int = field("得分数 new or changed")
    unchanged: int = field("无更改的机构数 rows that said nothing new")


ExportAssessmentScoreSheetResult = Annotated[
    AssessmentScoreSheetExported | InvalidInput | Conflicting, strawberry.union("ExportAssessmentScoreSheetResult")
]
EnterAssessmentScoresFromSpreadsheetResult = Annotated[
    AssessmentScoresEntered | FaultyCells | InvalidInput | Conflicting,
    strawberry.union("EnterAssessmentScoresFromSpreadsheetResult"),
]


@strawberry.type
class SpreadsheetMutations:
    """Root fields of scores by spreadsheet."""

    @mutation(
        "下载考核评分表 the institutions of the cycle that the caller can score now, as XLSX; recorded in the audit",
        by=ASSESSORS,
    )
    async def export_assessment_score_sheet(
        self, info: strawberry.Info, input: ExportAssessmentScoreSheetInput
    ) -> ExportAssessmentScoreSheetResult:
        node = node_of(input.cycle, CYCLE_TAG, "cycle")
        request = request_of(info)
        tenant = request.tenant_of(node)
        check_right(request, tenant, info.field_name)
        try:
            async with request.acting(tenant) as reading:
                made = await spreadsheets.score_sheet(reading, node.id)
        except Refusal as refusal:
            return problem_of(refusal, request.engine.policies.library.register)

        async def verb(act: Act) -> Mapping[str, Any]:
            await spreadsheets.note_taken(act, node.id, made)
            return {}

        def payload(**_: Any) -> AssessmentScoreSheetExported:
            content = base64.b64encode(made.content).decode()
            return AssessmentScoreSheetExported(file_name=made.name, media_type=XLSX, rows=made.rows, content=content)

        return await perform(info, tenant, input, verb, payload)

    @mutation(
        "从评分表录入得分 all of them in one transaction, or none and every cell that is wrong by its address",
        by=ASSESSORS,
    )
    async def enter_assessment_scores_from_spreadsheet(
        self, info: strawberry.Info, input: EnterAssessmentScoresFromSpreadsheetInput
    ) -> EnterAssessmentScoresFromSpreadsheetResult:
        node, document = node_of(input.cycle, CYCLE_TAG, "cycle"), node_of(input.document, DOCUMENT_TAG, "document")
        request = request_of(info)
        vault, tenant = request.engine.files.vault, request.tenant_of(node)

        async def verb(act: Act) -> Mapping[str, Any]:
            done = await spreadsheets.enter_sheet(act, vault, node.id, document.id, dry_run=input.dry_run)
            return {"cycle": str(node), "dry_run": input.dry_run} | asdict(done)

        def payload(cycle: str, **told: Any) -> AssessmentScoresEntered:
            return AssessmentScoresEntered(cycle=ref(cycle), **told)

        return await perform(info, tenant, input, verb, payload)
