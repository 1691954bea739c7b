"""Announcing files, using them in cases, and opening a case's files to those who must read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping

from server.documents import store
from server.documents.keeping import Files
from server.documents.model import OFFICIALS, UPLOADERS, DocumentStatus
from server.kit import clock
from server.kit.actor import Role
from server.kit.errors import Conflict, Invalid, NotFound
from server.kit.ids import new_id
from server.record.acts import Act

DOCUMENTS = ("input", "documents")
#: How many files one person may have begun to upload at a time; PLATFORM_DEFAULT.
_UPLOADING_MOST = 50
_PURPOSE_LONGEST = 40


@dataclass(frozen=True, slots=True)
class Announced:
    """A file as its owner announces it."""

    name: str
    media_type: str
    size_bytes: int
    purpose: str | None = None
    institution_id: UUID | None = None


async def announce(act: Act, files: Files, wanted: Announced) -> tuple[UUID, datetime]:
    """A file to be uploaded, and until when its address is good.

    Staff of one institution upload for it without saying so.

    Raises: NotAllowed, NotFound (an institution that is not theirs), Invalid (type, size or name), Conflict (too many
    uploads begun).
    """
    act.require(*UPLOADERS)
    files.limits.check(wanted.name, wanted.media_type, wanted.size_bytes)
    if wanted.purpose is not None and not 1 <= len(wanted.purpose) <= _PURPOSE_LONGEST:
        raise Invalid(f"用途应为 1 到 {_PURPOSE_LONGEST} 个字", path=("input", "purpose"))
    institution_id, own = wanted.institution_id, own_institutions(act)
    if institution_id is None and len(own) == 1:
        (institution_id,) = own
    elif institution_id is not None and institution_id not in own and not _is_official(act):
        raise NotFound(path=("input", "institution"))
    now = clock.now()
    if await store.count_uploading(act.connection, act.tenant_id, act.actor.subject, now) >= _UPLOADING_MOST:
        raise Conflict(f"您有 {_UPLOADING_MOST} 个文件尚未上传完成，请先完成或等待上传地址过期", path=("input",))
    document_id, until = new_id(), now + files.upload_time
    after = {
        "name": wanted.name,
        "media_type": wanted.media_type,
        "purpose": wanted.purpose,
        "size_bytes": wanted.size_bytes,
        "institution_id": institution_id,
    }
    row = after | {
        "tenant_id": act.tenant_id,
        "id": document_id,
        "status": DocumentStatus.UPLOADING,
        "uploaded_by": act.actor.subject,
        "upload_until": until,
    }
    await store.insert_document(act.connection, row)
    await act.note("announced", "document", document_id, after=after)
    return document_id, until


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
    if _is_official(act) or row["uploaded_by"] == act.actor.subject:
        return True
    return row["institution_id"] is not None and row["institution_id"] in own_institutions(act)


def _is_official(act: Act) -> bool:
    return bool(act.actor.acting_roles_in(act.tenant_id).intersection(OFFICIALS))


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
    """These experts (by subject), and everybody of these roles in the district, read the files used in the case.

    For experts who must score it, and the agency that handles it.  Who reads all files of the district anyway
    (``DISTRICT_OFFICER``, …) need not be named.
    """
    whom: list[tuple[Role, str | None]] = [(Role.EXPERT, one) for one in readers] + [(one, None) for one in roles]
    rows = [
        {
            "tenant_id": act.tenant_id,
            "id": new_id(),
            "subject_type": subject_type,
            "subject_id": subject_id,
            "role": role,
            "reader": reader,
            "given_by": act.actor.subject,
        }
        for role, reader in whom
    ]
    await store.insert_readers(act.connection, rows)
    if rows:
        after = {"readers": list(readers), "roles": list(roles)}
        await act.note("opened_to_readers", subject_type, subject_id, after=after)


async def close_case_to(act: Act, subject_type: str, subject_id: UUID, reader: str) -> None:
    """The person, an expert recused say, reads the case's files no longer."""
    if await store.withdraw_reader(act.connection, act.tenant_id, subject_id, reader):
        await act.note("closed_to_reader", subject_type, subject_id, before={"reader": reader})
