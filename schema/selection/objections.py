"""Objections raised while a result is published."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.connections import Node
from schema.planned import Binds, field_of
from schema.rows import OBJECTIONS
from schema.tags import SELECTION_OBJECTION_TAG
from schema.terms import term
from server.planner.binding import Link, One, Root
from server.selection import tables
from server.selection.model import ObjectionRemedy, ObjectionStatus

if TYPE_CHECKING:
    from schema.selection.applications import OperatorApplication

term(ObjectionStatus, "异议状态")
term(ObjectionRemedy, "异议处理")


@strawberry.type(description="公示异议")
class Objection(Node):
    """An objection."""

    objector: str = field_of("提出人")
    grounds: str = field_of("理由")
    raised_on: date = field_of("提出日期")
    status: ObjectionStatus = field_of("状态")
    decided_on: date | None = field_of("复核日期")
    decision_reason: str | None = field_of("复核意见")
    remedy: ObjectionRemedy | None = field_of("处理 of one that was upheld")
    application: Annotated["OperatorApplication", strawberry.lazy("schema.selection.applications")] | None = field_of(
        "所涉申报"
    )
    version: int = field_of("版本 for `expectedVersion`")


_APPLICATION = Link("OperatorApplication", (("application_id", "id"),))

BINDS = (
    Binds(
        Objection, tables.objection, OBJECTIONS, tag=SELECTION_OBJECTION_TAG, fields={"application": One(_APPLICATION)}
    ),
)
ROOTS: dict[str, Root] = {}
