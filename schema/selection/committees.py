"""Committees of experts: their members, who is recused, and what each scores."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.connections import Node
from schema.planned import Binds, field_of
from schema.rows import OF_MEMBER, OWN_AS_EXPERT, SCORES
from schema.selection.calls import ScoringCriterion
from schema.tags import COMMITTEE_MEMBER_TAG, SCORE_SHEET_TAG
from schema.terms import term
from server.planner.binding import Link, Many, One, Root
from server.selection import tables
from server.selection.model import AffiliationKind, RecusalKind, SheetStatus

if TYPE_CHECKING:
    from schema.selection.applications import OperatorApplication

term(AffiliationKind, "专家所属类别")
term(RecusalKind, "回避种类")
term(SheetStatus, "评分表状态", "ScoreSheetStatus")


@strawberry.type(description="回避 an expert does not score")
class Recusal:
    """A recusal."""

    kind: RecusalKind = field_of("种类")
    reason: str = field_of("理由")
    on: date = field_of("日期")
    application: Annotated["OperatorApplication", strawberry.lazy("schema.selection.applications")] | None = field_of(
        "申报 null where it is the whole call"
    )


@strawberry.type(description="专家 a member of a call's committee")
class CommitteeMember(Node):
    """A member."""

    name: str = field_of("姓名")
    field: str = field_of("专业")
    affiliation: AffiliationKind = field_of("所属类别")
    employer_name: str = field_of("所在单位")
    employer_code: str | None = field_of("所在单位统一社会信用代码")
    recusals: list[Recusal] = field_of("回避")
    sheets: list["ScoreSheet"] = field_of("评分表")


@strawberry.type(description="指标得分 readable once all sheets were opened together")
class CriterionScore:
    """A score."""

    criterion: ScoringCriterion | None = field_of("指标")
    score: Decimal = field_of("得分")
    comment: str | None = field_of("评语")


@strawberry.type(description="评分表 one expert's sheet for one application; sealed until all are in")
class ScoreSheet(Node):
    """A sheet."""

    status: SheetStatus = field_of("状态")
    round: int = field_of("轮次")
    submitted_at: datetime | None = field_of("提交时间")
    opened_at: datetime | None = field_of("开启时间")
    total: Decimal | None = field_of("合计 null until opened")
    scores: list[CriterionScore] = field_of("得分 empty until opened")
    application: Annotated["OperatorApplication", strawberry.lazy("schema.selection.applications")] | None = field_of(
        "申报"
    )
    version: int = field_of("版本")


_APPLICATION = Link("OperatorApplication", (("application_id", "id"),))

BINDS = (
    Binds(Recusal, tables.recusal, OF_MEMBER, fields={"application": One(_APPLICATION)}, columns={"on": "on_date"}),
    Binds(
        CommitteeMember,
        tables.committee_member,
        OWN_AS_EXPERT,
        tag=COMMITTEE_MEMBER_TAG,
        fields={
            "recusals": Many(Link("Recusal", (("id", "member_id"),))),
            "sheets": Many(Link("ScoreSheet", (("id", "member_id"),))),
        },
    ),
    Binds(
        CriterionScore,
        tables.score,
        SCORES,
        fields={"criterion": One(Link("ScoringCriterion", (("criterion_id", "id"),)))},
    ),
    Binds(
        ScoreSheet,
        tables.score_sheet,
        OWN_AS_EXPERT,
        tag=SCORE_SHEET_TAG,
        fields={
            "scores": Many(Link("CriterionScore", (("id", "sheet_id"),))),
            "application": One(_APPLICATION),
        },
    ),
)
ROOTS: dict[str, Root] = {}
