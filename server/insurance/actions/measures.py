"""Measures against a designated institution, which become facts of the district's supervision."""

from datetime import date
from uuid import UUID

from server.insurance import applicants, holders, store, tables
from server.insurance.actions import stepping
from server.insurance.actions.evaluating import CENTRE
from server.kit.actor import Role
from server.kit.errors import Invalid, NotFound
from server.kit.ids import new_id
from server.policy.terms import InsuranceAction
from server.record.acts import Act
from server.supervision.actions.facts import record_insurance_action

#: Who handles agreements and takes measures: the agency, and the centre that signed them.
HANDLERS = frozenset({Role.AGENCY_OFFICER, Role.MUNICIPAL_INSURANCE_OFFICER})
#: Measures that leave the agreement as it is.
BESIDE = (
    InsuranceAction.PRACTITIONER_SUSPENSION,
    InsuranceAction.DEPARTMENT_SUSPENSION,
    InsuranceAction.YELLOW_CARD,
)


async def record_measure(
    act: Act, institution_id: UUID, *, action: InsuranceAction, decided_on: date, reason: str
) -> UUID:
    """A measure that leaves the agreement as it is: a yellow card of the insurance, a department or a doctor suspended.

    It is no yellow card of the district: it becomes a fact from which the district's own rules may propose one (X-2).
    Implements: FT-2-3-7.  Raises: NotAllowed, NotFound, Conflict, Invalid.
    """
    act.require(*HANDLERS)
    if action not in BESIDE:
        raise Invalid(
            "中止、解除协议请用 suspendInsuranceAgreement、terminateInsuranceAgreement", path=("input", "action")
        )
    stepping.not_future(decided_on, "decidedOn")
    held = await holders.find_designation(act.connection, act.tenant_id, institution_id)
    if held is None or held["signed_on"] is None:
        raise NotFound(path=("input", "institution"))
    if decided_on < held["signed_on"]:
        raise Invalid(f"处理日期不能早于签订协议之日 {held['signed_on']}", path=("input", "decidedOn"))
    running = await holders.find_agreement(act.connection, act.tenant_id, institution_id, holders.RUNNING)
    said = stepping.worded(reason, None, "reason")
    return await take_measure(act, institution_id, None if running is None else running["id"], action, decided_on, said)


async def tell_measures(act: Act) -> list[UUID]:
    """Measures that are no facts of supervision yet become so, on the district's own role; their institutions."""
    told = []
    for row in await holders.list_untold_measures(act.connection, act.tenant_id):
        await _tell(act, row["id"], row["institution_id"], row["action"], row["decided_on"], row["decided_by"])
        told.append(row["institution_id"])
    return told


async def take_measure(
    act: Act, institution_id: UUID, agreement_id: UUID | None, action: InsuranceAction, on: date, reason: str
) -> UUID:
    """The measure; told to supervision at once where the act runs in the district, else by ``tell_measures``."""
    local = bool(act.actor.roles_in(act.tenant_id))
    by = await applicants.find_agency_name(act.connection, act.tenant_id) if local else CENTRE
    measure_id = new_id()
    after = {
        "institution_id": institution_id,
        "agreement_id": agreement_id,
        "action": action,
        "decided_on": on,
        "decided_by": by,
        "reason": reason,
    }
    mark = {"tenant_id": act.tenant_id, "id": measure_id, "created_by": act.actor.subject, "source": "PERSON"}
    await store.insert_rows(act.connection, tables.designation_measure, [mark | after])
    await act.note("taken", "designation_measure", measure_id, after=after)
    if local:
        await _tell(act, measure_id, institution_id, action, on, by)
    return measure_id


async def _tell(act: Act, measure_id: UUID, institution_id: UUID, action: str, on: date, by: str) -> None:
    fact_id = await record_insurance_action(
        act,
        institution_id,
        InsuranceAction(action),
        occurred_on=on,
        decided_on=on,
        source_name=by,
    )
    values = {"fact_id": fact_id}
    await store.update_row(act.connection, tables.designation_measure, act.tenant_id, measure_id, values)
