"""Institutions that apply, the agencies that evaluate, and the municipal centre: made by SQL, acting over GraphQL."""

import itertools
import uuid
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import psycopg

from server.db import roles
from server.districts.files import load_districts
from server.identity.store import insert_memberships
from server.kit import clock, names, uscc
from server.kit.actor import MUNICIPALITY, Role
from server.kit.ids import NodeId, new_id
from tests.driving import Client, Reply, Server

TENANTS = {one.code: one for one in load_districts()}
INSTITUTION, DOCUMENT = 3, 30

#: Inside the National Day window of 2026: 8, 9, 10 (a worked Saturday), 12, 13 October.
IN_WINDOW = date(2026, 10, 9)

PROBLEM = "__typename ... on Problem { code message path clause { document anchor } }"
SHOWN = "id version number status receivedOn supplementNoticeDueOn municipalResult districtResult"

_numbers = itertools.count(1)


def key() -> str:
    return uuid.uuid4().hex


def credit_code(number: int) -> str:
    """A valid credit code of its own."""
    body = f"12110106{number:09d}"
    return body + uscc.check_character(body)


def identity_number(number: int) -> str:
    """A valid resident's number of its own."""
    body = f"110105{1960 + number % 40}0101{number % 1000:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))
    return body + "10X98765432"[total % 11]


@dataclass
class Caller(Client):
    """Somebody whose tokens are of the day at which the clock stands."""

    server: Server | None = None
    subject: str = ""

    async def __call__(self, query: str, **variables: Any) -> Reply:
        assert self.server is not None
        self.headers = {"authorization": f"Bearer {self.server.issuer.token(self.subject, 'shequ')}"}
        return await super().__call__(query, **variables)


@dataclass
class Applicant:
    """An institution with somebody of its staff."""

    district: str
    id: UUID
    name: str
    kind: str
    client: Client
    number: int
    materials: dict[str, str] = field(default_factory=dict)

    @property
    def node(self) -> str:
        return str(NodeId(INSTITUTION, TENANTS[self.district].tenant_id, self.id))

    def form(self, **changed: Any) -> dict[str, Any]:
        """Annex 1 with nothing missing and nothing inconsistent."""
        person = {"name": "张示例", "phone": "13800138000", "identityNumber": identity_number(self.number)}
        own = {
            "institutionName": self.name,
            "address": f"{TENANTS[self.district].name}试验路{self.number}号",
            "unifiedSocialCreditCode": credit_code(self.number),
            "ownership": "COLLECTIVE",
            "licenceNumber": f"PDY{self.number:06d}110106",
            "competentDepartment": "区卫生健康委",
            "operatingNature": "NON_PROFIT",
            "operatingSince": "2024-05-01",
            "approvedBeds": 10,
            "operatingAreaM2": "420.0",
            "grade": "UNRATED",
            "category": self.kind,
            "bank": {"branch": "示例银行北京支行", "account": "6222020200112233445"},
            "legalRepresentative": person,
            "principal": person,
            "actualController": None,
            "insuranceLead": {"name": "李示例", "phone": "010-87016958"},
            "licence": {"issuedOn": "2024-04-01", "validFrom": "2024-04-10", "validThroughOn": "2029-04-09"},
            "organisationClassCode": "B100",
            "practiceDivision": TENANTS[self.district].division_code,
            "serviceTarget": "SOCIETY",
            "parentDesignation": {"name": "示例社区卫生服务中心", "code": "06110001"},
            "capabilities": dict.fromkeys(_YES, True) | {"informationSystem": "示例系统", "inpatientSystem": False},
            "staffing": [
                {"kind": kind, "headcount": count, "firstRegisteredHere": count}
                for kind, count in (("DOCTOR", 4), ("NURSE", 3), ("PHARMACIST", 1), ("TECHNICIAN", 0))
            ],
            "departments": [
                {
                    "name": "全科",
                    "openBeds": 8,
                    "doctors": 3,
                    "doctorsFirstRegisteredHere": 3,
                    "nurses": 2,
                    "others": 0,
                }
            ],
            "equipment": [{"name": "DR", "model": "示例型", "quantity": 1, "purchasedIn": "2024-03"}],
        }
        return own | changed

    def submission(self, **changed: Any) -> dict[str, Any]:
        """The whole input."""
        return {
            "institution": self.node,
            "appliedOn": IN_WINDOW.isoformat(),
            "form": self.form(),
            "commitments": {"accepted": list(range(1, 10)), "signedOn": IN_WINDOW.isoformat()},
            "superiorGuarantee": {"name": "示例社区卫生服务中心", "code": "06110001", "signedOn": "2026-10-08"},
            "materials": [{"kind": kind, "document": one} for kind, one in self.materials.items()],
            "idempotencyKey": key(),
        } | changed

    async def submit(self, client: Client | None = None, **changed: Any) -> dict[str, Any]:
        """The answer to handing in."""
        reply = await (client or self.client)(
            "mutation($input: SubmitDesignationInput!) { submitDesignation(input: $input) {"
            f" {PROBLEM} ... on DesignationSubmitted {{ application {{ {SHOWN} }} }} }} }}",
            input=self.submission(**changed),
        )
        answer: dict[str, Any] = reply.data["submitDesignation"]
        return answer


_YES = (
    "insuranceManager",
    "insuranceDepartment",
    "insuranceRules",
    "financeRules",
    "statisticsRules",
    "qualityRules",
    "drugBase",
    "serviceItemBase",
    "facilityBase",
    "consumableBase",
    "diseaseBase",
    "inventorySystem",
    "outpatientSystem",
)
#: The materials that are uploaded; the form and the commitments are handed in as such.
UPLOADED = ("LICENCE_COPY", "INTERNAL_RULES", "INFORMATION_SYSTEM", "FORECAST_REPORT")


class Office:
    """Makes applicants, and knows the officials."""

    def __init__(self, server: Server, superuser: str) -> None:
        self.server = server
        self.superuser = superuser

    def client(self, subject: str) -> Client:
        """The caller with this subject."""
        return Caller(self.server.http, server=self.server, subject=subject)

    async def member(self, tenant: int, role: Role, institution: UUID | None = None) -> Client:
        """Somebody new who holds this role there."""
        subject = f"insurance:{role}:{uuid.uuid4().hex[:8]}"
        row = {
            "tenant_id": tenant,
            "id": new_id(),
            "subject": subject,
            "name": f"试验·{role.label}",
            "role": role,
            "department": None,
            "institution_id": institution,
            "from_on": date(2020, 1, 1),
            "created_by": "tests",
            "source": "SAMPLE",
        }
        async with self.server.app.pools.transaction(roles.PLATFORM) as connection:
            await insert_memberships(connection, [row])
        return self.client(subject)

    def persona(self, name: str) -> Client:
        """A persona of development."""
        return self.client(self.server.personas[name].subject)

    async def agency(self, district: str) -> Client:
        """An officer of the district's agency."""
        return await self.member(TENANTS[district].tenant_id, Role.AGENCY_OFFICER)

    async def centre(self) -> Client:
        """An officer of the municipal insurance centre."""
        return await self.member(MUNICIPALITY, Role.MUNICIPAL_INSURANCE_OFFICER)

    async def applicant(
        self, district: str = "fengtai", kind: str = "COMMUNITY_HEALTH_CENTRE", **columns: Any
    ) -> Applicant:
        """A registered institution with its site, its papers uploaded, and one of its staff."""
        tenant, number, row_id = TENANTS[district].tenant_id, next(_numbers), new_id()
        name = f"试验{number}号{'社区卫生服务中心' if kind == 'COMMUNITY_HEALTH_CENTRE' else '机构'}"
        values = {
            "tenant_id": tenant,
            "id": row_id,
            "name": name,
            "match_key": names.match_key(name),
            "sort_key": names.sort_key(name),
            "registration_number": f"PDY{number:06d}110106",
            "unified_social_credit_code": credit_code(number),
            "kind": kind,
            "status": "OPERATING",
            "operating_nature": "NON_PROFIT",
            "ownership": "COLLECTIVE",
            "competent_department": "区卫生健康委",
            "opened_on": date(2024, 5, 1),
            "created_by": "tests",
            "source": "SAMPLE",
        } | columns
        address = f"{TENANTS[district].name}试验路{number}号"
        site = {
            "tenant_id": tenant,
            "id": new_id(),
            "institution_id": row_id,
            "kind": "PRACTICE",
            "address": address,
            "match_key": names.match_key(address),
            "area_m2": 420,
            "created_by": "tests",
            "source": "SAMPLE",
        }
        staff = await self.member(tenant, Role.INSTITUTION_STAFF, row_id)
        made = Applicant(district, row_id, name, kind, staff, number)
        with psycopg.connect(self.superuser) as connection:
            add(connection, "institution", values)
            add(connection, "site", site)
            subject = connection.execute(
                "SELECT subject FROM membership WHERE institution_id = %s", (row_id,)
            ).fetchone()
            assert subject is not None
            for kind_ in UPLOADED:
                made.materials[kind_] = self.document(connection, tenant, subject[0], row_id)
        return made

    def document(self, connection: Any, tenant: int, subject: str, institution: UUID) -> str:
        """A stored file of this person."""
        row_id = new_id()
        add(
            connection,
            "document",
            {
                "tenant_id": tenant,
                "id": row_id,
                "institution_id": institution,
                "name": "扫描件.pdf",
                "media_type": "application/pdf",
                "size_bytes": 4,
                "sha256": uuid.uuid4().hex * 2,
                "place": f"tests/{row_id}",
                "upload_until": "2027-01-01T00:00:00+08:00",
                "stored_at": "2026-01-01T00:00:00+08:00",
                "status": "STORED",
                "uploaded_by": subject,
                "created_by": subject,
                "source": "SAMPLE",
            },
        )
        return str(NodeId(DOCUMENT, tenant, row_id))


def add(connection: Any, table: str, row: dict[str, Any]) -> None:
    """Insert a row, of the columns that the table has."""
    known = {
        one[0]
        for one in connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s", (table,)
        ).fetchall()
    }
    kept = {name: value for name, value in row.items() if name in known}
    columns, marks = ", ".join(kept), ", ".join(["%s"] * len(kept))
    connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", list(kept.values()))


async def act(client: Client, verb: str, payload: str, shown: str = f"application {{ {SHOWN} }}", **given: Any) -> Any:
    """The answer to one verb."""
    kind = verb[0].upper() + verb[1:]
    reply: Reply = await client(
        f"mutation($input: {kind}Input!) {{ {verb}(input: $input) {{ {PROBLEM} ... on {payload} {{ {shown} }} }} }}",
        input={"idempotencyKey": key(), **given},
    )
    return reply.data[verb]


#: Verb → payload type.
PAYLOADS = {
    "confirmDesignationByPhone": "DesignationConfirmedByPhone",
    "acceptDesignation": "DesignationAccepted",
    "requestDesignationSupplement": "DesignationSupplementRequested",
    "supplementDesignation": "DesignationSupplemented",
    "evaluateDesignationInDistrict": "DesignationEvaluatedInDistrict",
    "reportDesignation": "DesignationReported",
    "evaluateDesignationMunicipally": "DesignationEvaluatedMunicipally",
    "sendDesignationResult": "DesignationResultSent",
    "publiciseDesignation": "DesignationPublicised",
    "recordDesignationObjection": "DesignationObjectionRecorded",
    "decideDesignationObjection": "DesignationObjectionDecided",
    "negotiateDesignation": "DesignationNegotiated",
    "agreeDesignation": "DesignationAgreed",
    "beginDesignationSystemReform": "DesignationSystemReformBegun",
    "acceptDesignationSystem": "DesignationSystemAccepted",
    "signInsuranceAgreement": "InsuranceAgreementSigned",
    "announceDesignation": "DesignationAnnounced",
    "issueDesignationPlaque": "DesignationPlaqueIssued",
    "withdrawDesignation": "DesignationWithdrawn",
    "abandonDesignation": "DesignationAbandoned",
    "disqualifyDesignation": "DesignationDisqualified",
    "rejectFalseDesignation": "FalseDesignationRejected",
}
_CODES = itertools.count(1)


@dataclass
class Case:
    """An application and where it stands."""

    applicant: Applicant
    agency: Client
    centre: Client
    id: str = ""
    version: int = 1
    status: str = ""
    number: str = ""

    async def submitted(self, **changed: Any) -> "Case":
        """The case, handed in."""
        self._stands(await self.applicant.submit(**changed))
        return self

    async def tried(self, client: Client, verb: str, **given: Any) -> dict[str, Any]:
        """The answer to a verb on this case, whatever it is."""
        about = {} if "objection" in given else {"application": self.id}
        answer: dict[str, Any] = await act(
            client, verb, PAYLOADS[verb], **{"expectedVersion": self.version} | about | given
        )
        return answer

    async def do(self, client: Client, verb: str, **given: Any) -> "Case":
        """The case after the verb, which must succeed."""
        self._stands(await self.tried(client, verb, **given))
        return self

    def _stands(self, answer: dict[str, Any]) -> None:
        assert "application" in answer, answer
        found = answer["application"]
        self.id, self.version, self.status = found["id"], found["version"], found["status"]
        self.number = found["number"]

    async def accepted(self) -> "Case":
        """Confirmed by telephone and accepted."""
        await self.do(self.agency, "confirmDesignationByPhone")
        return await self.do(self.agency, "acceptDesignation")

    async def reported(self, result: str = "PASS") -> "Case":
        """Evaluated by the agency and reported."""
        reasons = {} if result == "PASS" else {"reasons": "人员不足"}
        await self.do(self.agency, "evaluateDesignationInDistrict", result=result, method="ON_SITE", **reasons)
        return await self.do(self.agency, "reportDesignation")

    async def judged(self, result: str = "PASS", method: str = "DOCUMENT") -> "Case":
        """Evaluated by the centre, and told."""
        told = {} if result == "PASS" else {"reasons": "信息系统不符合要求", "advice": "完成改造后重新申请"}
        await self.do(self.centre, "evaluateDesignationMunicipally", result=result, method=method, **told)
        return await self.do(self.centre, "sendDesignationResult")

    async def publicised(self) -> "Case":
        """On the public list from today."""
        return await self.do(self.centre, "publiciseDesignation", publishedOn=clock.today().isoformat())

    async def agreed(self) -> "Case":
        """Negotiated and agreed."""
        await self.do(self.centre, "negotiateDesignation")
        return await self.do(self.centre, "agreeDesignation")

    async def signed(self, **given: Any) -> "Case":
        """System accepted and agreement signed, today."""
        today, number = clock.today().isoformat(), next(_CODES)
        await self.do(self.applicant.client, "beginDesignationSystemReform")
        await self.do(self.centre, "acceptDesignationSystem", acceptedOn=today)
        wanted = {"number": f"协议{number:06d}", "code": f"1101{number:06d}", "signedOn": today} | given
        return await self.do(self.centre, "signInsuranceAgreement", **wanted)

    async def concluded(self) -> "Case":
        """Announced, the plaque handed over."""
        today = clock.today().isoformat()
        await self.do(self.centre, "announceDesignation", announcedOn=today, documentNumber="试验发〔2026〕1号")
        return await self.do(self.centre, "issueDesignationPlaque", issuedOn=today)
