"""Awards as the areas below and above need them: who was determined for which gap, and by when it must open."""

from uuid import UUID

from server.kit.clause import Clause
from server.kit.errors import Conflict
from server.record.acts import Act
from server.selection import store, tables
from server.selection.model import ApplicationStatus
from server.sites.actions.entrusting import Award


async def load_award(act: Act, application_id: UUID, *, clause: Clause | None = None) -> Award:
    """The award of an application, locked.  Raises: NotFound, Conflict where its operator is not determined, or no more."""
    path = ("input", "application")
    row = await store.load(act.connection, tables.operator_application, act.tenant_id, application_id, path)
    if row["status"] != ApplicationStatus.CONFIRMED:
        status = ApplicationStatus(row["status"]).label
        raise Conflict(f"该申报现为“{status}”，只有已确定的举办主体可以签订委托协议", path=path, clause=clause)
    return Award(
        application_id,
        row["gap_id"],
        row["subject"],
        row["operator_name"],
        row["opening_by"],
        row["opened_institution_id"],
    )


async def find_applicant(act: Act, application_id: UUID) -> str:
    """Who applied: the subject that reads what concerns the award. Raises: NotFound."""
    row = await store.load(act.connection, tables.operator_application, act.tenant_id, application_id)
    subject: str = row["subject"]
    return subject


async def list_awards_of(act: Act, institution_id: UUID) -> list[UUID]:
    """The awards that led to this institution, or that it won to serve an area besides."""
    return await store.list_awards_of(act.connection, act.tenant_id, institution_id)
