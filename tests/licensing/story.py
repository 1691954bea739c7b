"""A district's officers, an operator and an institution, as they use licensing over GraphQL on a day of their own."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import psycopg

from server.development.personas import Persona
from server.kit import clock
from server.kit.actor import Role
from server.kit.ids import NodeId, new_id
from tests.driving import Reply, Server

DISTRICT, TENANT = "mentougou", 7
#: What is in force here from 2026-04-02 until 2029-04-02; tests live in days to come, when rows made now are known.
TODAY = date(2026, 12, 1)

PROBLEM = "... on Problem { code message path clause { document anchor text } }"
REQUIRED = (
    "REGISTRATION_FORM",
    "SITE_REPORT",
    "OPERATOR_CERTIFICATE",
    "PREMISES_RIGHT",
    "INTERNAL_RULES",
    "STAFF_LIST",
)
APPLICATION = (
    "id version kind status dueOn dueRule dueProvisional dueSource dueConsequence noticeBy acceptedOn deemedAccepted"
    " refusalGround reason plan { title publishedOn number url } institution { id }"
    " materials { code required onFile reused asked }"
)
LICENCE = (
    "id version number status validThroughOn verificationDueOn verificationProvisional suspendedThroughOn lastVerifiedOn"
    " openingDueOn openedOn endedOn subjects beds verificationMonths institution { id version status openedOn name }"
    " changes { kind onDate deadlineOn clause { anchor } }"
)
VERIFICATION = "id version kind status result late dueOn dueRule dueProvisional cycleDueOn suspendedThroughOn"
ENDING = "id version status ground dueOn dueRule decidedOn clause { document anchor } proposal { id status }"
PROPOSAL = "id version effect effects status rule { code }"
#: Mutation → payload and its selection.
PAYLOADS: Mapping[str, tuple[str, str]] = {
    "applyForLicence": ("LicenceApplied", f"application {{ {APPLICATION} }}"),
    "requestLicenceMaterials": ("LicenceMaterialsRequested", f"application {{ {APPLICATION} }}"),
    "supplyLicenceMaterials": ("LicenceMaterialsSupplied", f"application {{ {APPLICATION} }}"),
    "acceptLicenceApplication": ("LicenceApplicationAccepted", f"application {{ {APPLICATION} }}"),
    "refuseLicenceAcceptance": ("LicenceApplicationNotAccepted", f"application {{ {APPLICATION} }}"),
    "withdrawLicenceApplication": ("LicenceApplicationWithdrawn", f"application {{ {APPLICATION} }}"),
    "beginLicenceExpertReview": ("LicenceExpertReviewBegun", f"application {{ {APPLICATION} }}"),
    "endLicenceExpertReview": ("LicenceExpertReviewEnded", f"application {{ {APPLICATION} }}"),
    "grantSetup": ("SetupGranted", f"application {{ {APPLICATION} }}"),
    "grantLicence": ("LicenceGranted", f"application {{ {APPLICATION} }} licence {{ {LICENCE} }}"),
    "refuseLicence": ("LicenceRefused", f"application {{ {APPLICATION} }}"),
    "recordLicence": ("LicenceRecorded", f"licence {{ {LICENCE} }}"),
    "recordOpening": ("OpeningRecorded", f"licence {{ {LICENCE} }} proposals {{ {PROPOSAL} }}"),
    "extendOpening": ("OpeningExtended", f"licence {{ {LICENCE} }}"),
    "applyForVerification": ("VerificationApplied", f"verification {{ {VERIFICATION} }}"),
    "decideVerification": (
        "VerificationDecided",
        f"verification {{ {VERIFICATION} licence {{ {LICENCE} }} }} proposals {{ {PROPOSAL} }}",
    ),
    "suspendVerification": ("VerificationSuspended", f"licence {{ {LICENCE} }}"),
    "orderVerification": ("VerificationOrdered", f"licence {{ {LICENCE} }}"),
    "determineOverduePractice": (
        "OverduePracticeDetermined",
        f"licence {{ {LICENCE} }} proposals {{ {PROPOSAL} }}",
    ),
    "notifyLicenceEnding": ("LicenceEndingNotified", f"ending {{ {ENDING} }}"),
    "stateLicenceCase": ("LicenceCaseStated", f"ending {{ {ENDING} }}"),
    "decideLicenceEnding": ("LicenceEndingDecided", f"ending {{ {ENDING} licence {{ {LICENCE} }} }}"),
    "closeInstitution": ("InstitutionClosed", f"licence {{ {LICENCE} }}"),
    "reviewMissedDays": ("MissedDaysReviewed", f"licences {{ {LICENCE} }} proposals {{ {PROPOSAL} }}"),
    "bindObligations": ("ObligationsBound", "obligations { id code }"),
    "enrolInMonitoring": ("EnrolledInMonitoring", "institution { monitoring { enrolledOn code } }"),
    "addObligationEvidence": (
        "ObligationEvidenceAdded",
        "obligation { version latestFinding latestOn evidence { finding onDate note } }",
    ),
}


@dataclass
class Story:
    """What one test goes through."""

    server: Server
    connection: psycopg.Connection[Any]

    @contextmanager
    def at(self, day: date) -> Iterator[None]:
        """It is noon of this day."""
        with clock.frozen(day):
            yield

    async def ask(self, who: str, query: str, **variables: Any) -> Any:
        """The data of a query by this persona, whose token is issued on the story's own day."""
        return (await self.server.client(who)(query, **variables)).data

    async def reply(self, who: str, verb: str, **given: Any) -> Reply:
        """What a mutation answers."""
        payload, selection = PAYLOADS[verb]
        kind = _INPUTS.get(verb) or verb[0].upper() + verb[1:] + "Input"
        text = (
            f"mutation($input: {kind}!) {{ {verb}(input: $input)"
            f" {{ __typename {PROBLEM} ... on {payload} {{ {selection} }} }} }}"
        )
        return await self.server.client(who)(text, input={"idempotencyKey": uuid.uuid4().hex, **given})

    async def act(self, who: str, verb: str, **given: Any) -> dict[str, Any]:
        """The mutation's payload."""
        found: dict[str, Any] = (await self.reply(who, verb, **given)).data[verb]
        assert found["__typename"] == PAYLOADS[verb][0], found
        return found

    async def refused(self, who: str, verb: str, **given: Any) -> dict[str, Any]:
        """The problem that stood in the way."""
        found: dict[str, Any] = (await self.reply(who, verb, **given)).data[verb]
        assert found["__typename"] != PAYLOADS[verb][0], found
        return found

    def document(self, owner: str) -> str:
        """The node id of a stored file of this persona."""
        (one,) = self.documents(owner, ("ANY",))
        return one["document"]

    def documents(self, owner: str, codes: Sequence[str] = REQUIRED) -> list[dict[str, str]]:
        """A stored file for each of these materials; the owner is a persona, or the subject of somebody's token."""
        made = [(code, new_id()) for code in codes]
        known = self.server.personas.get(owner)
        subject = known.subject if known else owner
        with self.connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO document (tenant_id, id, name, media_type, status, size_bytes, sha256, place, uploaded_by,"
                " upload_until, stored_at)"
                " VALUES (%s, %s, '材料.pdf', 'application/pdf', 'STORED', 9, %s, %s, %s, now(), now())",
                [(TENANT, row, "0" * 64, f"tests/{row}", subject) for _, row in made],
            )
        return [{"material": code, "document": str(NodeId(30, TENANT, row))} for code, row in made]

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the database holds, read as the superuser."""
        return self.connection.execute(sql, values).fetchall()  # type: ignore[arg-type]

    def staff(self, institution: str) -> str:
        """The name of somebody new who works for the institution."""
        node = NodeId.parse(institution)
        one = Persona(f"staff-{node.id}", "机构工作人员", DISTRICT, Role.INSTITUTION_STAFF, None, node.id)
        self.connection.execute(
            "INSERT INTO membership (tenant_id, id, subject, name, sort_key, role, institution_id, from_on, created_by,"
            " source)"
            " VALUES (%s, %s, %s, %s, 'jigou', %s, %s, '2020-01-01', 'tests', 'SAMPLE')",
            (node.tenant_id, new_id(), one.subject, one.shown, one.role, one.institution),
        )
        self.server.personas[one.name] = one
        return one.name

    def award(self, *, opening_by: date = date(2027, 6, 30), owner: str = "mentougou-applicant", **other: Any) -> str:
        """The node id of an application that was determined for an area of its own, as the public selection leaves it."""
        call, gap, pair, application = (new_id() for _ in range(4))
        whose = {"tenant_id": TENANT, "created_by": "tests", "source": "SAMPLE"}
        rows: Sequence[tuple[str, Mapping[str, Any]]] = (
            (
                "service_gap",
                whose
                | {
                    "id": gap,
                    "name": f"试验空白点{gap}",
                    "sort_key": "shiyan",
                    "batch": "2026年第一批",
                    "area": "试验路沿线",
                    "population": 3000,
                    "status": "OPERATOR_DETERMINED",
                    "status_since_on": clock.today(),
                },
            ),
            (
                "selection_call",
                whose
                | {
                    "id": call,
                    "title": "试验遴选",
                    "status": "AWARDED",
                    "closes_on": "2026-09-30",
                    "publicity_working_days": 5,
                    "method": "AVERAGE",
                    "tie_rule": "EARLIER_SUBMISSION",
                    "policy_digest": "0" * 64,
                },
            ),
            (
                "call_gap",
                {"tenant_id": TENANT, "id": pair, "call_id": call, "gap_id": gap, "outcome": "AWARDED"},
            ),
            (
                "operator_application",
                whose
                | {
                    "id": application,
                    "call_id": call,
                    "gap_id": gap,
                    "number": f"选受〔2026〕{application.int % 10**6}号",
                    "subject": self.server.personas[owner].subject,
                    "operator_name": "示例医疗管理有限公司",
                    "unified_social_credit_code": "91110109MA01EXAMP0",
                    "operator_key": str(application),
                    "operator_kind": "NON_GOV_ENTERPRISE",
                    "operating_nature": "NON_PROFIT",
                    "route": "NEW",
                    "status": "CONFIRMED",
                    "submitted_at": "2026-09-01T00:00:00+08:00",
                    "submitted_on": "2026-09-01",
                    "proposed": "ELIGIBLE",
                    "confirmed_on": "2026-11-01",
                    "opening_by": opening_by,
                }
                | other,
            ),
        )
        for table, row in rows:
            names, places = ", ".join(row), ", ".join(["%s"] * len(row))
            self.connection.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", list(row.values()))  # type: ignore[arg-type]
        return str(NodeId(110, TENANT, application))

    def area(self, award: str) -> str:
        """Where the award's area stands."""
        sql = "SELECT g.status FROM service_gap g JOIN operator_application a ON a.gap_id = g.id WHERE a.id = %s"
        ((status,),) = self.rows(sql, NodeId.parse(award).id)
        found: str = status
        return found

    def wanted(self, **given: Any) -> dict[str, Any]:
        """An application of an awarded operator for a station of its own."""
        return {
            "district": DISTRICT,
            "kind": "REGISTRATION",
            "award": self.award(),
            "institutionName": f"试验{uuid.uuid4().hex[:8]}社区卫生服务站",
            "institutionKind": "COMMUNITY_HEALTH_STATION",
            "address": f"试验路{uuid.uuid4().int % 10**6}号",
            "operatorName": "示例医疗管理有限公司",
            "operatorKind": "NON_GOV_ENTERPRISE",
            "operatingNature": "NON_PROFIT",
            "subjects": ["全科医疗科", "中医科"],
            "beds": 0,
        } | given

    async def accepted(self, **given: Any) -> dict[str, Any]:
        """An application with everything on file, accepted."""
        who = "mentougou-applicant"
        made = (await self.act(who, "applyForLicence", **self.wanted(documents=self.documents(who), **given)))[
            "application"
        ]
        done = await self.act(
            "mentougou-officer",
            "acceptLicenceApplication",
            application=made["id"],
            expectedVersion=made["version"],
        )
        return done["application"]

    async def licensed(self, opening: date | None = None, **given: Any) -> dict[str, Any]:
        """A licence issued today, to open by the day, or by that of the award."""
        case = await self.accepted(**given)
        return (await self.grant(case, opening))["licence"]

    async def grant(self, case: Mapping[str, Any], opening: date | None = None, **given: Any) -> dict[str, Any]:
        """The licence of an accepted application."""
        set_by = {"dueOn": str(opening), "source": "AGREEMENT", "reference": "门卫协〔2026〕1号"}
        return await self.act(
            "mentougou-officer",
            "grantLicence",
            **{
                "application": case["id"],
                "expectedVersion": case["version"],
                "number": f"PDY{uuid.uuid4().int % 10**12:012d}",
                "validFromOn": str(clock.today()),
                "validThroughOn": str(clock.today() + timedelta(days=5 * 365)),
                "reason": "符合规划与建设标准",
                **({"opening": set_by} if opening else {}),
            }
            | given,
        )

    async def licence(self, one: Mapping[str, Any], who: str = "mentougou-officer") -> dict[str, Any]:
        """The licence as it is now."""
        found = await self.ask(
            who, f"query($id: ID!) {{ node(id: $id) {{ ... on Licence {{ {LICENCE} }} }} }}", id=one["id"]
        )
        licence: dict[str, Any] = found["node"]
        return licence

    async def tasks(self, subject: str, status: str = "OPEN") -> list[dict[str, Any]]:
        """The tasks of a case."""
        text = (
            "query($s: ID!, $t: TaskStatus!) { tasks(filter: {subject: {eq: $s}, status: {eq: $t}})"
            " { nodes { kind role dueOn dueRule provisional consequence } } }"
        )
        found: list[dict[str, Any]] = (await self.ask("mentougou-admin", text, s=subject, t=status))["tasks"]["nodes"]
        return found

    async def papers(self, subject: str) -> list[dict[str, Any]]:
        """The official documents of a case, in the order of their numbers' days."""
        row = NodeId.parse(subject).id
        sql = "SELECT kind, number, remedies FROM paper WHERE subject_id = %s ORDER BY id"
        return [
            {"kind": kind, "number": number, "remedies": remedies} for kind, number, remedies in self.rows(sql, row)
        ]


_INPUTS = {
    "refuseLicenceAcceptance": "LicenceApplicationStepInput",
    "withdrawLicenceApplication": "LicenceApplicationStepInput",
    "beginLicenceExpertReview": "LicenceApplicationStepInput",
    "endLicenceExpertReview": "AcceptLicenceApplicationInput",
    "grantSetup": "LicenceApplicationStepInput",
}
