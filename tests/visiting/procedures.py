"""Rows of procedures in the visitors' world, and who reads them, written down a second time and by hand.

An area adds its types to ``READERS`` and its rows to ``PLANTED``; see ``world.py`` for what this is for.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg.types.json import Json

from server.development.samples import first_centre
from server.kit.actor import Role
from server.kit.clock import BEIJING
from server.kit.ids import new_id, stable_id

Row = Mapping[str, Any]
#: Every row of a table by (tenant, id).
Tables = Callable[[str], Iterable[Row]]

_CITY = {Role.MUNICIPAL_ANALYST, Role.MUNICIPAL_HEALTH_OFFICER, Role.MUNICIPAL_INSURANCE_OFFICER}
_HEALTH = {Role.DISTRICT_OFFICER, Role.DISTRICT_ADMINISTRATOR}
_NOW = datetime(2026, 6, 1, 9, tzinfo=BEIJING)


class Reader:
    """One role that somebody holds: of whom, where, and of which institution or department."""

    def __init__(self, role: Role, tenant: int, subject: str, institution: UUID | None, rows: Tables) -> None:
        self.role, self.tenant, self.subject, self.institution, self.rows = role, tenant, subject, institution, rows

    @property
    def is_here(self) -> Callable[[Row], bool]:
        """Whether the row is of a tenant in which the role counts."""
        return lambda row: self.role in _CITY or row["tenant_id"] == self.tenant

    def staffs(self, row: Row) -> bool:
        """Whether the row's institution is the reader's own, or a station under it."""
        own = {
            one["id"]
            for one in self.rows("institution")
            if one["tenant_id"] == self.tenant and self.institution in (one["id"], one["parent_id"])
        }
        return self.role is Role.INSTITUTION_STAFF and row["institution_id"] in own


def document(reader: Reader, row: Row) -> bool:
    """Officials of the district, the city's health commission; owners; those who were given the case."""
    if reader.role in {*_HEALTH, Role.DEPARTMENT_OFFICER, Role.MUNICIPAL_HEALTH_OFFICER}:
        return True
    if reader.role is Role.MUNICIPAL_ANALYST:
        return False
    if _owns(reader, row):
        return True
    given = {
        one["subject_id"]
        for one in reader.rows("case_reader")
        if one["tenant_id"] == row["tenant_id"]
        and one["role"] == reader.role
        and one["reader"] in (None, reader.subject)
        and one["withdrawn_at"] is None
    }
    used = (one for one in reader.rows("document_use") if one["document_id"] == row["id"])
    return any(one["subject_id"] in given for one in used)


def _owns(reader: Reader, row: Row) -> bool:
    staff = reader.role is Role.INSTITUTION_STAFF and row["institution_id"] == reader.institution
    return bool(row["uploaded_by"] == reader.subject or (staff and row["institution_id"] is not None))


def document_use(reader: Reader, row: Row) -> bool:
    """As its document, but not by those who were given one case alone."""
    (file,) = (one for one in reader.rows("document") if one["id"] == row["document_id"])
    if reader.role in {Role.AGENCY_OFFICER, Role.EXPERT, Role.MUNICIPAL_INSURANCE_OFFICER}:
        return bool(file["uploaded_by"] == reader.subject)
    return document(reader, file)


def paper(reader: Reader, row: Row) -> bool:
    """Officials, the city, the institution's staff, the applicant whom it is addressed to."""
    officials = {*_HEALTH, *_CITY, Role.DEPARTMENT_OFFICER, Role.AGENCY_OFFICER}
    addressed = reader.role is Role.APPLICANT and row["recipient"] == reader.subject
    return reader.role in officials or addressed or reader.staffs(row)


def of_paper(reader: Reader, row: Row) -> bool:
    """As its paper."""
    (one,) = (one for one in reader.rows("paper") if one["id"] == row["paper_id"])
    return paper(reader, one)


def task(reader: Reader, row: Row) -> bool:
    """Whose role it names, and its assignee; the district's health commission all but the agency's; the city all."""
    if row["assignee"] == reader.subject and reader.role is not Role.PLATFORM_OPERATOR:
        return True
    match reader.role:
        case Role.DISTRICT_ADMINISTRATOR:
            return True
        case Role.DISTRICT_OFFICER:
            return row["role"] != Role.AGENCY_OFFICER
        case Role.AGENCY_OFFICER:
            return row["role"] == Role.AGENCY_OFFICER
        case Role.DEPARTMENT_OFFICER:
            return row["role"] == Role.DEPARTMENT_OFFICER and row["department"] in (None, "MARKET_REGULATION")
        case Role.INSTITUTION_STAFF:
            return row["role"] == Role.INSTITUTION_STAFF and reader.staffs(row)
    return reader.role in _CITY


def proposal(reader: Reader, row: Row) -> bool:
    """Those who decide, the departments, the city."""
    return reader.role in {*_HEALTH, *_CITY, Role.DEPARTMENT_OFFICER}


def of_institution(reader: Reader, row: Row) -> bool:
    """Officials, the city, and the institution's staff."""
    return reader.role in {*_HEALTH, *_CITY, Role.DEPARTMENT_OFFICER, Role.AGENCY_OFFICER} or reader.staffs(row)


def licence_application(reader: Reader, row: Row) -> bool:
    """As what belongs to an institution; and who applied."""
    applied = reader.role is Role.APPLICANT and row["applicant"] == reader.subject
    return applied or of_institution(reader, row)


def licence(reader: Reader, row: Row) -> bool:
    """As what belongs to an institution; and who applied for it."""
    led = (one for one in reader.rows("licence_application") if one["id"] == row["application_id"])
    mine = reader.role is Role.APPLICANT and any(one["applicant"] == reader.subject for one in led)
    return mine or of_institution(reader, row)


#: Who reads a row of a type that is here, by the type's name; the row is of a tenant in which the role counts.
READERS: dict[str, Callable[[Reader, Row], bool]] = {
    "Document": document,
    "DocumentUse": document_use,
    "OfficialPaper": paper,
    "PaperService": of_paper,
    "PaperRemedy": of_paper,
    "Task": task,
    "Proposal": proposal,
    "LicenceApplication": licence_application,
    "Licence": licence,
    **dict.fromkeys(
        (
            "LicenceChange",
            "LicenceEnding",
            "MonitoringEnrolment",
            "Obligation",
            "ObligationEvidence",
            "Verification",
        ),
        of_institution,
    ),
}


#: Tables that are no types of the schema, but say who reads what.
BEHIND = ("case_reader",)


class Planting:
    """Adds rows to a tenant as the superuser."""

    def __init__(self, connection: psycopg.Connection[Any], district: str, tenant: int) -> None:
        self._connection, self.district, self.tenant = connection, district, tenant
        self.centre = first_centre(district)
        self.station = stable_id("sample", district, "station", "0", "0")

    def add(self, table: str, **values: Any) -> UUID:
        """A row with these values; its id."""
        row = {"tenant_id": self.tenant, "id": new_id()} | values
        columns, marks = ", ".join(row), ", ".join(["%s"] * len(row))
        self._connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", list(row.values()))  # type: ignore[arg-type]
        found: UUID = row["id"]
        return found

    def visitor(self, role: Role) -> str:
        """The subject of the visitor who holds this role in the district."""
        return f"visitor:{role}@{self.district}"


def _documents(planting: Planting) -> None:
    case, closed = new_id(), new_id()
    owners = [planting.visitor(role) for role in (Role.APPLICANT, Role.EXPERT, Role.AGENCY_OFFICER)]
    for number, (owner, institution) in enumerate(
        [*((one, None) for one in owners), ("somebody", planting.centre), ("somebody", planting.station)]
    ):
        one = planting.add(
            "document",
            name=f"材料{number}.pdf",
            media_type="application/pdf",
            status="STORED",
            size_bytes=10,
            sha256="0" * 64,
            place="nowhere",
            institution_id=institution,
            uploaded_by=owner,
            upload_until=_NOW,
            stored_at=_NOW,
        )
        planting.add(
            "document_use",
            document_id=one,
            subject_type="case",
            subject_id=case if number % 2 else closed,
            purpose="材料",
            used_by=owner,
        )
    readers = [(Role.EXPERT, planting.visitor(Role.EXPERT)), (Role.AGENCY_OFFICER, None)]
    for role, reader in [*readers, (Role.MUNICIPAL_INSURANCE_OFFICER, None)]:
        given = {"subject_type": "case", "role": role, "reader": reader, "given_by": "tests"}
        planting.add("case_reader", subject_id=case, **given)
        planting.add("case_reader", subject_id=closed, withdrawn_at=_NOW, **given)


def _papers(planting: Planting) -> None:
    whom = [(planting.centre, None), (planting.station, None), (None, planting.visitor(Role.APPLICANT)), (None, None)]
    for serial, (institution, recipient) in enumerate(whom, start=1):
        one = planting.add(
            "paper",
            kind="NOTICE",
            number=f"告〔2017〕{serial}号",
            year=2017,
            serial=serial,
            subject_type="institution",
            subject_id=institution or new_id(),
            institution_id=institution,
            issuer="卫生健康委",
            addressee="示例",
            recipient=recipient,
            title="告知书",
            content=Json({"fields": [], "clauses": []}),
            remedies=True,
            issued_on=date(2017, 3, serial),
            issued_by="tests",
            digest="0" * 64,
        )
        for sequence in (1, 2):
            service = planting.add(
                "paper_service",
                paper_id=one,
                sequence=sequence,
                served_on=date(2017, 4, sequence),
                method="MAIL",
                served_by="tests",
            )
            planting.add(
                "paper_remedy",
                paper_id=one,
                service_id=service,
                kind="LITIGATION",
                last_on=date(2017, 10, sequence),
                days=6,
                unit="MONTHS",
                rule="六个月",
                provisional=False,
                source="UNVERIFIED",
            )


def _tasks(planting: Planting) -> None:
    common = {
        "kind": "DECIDE_PROPOSAL",
        "status": "OPEN",
        "provisional": False,
        "created_by": "tests",
        "source": "SAMPLE",
    }
    whom: list[dict[str, Any]] = [{"role": role} for role in (Role.DISTRICT_OFFICER, Role.AGENCY_OFFICER, Role.EXPERT)]
    whom += [
        {"role": Role.DEPARTMENT_OFFICER, "department": one} for one in ("MARKET_REGULATION", "CIVIL_AFFAIRS", None)
    ]
    whom += [
        {"role": Role.INSTITUTION_STAFF, "institution_id": one} for one in (planting.centre, planting.station, None)
    ]
    whom += [{"role": role, "assignee": planting.visitor(role)} for role in (Role.APPLICANT, Role.EXPERT)]
    for number, one in enumerate(whom):
        due = {"due_on": _NOW.date() + timedelta(days=number), "due_rule": "规则", "due_unit": "FIXED"}
        planting.add(
            "task",
            title=f"待办{number}",
            subject_type="institution",
            subject_id=planting.centre,
            **(due | {"due_source": "UNVERIFIED"} if number % 2 else {}),
            **common,
            **one,
        )


def _proposals(planting: Planting) -> None:
    for institution in (planting.centre, planting.station):
        decision = planting.add(
            "decision_record",
            institution_id=institution,
            kind="EXIT",
            rule="R-1",
            outcome="FIRED",
            effect="ORDER_EXIT",
            policy_digest="0" * 64,
            decision_digest="0" * 64,
            record=Json({}),
            as_of=_NOW.date(),
            known_at=_NOW,
            recorded_by="tests",
        )
        planting.add(
            "proposal",
            subject_type="institution",
            subject_id=institution,
            institution_id=institution,
            decision_id=decision,
            kind="EXIT",
            rule="R-1",
            title="规则",
            effect="ORDER_EXIT",
            effects=["ORDER_EXIT"],
            flags=[],
            policy_version=1,
            policy_digest="0" * 64,
            as_of=_NOW.date(),
            grounds="0" * 64,
            status="OPEN",
            created_by="tests",
            source="RULE",
        )


def _licensing(planting: Planting) -> None:
    day, kept = date(2018, 5, 1), {"created_by": "tests", "source": "SAMPLE"}
    for number, institution in enumerate((planting.centre, planting.station)):
        application = planting.add(
            "licence_application",
            kind="REGISTRATION",
            status="GRANTED",
            institution_id=institution,
            institution_name="示例机构",
            institution_kind="COMMUNITY_HEALTH_STATION",
            address="示例路1号",
            operator_name="示例公司",
            operator_kind="NON_GOV_ENTERPRISE",
            operating_nature="NON_PROFIT",
            subjects=["全科医疗科"],
            beds=number,
            applicant="somebody" if number else planting.visitor(Role.APPLICANT),
            submitted_on=day,
            notice_by=day,
            due_on=day + timedelta(days=number),
            **kept,
        )
        of_one = {"institution_id": institution}
        one = planting.add(
            "licence",
            application_id=application,
            number=f"PDY{planting.tenant}-{number}",
            status="ACTIVE",
            issued_on=day,
            valid_from_on=day,
            valid_through_on=day + timedelta(days=900),
            subjects=["全科医疗科"],
            beds=number,
            cycle_from_on=day,
            cycle_until=day + timedelta(days=365),
            verification_months=12,
            verification_due_on=day + timedelta(days=365 + number),
            **of_one,
            **kept,
        )
        of_both = of_one | {"licence_id": one}
        planting.add("licence_change", kind="ISSUED", on_date=day, recorded_at=_NOW, created_by="tests", **of_both)
        planting.add(
            "verification",
            kind="REGULAR",
            status="APPLIED",
            cycle="2018",
            cycle_due_on=day,
            applied_on=day + timedelta(days=number),
            late=bool(number),
            **of_both,
            **kept,
        )
        planting.add(
            "licence_ending",
            ground="CLOSED",
            status="NOTIFIED",
            reason="歇业",
            notified_on=day + timedelta(days=number),
            notified_by="tests",
            **of_both,
            **kept,
        )
        duty = planting.add(
            "obligation",
            code=f"CODE_{number}",
            title="义务",
            nature="DUTY",
            clause_document="nowhere",
            clause_anchor="第一条",
            from_on=day,
            **of_one,
            **kept,
        )
        planting.add(
            "obligation_evidence",
            obligation_id=duty,
            finding="STATED",
            on_date=day,
            note="自述",
            created_by="tests",
            **of_one,
        )
        planting.add("monitoring_enrolment", enrolled_on=day, **of_one, **kept)


#: What each area plants in either district.
PLANTED: list[Callable[[Planting], None]] = [_documents, _papers, _tasks, _proposals, _licensing]
