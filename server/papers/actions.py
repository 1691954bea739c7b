"""Issuing and serving official documents; areas call these inside their own acts."""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from server.districts.model import AuthorityKind
from server.kit import clock
from server.kit.actor import MUNICIPALITY, Role
from server.kit.clause import Clause
from server.kit.errors import Conflict, Invalid, OutOfDate
from server.kit.ids import new_id
from server.papers import rules, store
from server.papers.model import PaperKind, ServiceMethod
from server.policy.store import find_parameters
from server.policy.terms import Kind
from server.record.acts import Act
from server.workdays.store import calendar_within

#: Who notes how a document was served: whoever may issue one.
SERVERS = (Role.DISTRICT_OFFICER, Role.DISTRICT_ADMINISTRATOR, Role.AGENCY_OFFICER)
CITY_SERVERS = (Role.MUNICIPAL_INSURANCE_OFFICER,)


async def issue(
    act: Act,
    *,
    kind: PaperKind,
    subject_type: str,
    subject_id: UUID,
    institution_id: UUID | None,
    addressee: str,
    title: str,
    fields: Mapping[str, str],
    issued_on: date,
    clauses: Sequence[Clause] = (),
    remedies: bool = False,
    issuer: AuthorityKind | str = AuthorityKind.HEALTH_COMMISSION,
    recipient: str | None = None,
) -> UUID:
    """The document, numbered and fixed: no later act changes it.

    ``fields`` are the rows of its body, label and text, in order.  ``issuer``: which authority, or its full name.
    ``recipient``: the applicant, by subject, who reads it here; staff read what concerns their institution.
    ``remedies``: whether it is an act open to reconsideration and litigation.

    Raises: Invalid for a day that has not come, an empty addressee or title, text that no document can hold;
    PolicyNotEnabled where remedies are to be told and no length of theirs is stated.
    """
    if issued_on > clock.today():
        raise Invalid(f"签发日期不能晚于今天（{clock.today()}），实际为 {issued_on}", path=("input", "issuedOn"))
    if not addressee.strip() or not title.strip():
        raise Invalid("文书应写明标题和受送达人", path=("input", "addressee"))
    for text in (addressee, title, *fields, *fields.values()):
        if any(unicodedata.category(one) in ("Cc", "Cs", "Cn") and one not in "\n\t" for one in text):
            raise Invalid(f"文书内容“{text[:20]}”含有控制字符，请删除后重试", path=("input", "fields"))
    if isinstance(issuer, AuthorityKind):
        issuer = await store.find_authority(act.connection, act.tenant_id, issuer) or issuer.label
    told_of_remedies = None
    if remedies:
        stated = await find_parameters(act.connection, MUNICIPALITY, Kind.DEADLINES, issued_on)
        told_of_remedies = rules.remedy_text(stated)
    serial = await store.next_serial(act.connection, act.tenant_id, kind, issued_on.year)
    paper_id = new_id()
    told = {
        "kind": kind,
        "number": rules.number_of(kind, issued_on.year, serial),
        "issuer": issuer,
        "addressee": addressee.strip(),
        "title": title.strip(),
        "content": rules.content_of(fields, clauses, told_of_remedies),
        "remedies": remedies,
        "issued_on": issued_on,
    }
    row = told | {
        "tenant_id": act.tenant_id,
        "id": paper_id,
        "year": issued_on.year,
        "serial": serial,
        "subject_type": subject_type,
        "subject_id": subject_id,
        "institution_id": institution_id,
        "recipient": recipient,
        "issued_by": act.actor.subject,
        "digest": rules.digest_of(told),
    }
    await store.insert_paper(act.connection, row)
    noted = {"number": told["number"], "kind": kind, "subject_id": subject_id, "digest": row["digest"]}
    await act.note("issued", "paper", paper_id, after=noted)
    return paper_id


async def serve(
    act: Act,
    paper_id: UUID,
    *,
    on: date,
    method: ServiceMethod,
    receipt: str | None,
    reason: str | None = None,
    expected_version: int | None = None,
) -> None:
    """The document reached its addressee; its remedies run from then.

    ``reason``: why it was served once more, or the entry corrected; the latest entry holds, the earlier ones stay.
    ``expected_version``: 1 for a document that was not served yet, and one more for every entry.

    Raises: NotFound, OutOfDate, Invalid (before it was issued, or in the future), Conflict (served already, and no reason
    given), YearMissing, PolicyNotEnabled (no length of a remedy is stated).
    """
    row = await store.load_paper(act.connection, act.tenant_id, paper_id)
    await store.hold_paper(act.connection, paper_id)
    earlier = await store.list_services(act.connection, act.tenant_id, paper_id)
    version = len(earlier) + 1
    if expected_version not in (None, version):
        raise OutOfDate(current_version=version)
    if not row["issued_on"] <= on <= clock.today():
        raise Invalid(
            f"送达日期应在签发日 {row['issued_on']} 至今天（{clock.today()}）之间，实际为 {on}", path=("input", "on")
        )
    if earlier and not (reason or "").strip():
        raise Conflict(
            f"该文书已于 {earlier[-1]['served_on']} 送达；重新送达或更正须说明理由", path=("input", "reason")
        )
    service_id = new_id()
    after = {
        "sequence": version,
        "served_on": on,
        "method": method,
        "receipt": receipt,
        "reason": reason if earlier else None,
    }
    await store.insert_service(
        act.connection,
        after | {"tenant_id": act.tenant_id, "id": service_id, "paper_id": paper_id, "served_by": act.actor.subject},
    )
    if row["remedies"]:
        calendar = await calendar_within(act.connection)
        stated = await find_parameters(act.connection, MUNICIPALITY, Kind.DEADLINES, on)
        await store.insert_remedies(
            act.connection,
            [
                {
                    "tenant_id": act.tenant_id,
                    "id": new_id(),
                    "paper_id": paper_id,
                    "service_id": service_id,
                    "kind": one.kind,
                    "last_on": one.last_on,
                    "days": one.days,
                    "unit": one.unit,
                    "rule": one.rule,
                    "provisional": one.provisional,
                    "source": one.source,
                }
                for one in rules.remedies_from(calendar, on, stated)
            ],
        )
    await act.note("served", "paper", paper_id, after=after)
