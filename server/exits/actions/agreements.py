"""The agreements that a decision of exit ends, those it cannot end, and what becomes of them when it is revoked.

Implements: MTG-20-0 (终止相关协议).
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping

from server.exits.actions.cases import clause_of
from server.exits.actions.referring import decision_of
from server.insurance.actions.heeding import tell_of_exit, untell_of_exit
from server.policy.grounds import Enabled
from server.policy.procedures import Procedure
from server.record.acts import Act
from server.selection.awards import find_applicant, list_awards_of
from server.sites import store as sites
from server.sites.actions.ending import ExitDecided, end_by_exit, reinstate


async def terminate_agreements(act: Act, enabled: Enabled, case: RowMapping | Mapping[str, Any]) -> list[str]:
    """The institution's running entrustment agreements ended by the case; the names of agreements that it cannot end.

    Entrustment agreements are the commission's own, in whatever state they are.  The insurance agreement is the agency's.
    Raises: NotAllowed, Conflict (an agreement that cannot be ended, by name).
    """
    procedure = Procedure(enabled.version, enabled.book, enabled.book.register)
    number, clause = await decision_of(act, case["id"]), clause_of(case)
    decided = ExitDecided(case["id"], number, case["decided_on"], clause)
    awards = await list_awards_of(act, case["institution_id"])
    for row in await sites.list_agreements_of(act.connection, act.tenant_id, awards, case["institution_id"]):
        subject = await find_applicant(act, row["application_id"])
        await end_by_exit(act, procedure, row["id"], decided, subject=subject)
    left = await tell_of_exit(act, case["institution_id"], decision=number, clause=clause)
    return [] if left is None else [left]


async def reinstate_agreements(act: Act, procedure: Procedure, case: RowMapping) -> dict[str, list[str]]:
    """The agreements that the case ended as they were before it: those that go on, and those that cannot, by number."""
    told: dict[str, list[str]] = {"恢复履行的委托协议": [], "不能恢复的委托协议": []}
    for row in await sites.list_ended_by(act.connection, act.tenant_id, case["id"]):
        done = await reinstate(act, procedure, row)
        told["恢复履行的委托协议" if done else "不能恢复的委托协议"].append(row["number"] or "（未签订）")
    if case["agreements_left"]:
        await untell_of_exit(act, case["institution_id"])
    return {label: numbers for label, numbers in told.items() if numbers}
