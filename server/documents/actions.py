"""Using uploaded files in cases, and opening a case's files to those who must read them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import RowMapping

from server.documents import store
from server.documents.model import OFFICIALS, DocumentStatus
from server.kit.actor import Role
from server.kit.errors import Invalid, NotFound
from server.kit.ids import new_id
from server.record.acts import Act

DOCUMENTS = ("input", "documents")


async def take(
    act: Act,
    document_ids: Sequence[UUID],
    *,
    subject_type: str,
    subject_id: UUID,
    purpose: str,
    path: tuple[str, ...] = DOCUMENTS,
) -> None:
    """The stored files are used in the case, and stay with their owner for the next one.

    Officials may use any file of the district, everybody else their own and those of their institution.

    Implements: BJ17-2-2d.
    Raises: NotFound (not there, or not theirs), Invalid (not uploaded yet); both with the path of the one.
    """
    wanted = list(dict.fromkeys(document_ids))
    found = await store.find_documents(act.connection, act.tenant_id, wanted)
    for place, one in enumerate(wanted):
        row = found.get(one)
        if row is None or not may_use(act, row):
            raise NotFound(path=(*path, place))
        if row["status"] != DocumentStatus.STORED:
            status = DocumentStatus(row["status"]).label
            raise Invalid(f"文件“{row['name']}”{status}，请先完成上传", path=(*path, str(place)))
    rows = [
        {
            "tenant_id": act.tenant_id,
            "id": new_id(),
            "document_id": one,
            "subject_type": subject_type,
            "subject_id": subject_id,
            "purpose": purpose,
            "used_by": act.actor.subject,
        }
        for one in wanted
    ]
    await store.insert_uses(act.connection, rows)
    after = {"subject_type": subject_type, "subject_id": subject_id, "purpose": purpose}
    await act.note_all("used", "document", [(one, None, after) for one in wanted])


def may_use(act: Act, row: RowMapping) -> bool:
    """Whether the person who acts may hand this file in."""
    if act.actor.acting_roles_in(act.tenant_id).intersection(OFFICIALS) or row["uploaded_by"] == act.actor.subject:
        return True
    return row["institution_id"] is not None and row["institution_id"] in own_institutions(act)


def own_institutions(act: Act) -> frozenset[UUID]:
    """The institutions whose staff the person who acts is."""
    return frozenset(
        one.institution_id
        for one in act.actor.grants
        if one.tenant_id == act.tenant_id and one.role is Role.INSTITUTION_STAFF and one.institution_id
    )


async def open_case(
    act: Act, subject_type: str, subject_id: UUID, *, readers: Sequence[str] = (), roles: Sequence[Role] = ()
) -> None:
    """These people (by subject), and everybody of these roles in the district, read the files used in the case.

    For experts who must score it, and the agency that handles it.
    """
    whom = [{"reader": one, "role": None} for one in readers] + [{"reader": None, "role": one} for one in roles]
    row = {"tenant_id": act.tenant_id, "subject_type": subject_type, "subject_id": subject_id}
    row["given_by"] = act.actor.subject
    await store.insert_readers(act.connection, [row | one | {"id": new_id()} for one in whom])
    if whom:
        after = {"readers": list(readers), "roles": list(roles)}
        await act.note("opened_to_readers", subject_type, subject_id, after=after)


async def close_case_to(act: Act, subject_type: str, subject_id: UUID, reader: str) -> None:
    """The person, an expert recused say, reads the case's files no longer."""
    if await store.withdraw_reader(act.connection, act.tenant_id, subject_id, reader):
        await act.note("closed_to_reader", subject_type, subject_id, before={"reader": reader})
