"""What goes into the file of a case: persons and files as handed in, bars and checks as the records have them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from server.documents import actions as documents
from server.insurance import checks, form_rules, rules, store, tables
from server.insurance.actions.stepping import SUBJECT
from server.insurance.form import Form
from server.insurance.form_rules import Finding
from server.insurance.model import BarSubject, MaterialKind, PersonRole, Step
from server.kit import clock
from server.kit.ids import new_id
from server.record.acts import Act

FORM = ("input", "form")


def told(finding: Finding) -> dict[str, Any]:
    """The finding as it is kept."""
    return {
        "code": finding.code,
        "message": finding.message,
        "field": finding.field,
        "material": finding.material,
        "document": finding.clause.document,
        "anchor": finding.clause.anchor,
    }


async def running_bars(act: Act, line: Sequence[UUID], form: Form) -> list[rules.Bar]:
    """Every bar in the city that has been set on the institution or on somebody whom its form names."""
    persons = []
    for role in PersonRole:
        one = form.person(role)
        if one is not None and one.identity_number is not None:
            same = act.equal(tables.designation_bar, identity_number=one.identity_number)
            persons.append((role.label, same))
    found = await store.list_bars(act.connection, line, persons)
    return [
        rules.Bar(BarSubject(row["subject"]), row["from_on"], row["until"], row["reason"], role) for row, role in found
    ]


async def add_persons(act: Act, application_id: UUID, institution_id: UUID, form: Form, *, amended: bool) -> None:
    """The persons of the form, their numbers sealed."""
    for role in PersonRole:
        one = form.person(role)
        if one is None:
            continue
        person_id = new_id()
        row = {
            "tenant_id": act.tenant_id,
            "id": person_id,
            "application_id": application_id,
            "institution_id": institution_id,
            "role": role,
            "amended": amended,
            "name": one.name,
        }
        at = (*FORM, form_rules.spelled(role.lower()))
        row |= act.seal(tables.designation_person, person_id, at, phone=one.phone, identity_number=one.identity_number)
        await store.insert_rows(act.connection, tables.designation_person, [row])


async def take_files(
    act: Act, application_id: UUID, institution_id: UUID, materials: Mapping[MaterialKind, tuple[UUID, ...]]
) -> None:
    """The files of each material, noted as used in the case."""
    rows = {MaterialKind(row["kind"]): row for row in await _materials(act, application_id)}
    today = clock.today()
    for kind, files in materials.items():
        await documents.take(
            act, files, subject_type=SUBJECT, subject_id=application_id, purpose=kind, path=("input", "materials")
        )
        row = rows[kind]
        await store.insert_rows(
            act.connection,
            tables.designation_material_file,
            [
                {
                    "tenant_id": act.tenant_id,
                    "id": new_id(),
                    "material_id": row["id"],
                    "institution_id": institution_id,
                    "document_id": one,
                    "provided_on": today,
                }
                for one in dict.fromkeys(files)
            ],
        )
        if files and not row["present"]:
            values = {"present": True, "provided_on": today}
            await store.update_row(act.connection, tables.designation_material, act.tenant_id, row["id"], values)


async def keep_checks(
    act: Act,
    application_id: UUID,
    institution_id: UUID,
    judged: Sequence[checks.Check],
    *,
    as_of: date,
    occasion: Step,
) -> None:
    """What the records say of the commitments, kept with the case."""
    rows = [
        {
            "tenant_id": act.tenant_id,
            "id": new_id(),
            "application_id": application_id,
            "institution_id": institution_id,
            "commitment": one.commitment,
            "label": one.label,
            "outcome": one.outcome,
            "detail": one.detail,
            "records": [
                {"what": record.what, "on": record.on.isoformat(), "source": record.source, "id": str(record.id or "")}
                for record in one.records
            ],
            "as_of": as_of,
            "at": clock.now(),
            "occasion": occasion,
        }
        for one in judged
    ]
    await store.insert_rows(act.connection, tables.designation_check, rows)


async def _materials(act: Act, application_id: UUID) -> Sequence[RowMapping]:
    return await store.list_materials(act.connection, act.tenant_id, application_id)
