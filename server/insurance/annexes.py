"""The annexes of an application as it stands in the database, printed with masks."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from server.insurance import store, tables
from server.insurance.form import joined
from server.insurance.printing import Filed, Printed, PrintKind, annex
from server.kit import clock
from server.policy.documents import Register
from server.record.acts import Act


def filed(row: Mapping[str, Any], persons: Sequence[Mapping[str, Any]]) -> Filed:
    """What the annexes are filled from: the form as submitted."""
    masks = {} if row["bank_account_masked"] is None else {"bank.account": row["bank_account_masked"]}
    for one in persons:
        if not one["amended"]:
            for name in ("phone", "identity_number"):
                if one[f"{name}_masked"] is not None:
                    masks[f"{one['role'].lower()}.{name}"] = one[f"{name}_masked"]
    return Filed(
        number=row["number"],
        applied_on=row["applied_on"],
        received_at=clock.shown(row["received_at"])[:19].replace("T", " "),
        form=joined(row["form"], {}),
        masks=masks,
        accepted=tuple(row["accepted_commitments"]),
        signed_on=row["commitments_signed_on"],
        guarantor_name=row["guarantor_name"],
        guarantor_code=row["guarantor_code"],
        guarantee_signed_on=row["guarantee_signed_on"],
    )


class Printing:
    """Prints the annexes of applications, in the words of the register's notice."""

    def __init__(self, register: Register) -> None:
        self._register = register

    async def of(self, act: Act, application_id: UUID) -> tuple[Printed, ...]:
        """All annexes of the application; the superior's guarantee only where its kind needs one.  Raises: NotFound."""
        row = await store.load_for_change(act.connection, tables.designation_application, act.tenant_id, application_id)
        persons = await store.list_persons(act.connection, act.tenant_id, application_id)
        kinds = [kind for kind in PrintKind if kind is not PrintKind.ANNEX_2_2 or row["guarantee_required"]]
        values = filed({**row}, [{**one} for one in persons])
        return tuple([await asyncio.to_thread(annex, kind, values, self._register) for kind in kinds])
