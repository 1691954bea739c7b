"""What an institution was: the names it bore, and the institutions it followed or that followed it."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.institutions.terms import SuccessionReason
from schema.planned import Binds, field_of
from schema.rows import OF_OWN_INSTITUTION, register
from server.institutions import tables
from server.planner.binding import Link, One, Root

if TYPE_CHECKING:
    from schema.institutions.register import Institution


@strawberry.type(description="曾用名")
class FormerName:
    """A name no longer borne."""

    name: str = field_of("名称")
    until: date = field_of("停用日期 the first day of the next name")


@strawberry.type(description="机构沿革 one institution following another")
class Succession:
    """A succession."""

    on: date = field_of("日期")
    reason: SuccessionReason = field_of("原因")
    predecessor: Annotated["Institution", strawberry.lazy("schema.institutions.register")] | None = field_of("前身")
    successor: Annotated["Institution", strawberry.lazy("schema.institutions.register")] | None = field_of("后继")


BINDS = (
    Binds(FormerName, tables.former_name, register(OF_OWN_INSTITUTION)),
    Binds(
        Succession,
        tables.succession,
        register("{t}.predecessor_id = ANY(:institutions::uuid[]) OR {t}.successor_id = ANY(:institutions::uuid[])"),
        fields={
            "predecessor": One(Link("Institution", (("predecessor_id", "id"),))),
            "successor": One(Link("Institution", (("successor_id", "id"),))),
        },
        columns={"on": "on_date"},
    ),
)
ROOTS: dict[str, Root] = {}
