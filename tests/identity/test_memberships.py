"""Granting and revoking over GraphQL, as administrators do."""

import asyncio
import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from server.development.samples import first_centre
from server.http.auth import Callers, Tokens
from server.http.issuer import ISSUER
from server.identity.store import find_actor
from server.kit import clock
from server.kit.actor import Role
from server.kit.ids import NodeId, new_id
from tests.driving import Client, Reply, Server

PROBLEM = "__typename ... on Problem { code message path }"
SHOWN = "id subject name role department institution { id } fromOn until version grantedBy district { code }"

MEMBERS = (
    "query($district: String, $filter: MemberFilter) { members(district: $district, filter: $filter, first: 100) {"
    f" totalCount nodes {{ {SHOWN} }} }} }}"
)


def key() -> str:
    return uuid.uuid4().hex


def day(days: int) -> str:
    """The date so many days from today."""
    return (clock.today() + timedelta(days=days)).isoformat()


async def grant(client: Client, **given: Any) -> Reply:
    """Grant an expert's role to somebody new, or what is given."""
    fields = {
        "district": "fengtai",
        "subject": f"somebody:{key()}",
        "name": "试验·某人",
        "role": "EXPERT",
        "idempotencyKey": key(),
    } | given
    return await client(
        "mutation($input: GrantMembershipInput!) { grantMembership(input: $input) {"
        f" {PROBLEM} ... on MembershipGranted {{ member {{ {SHOWN} }} }} }} }}",
        input={name: value for name, value in fields.items() if value is not None},
    )


async def granted(client: Client, **given: Any) -> dict[str, Any]:
    """The member of a grant that is made."""
    answer = (await grant(client, **given)).data["grantMembership"]
    assert answer["__typename"] == "MembershipGranted", answer
    member: dict[str, Any] = answer["member"]
    return member


async def revoke(client: Client, member: Mapping[str, Any], **given: Any) -> Reply:
    """Revoke a membership from today on, or as is given."""
    fields = {"member": member["id"], "expectedVersion": member["version"], "idempotencyKey": key()} | given
    return await client(
        "mutation($input: RevokeMembershipInput!) { revokeMembership(input: $input) {"
        f" {PROBLEM} ... on OutOfDate {{ currentVersion }} ... on MembershipRevoked {{ member {{ {SHOWN} }} }} }} }}",
        input=fields,
    )


async def refused(reply: Reply) -> tuple[str, list[str]]:
    """The code and path of the problem that a mutation answered with."""
    (answer,) = reply.data.values()
    return answer["code"], answer["path"]


Somebody = Callable[[str], Client]


@pytest.fixture
def somebody(server: Server) -> Somebody:
    """A caller with this subject."""

    def client(subject: str) -> Client:
        return Client(server.http, {"authorization": f"Bearer {server.issuer.token(subject, 'shequ')}"})

    return client


@pytest.fixture
def admin(server: Server) -> Client:
    return server.client("fengtai-admin")


async def registers(client: Client, district: str = "fengtai") -> Reply:
    """An officer's act: whether somebody has that right."""
    fields = {
        "district": district,
        "name": f"试验{key()[:8]}社区卫生服务站",
        "kind": "COMMUNITY_HEALTH_STATION",
        "address": f"试验路{key()[:8]}号",
        "idempotencyKey": key(),
    }
    text = "mutation($input: RegisterInstitutionInput!) { registerInstitution(input: $input) { __typename } }"
    return await client(text, input=fields)


# Granting -------------------------------------------------------------------------------------------------------------


async def test_what_is_granted_is_listed_and_holds_at_once(admin: Client, somebody: Somebody) -> None:
    subject = f"officer:{key()}"
    member = await granted(admin, subject=subject, role="DISTRICT_OFFICER", name="试验·科员")
    assert member == {
        "id": member["id"],
        "subject": subject,
        "name": "试验·科员",
        "role": "DISTRICT_OFFICER",
        "department": None,
        "institution": None,
        "fromOn": day(0),
        "until": None,
        "version": 1,
        "grantedBy": "persona:fengtai-admin",
        "district": {"code": "fengtai"},
    }
    listed = await admin(MEMBERS, district="fengtai", filter={"subject": {"eq": subject}})
    assert listed.data["members"] == {"totalCount": 1, "nodes": [member]}
    again = await admin(f"query($id: ID!) {{ member(id: $id) {{ {SHOWN} }} }}", id=member["id"])
    assert again.data["member"] == member
    assert (await registers(somebody(subject))).data["registerInstitution"]["__typename"] == "InstitutionRegistered"
    viewer = await somebody(subject)("{ viewer { name memberships { role district { code } } } }")
    assert viewer.data["viewer"] == {
        "name": "试验·科员",
        "memberships": [{"role": "DISTRICT_OFFICER", "district": {"code": "fengtai"}}],
    }


async def test_a_right_narrowed_to_an_institution_or_a_department(
    admin: Client, somebody: Somebody, samples: None
) -> None:
    centre = str(NodeId(3, 5, first_centre("fengtai")))
    subject = f"staff:{key()}"
    member = await granted(admin, subject=subject, role="INSTITUTION_STAFF", institution=centre)
    assert member["institution"] == {"id": centre}
    seen = (await somebody(subject)("{ institutions { nodes { id } } }")).data["institutions"]["nodes"]
    assert {"id": centre} in seen
    officer = await granted(admin, role="DEPARTMENT_OFFICER", department="CIVIL_AFFAIRS")
    assert officer["department"] == "CIVIL_AFFAIRS"


async def test_a_scope_of_somewhere_else_is_refused(admin: Client, server: Server, samples: None) -> None:
    foreign = str(NodeId(3, 7, first_centre("mentougou")))
    unknown = str(NodeId(3, 5, new_id()))
    for institution in (foreign, unknown):
        reply = await grant(admin, role="INSTITUTION_STAFF", institution=institution)
        assert reply.codes == ["NOT_FOUND"]
    reply = await grant(admin, role="DEPARTMENT_OFFICER", department="MUNICIPAL_HEALTH_COMMISSION")
    assert await refused(reply) == ("INVALID", ["input", "department"])
    assert "市场监管局" in reply.data["grantMembership"]["message"]
    wrong_type = await grant(admin, role="INSTITUTION_STAFF", institution=str(NodeId(2, 5, new_id())))
    assert wrong_type.codes == ["BAD_USER_INPUT"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"subject": ""}, "subject"),
        ({"name": "\u200b"}, "name"),
        ({"role": "PUBLIC"}, "role"),
        ({"role": "MUNICIPAL_ANALYST"}, "role"),
        ({"role": "DEPARTMENT_OFFICER"}, "department"),
        ({"role": "INSTITUTION_STAFF"}, "institution"),
        ({"fromOn": "2020-01-01"}, "fromOn"),
        ({"until": "2020-01-01"}, "until"),
        ({"idempotencyKey": ""}, "idempotencyKey"),
    ],
)
async def test_what_does_not_fit_names_its_field(admin: Client, given: dict[str, Any], field: str) -> None:
    code, path = await refused(await grant(admin, **given))
    assert path == ["input", field]
    assert code in ("INVALID", "FORBIDDEN")


async def test_nobody_grants_to_themselves(admin: Client) -> None:
    reply = await grant(admin, subject="persona:fengtai-admin", role="DISTRICT_OFFICER")
    assert await refused(reply) == ("CONFLICT", ["input", "subject"])


async def test_the_same_twice_at_a_time_is_refused_and_after_it_is_not(admin: Client) -> None:
    subject = f"twice:{key()}"
    same = {"subject": subject, "role": "DEPARTMENT_OFFICER", "department": "CIVIL_AFFAIRS"}
    await granted(admin, **same, fromOn=day(10), until=day(20))
    for period in ({}, {"fromOn": day(19)}, {"until": day(11)}, {"fromOn": day(12), "until": day(13)}):
        assert await refused(await grant(admin, **same, **period)) == ("CONFLICT", ["input", "subject"])
    await granted(admin, **same, fromOn=day(20))
    await granted(admin, **same, until=day(10))
    await granted(admin, **same | {"department": "MARKET_REGULATION"})
    await granted(admin, subject=subject, role="EXPERT")
    held = await admin(MEMBERS, district="fengtai", filter={"subject": {"eq": subject}})
    assert held.data["members"]["totalCount"] == 5


async def test_of_the_same_grant_sent_twice_at_once_one_is_made(admin: Client) -> None:
    same = {"subject": f"race:{key()}", "role": "EXPERT"}
    both = await asyncio.gather(grant(admin, **same), grant(admin, **same))
    assert sorted(one.data["grantMembership"]["__typename"] for one in both) == ["Conflicting", "MembershipGranted"]
    with_key = same | {"subject": f"race:{key()}", "idempotencyKey": key()}
    first, second = await asyncio.gather(grant(admin, **with_key), grant(admin, **with_key))
    assert first.data == second.data


async def test_another_districts_members_are_out_of_reach(server: Server, admin: Client) -> None:
    stranger = server.client("mentougou-admin")
    assert (await grant(stranger)).codes == ["FORBIDDEN"]
    member = await granted(admin)
    assert (await revoke(stranger, member)).codes == ["NOT_FOUND"]
    unknown = str(NodeId(8, 5, new_id()))
    for node in (member["id"], unknown):
        found = await stranger("query($id: ID!) { member(id: $id) { id } }", id=node)
        assert (found.codes, found.body["errors"][0]["message"]) == (["NOT_FOUND"], "未找到该对象")
    assert (await stranger(MEMBERS, district="fengtai")).codes == ["FORBIDDEN"]
    own = await stranger(MEMBERS, filter={"subject": {"eq": member["subject"]}})
    assert own.data["members"]["totalCount"] == 0


# Every role by every grantor ------------------------------------------------------------------------------------------

GRANTORS: Mapping[str, set[str]] = {
    "fengtai-admin": {
        "APPLICANT",
        "INSTITUTION_STAFF",
        "EXPERT",
        "DEPARTMENT_OFFICER",
        "DISTRICT_OFFICER",
        "DISTRICT_ADMINISTRATOR",
        "AGENCY_OFFICER",
    },
    "municipal-health": {"MUNICIPAL_ANALYST", "MUNICIPAL_HEALTH_OFFICER", "PLATFORM_OPERATOR"},
    "municipal-insurance": {"MUNICIPAL_INSURANCE_OFFICER"},
    # Both districts and the city have their administrators already.
    "platform-operator": set(),
    "fengtai-officer": set(),
    "fengtai-agency": set(),
    "fengtai-market-regulation": set(),
    "fengtai-institution": set(),
    "municipal-analyst": set(),
}


@pytest.mark.parametrize("persona", GRANTORS)
@pytest.mark.parametrize("role", [role for role in Role if role is not Role.PUBLIC])
async def test_each_role_is_granted_by_those_who_may(server: Server, samples: None, persona: str, role: Role) -> None:
    city = role.value.startswith(("MUNICIPAL", "PLATFORM"))
    reply = await grant(
        server.client(persona),
        district="beijing" if city else "fengtai",
        role=role,
        department="CIVIL_AFFAIRS" if role is Role.DEPARTMENT_OFFICER else None,
        institution=str(NodeId(3, 5, first_centre("fengtai"))) if role is Role.INSTITUTION_STAFF else None,
    )
    if role in GRANTORS[persona]:
        assert reply.data["grantMembership"]["__typename"] == "MembershipGranted"
    else:
        assert reply.codes == ["FORBIDDEN"]


# Revoking -------------------------------------------------------------------------------------------------------------


async def test_what_is_revoked_no_longer_holds_at_once(admin: Client, somebody: Somebody) -> None:
    member = await granted(admin, role="DISTRICT_OFFICER")
    officer = somebody(member["subject"])
    assert (await registers(officer)).data["registerInstitution"]["__typename"] == "InstitutionRegistered"
    done = (await revoke(admin, member, reason="调离")).data["revokeMembership"]
    assert done["member"] == member | {"until": day(0), "version": 2}
    assert (await registers(officer)).codes == ["FORBIDDEN"]
    assert await refused(await revoke(admin, done["member"])) == ("CONFLICT", ["input", "member"])


async def test_a_right_ends_on_the_day_that_is_named(admin: Client, somebody: Somebody) -> None:
    member = await granted(admin, role="DISTRICT_OFFICER", until=day(30))
    for until in (day(30), day(31)):
        assert await refused(await revoke(admin, member, until=until)) == ("INVALID", ["input", "until"])
    assert await refused(await revoke(admin, member, until=day(-1))) == ("INVALID", ["input", "until"])
    done = (await revoke(admin, member, until=day(3))).data["revokeMembership"]["member"]
    assert done["until"] == day(3)
    for days, status in ((2, []), (3, ["FORBIDDEN"])):
        with clock.frozen(clock.now() + timedelta(days=days)):
            assert (await registers(somebody(member["subject"]))).codes == status


async def test_a_right_that_has_not_begun_never_will(admin: Client, somebody: Somebody) -> None:
    member = await granted(admin, role="DISTRICT_OFFICER", fromOn=day(5))
    assert (await registers(somebody(member["subject"]))).codes == ["FORBIDDEN"]
    done = (await revoke(admin, member)).data["revokeMembership"]["member"]
    assert (done["fromOn"], done["until"]) == (day(5), day(5))
    assert await refused(await revoke(admin, done)) == ("CONFLICT", ["input", "member"])


async def test_of_two_who_saw_the_same_version_one_is_out_of_date(server: Server, admin: Client) -> None:
    member = await granted(admin)
    both = await asyncio.gather(
        revoke(admin, member, until=day(8)), revoke(server.client("fengtai-admin-2"), member, until=day(9))
    )
    answers = [one.data["revokeMembership"] for one in both]
    assert sorted(one["__typename"] for one in answers) == ["MembershipRevoked", "OutOfDate"]
    assert [one["currentVersion"] for one in answers if one["__typename"] == "OutOfDate"] == [2]


async def test_every_act_leaves_an_audit_entry(admin: Client, superuser: str) -> None:
    member = await granted(admin, role="EXPERT")
    await revoke(admin, member, reason="任期届满")
    with psycopg.connect(superuser) as connection:
        rows = connection.execute(
            "SELECT action, actor, before, after FROM audit_entry WHERE subject_id = %s ORDER BY id",
            (NodeId.parse(member["id"]).id,),
        ).fetchall()
    assert [row[:2] for row in rows] == [("granted", "persona:fengtai-admin"), ("revoked", "persona:fengtai-admin")]
    assert rows[0][3]["subject"] == member["subject"]
    assert rows[1][2:] == ({"until": None}, {"until": day(0), "reason": "任期届满"})
    trail = await admin(
        'query($id: ID!) { auditTrail(district: "fengtai", subject: $id) { nodes { action subject } } }',
        id=member["id"],
    )
    assert trail.data["auditTrail"]["nodes"] == [
        {"action": action, "subject": member["id"]} for action in ("revoked", "granted")
    ]


# The first and the last -----------------------------------------------------------------------------------------------


async def test_the_operator_appoints_the_first_administrator_who_appoints_the_rest(
    server: Server, somebody: Somebody
) -> None:
    operator = server.client("platform-operator")
    there = {"district": "shijingshan", "role": "DISTRICT_ADMINISTRATOR"}
    assert (await grant(operator, **there | {"role": "DISTRICT_OFFICER"})).codes == ["FORBIDDEN"]
    first, repeated = f"first:{key()}", key()
    reply = await grant(operator, **there, subject=first, idempotencyKey=repeated)
    # The operator reads no district's members, its own appointments included.
    assert reply.data["grantMembership"] == {"__typename": "MembershipGranted", "member": None}
    assert (await grant(operator, **there, subject=first, idempotencyKey=repeated)).data == reply.data
    assert (await grant(operator, **there)).codes == ["FORBIDDEN"]
    assert (await operator(MEMBERS, district="shijingshan")).codes == ["FORBIDDEN"]
    head = somebody(first)
    member = next(one for one in (await head(MEMBERS)).data["members"]["nodes"] if one["subject"] == first)
    assert (member["subject"], member["grantedBy"]) == (first, "persona:platform-operator")
    assert await refused(await revoke(head, member)) == ("CONFLICT", ["input", "member"])
    assert (await revoke(operator, member)).codes == ["NOT_FOUND"]
    # Somebody who comes later, or leaves before, does not fill the place.
    await granted(head, **there, fromOn=day(10))
    assert await refused(await revoke(head, member)) == ("CONFLICT", ["input", "member"])
    await granted(head, **there, until=day(2))
    assert (await revoke(head, member)).data["revokeMembership"]["__typename"] == "MembershipRevoked"


async def test_administrators_who_revoke_each_other_at_once_leave_one(server: Server, somebody: Somebody) -> None:
    there = {"district": "yanqing", "role": "DISTRICT_ADMINISTRATOR"}
    names = [f"rival:{key()}" for _ in range(2)]
    await grant(server.client("platform-operator"), **there, subject=names[0])
    await granted(somebody(names[0]), **there, subject=names[1])
    nodes = (await somebody(names[0])(MEMBERS)).data["members"]["nodes"]
    by_name = {one["subject"]: one for one in nodes}
    replies = await asyncio.gather(
        revoke(somebody(names[0]), by_name[names[1]]), revoke(somebody(names[1]), by_name[names[0]])
    )
    made = [one for one in replies if one.codes == [] and "member" in one.data["revokeMembership"]]
    assert len(made) == 1
    # The other lost the right before the transaction began.
    assert [one.codes for one in replies if one not in made] == [["FORBIDDEN"]]


async def test_municipal_roles_are_kept_by_those_whose_they_are(server: Server) -> None:
    health, insurance = server.client("municipal-health"), server.client("municipal-insurance")
    analyst = await granted(health, district="beijing", role="MUNICIPAL_ANALYST")
    colleague = await granted(insurance, district="beijing", role="MUNICIPAL_INSURANCE_OFFICER")
    listed = (await health(MEMBERS)).data["members"]["nodes"]
    assert {one["district"]["code"] for one in listed} == {"beijing"}
    assert {analyst["id"], colleague["id"]} <= {one["id"] for one in listed}
    theirs = (await insurance(MEMBERS)).data["members"]["nodes"]
    assert {one["role"] for one in theirs} == {"MUNICIPAL_INSURANCE_OFFICER"}
    assert (await revoke(health, colleague)).codes == ["FORBIDDEN"]
    assert (await revoke(insurance, analyst)).codes == ["FORBIDDEN"]
    for client, member in ((health, analyst), (insurance, colleague)):
        assert (await revoke(client, member)).data["revokeMembership"]["__typename"] == "MembershipRevoked"


# How soon -------------------------------------------------------------------------------------------------------------


async def test_for_reading_a_change_holds_after_five_seconds_and_for_acting_at_once(
    server: Server, admin: Client
) -> None:
    member = await granted(admin)
    seconds = 0.0
    callers = Callers(
        Tokens(ISSUER, "shequ", server.issuer.keys),
        lambda subject: find_actor(server.app.pools, subject, clock.today()),
        elapsed=lambda: seconds,
    )
    bearer = f"Bearer {server.issuer.token(member['subject'], 'shequ')}"

    async def roles(*, fresh: bool = False) -> set[Role]:
        actor = await callers.identify(bearer, fresh=fresh)
        assert actor is not None
        return set(actor.roles_in(5))

    assert await roles() == {Role.EXPERT}
    await revoke(admin, member)
    seconds = 4.9
    assert await roles() == {Role.EXPERT}
    seconds = 5.0
    assert await roles() == set()
    await granted(admin, subject=member["subject"], role="DISTRICT_OFFICER")
    assert await roles() == set()
    assert await roles(fresh=True) == {Role.DISTRICT_OFFICER}
    assert await roles() == {Role.DISTRICT_OFFICER}


async def test_a_burst_of_one_persons_requests_is_one_look_up(server: Server) -> None:
    asked: list[str] = []

    async def find(subject: str) -> Any:
        asked.append(subject)
        return await find_actor(server.app.pools, subject, clock.today())

    callers = Callers(Tokens(ISSUER, "shequ", server.issuer.keys), find)
    bearer = f"Bearer {server.issuer.token('persona:fengtai-officer', 'shequ')}"
    actors = await asyncio.gather(*(callers.identify(bearer) for _ in range(200)))
    assert asked == ["persona:fengtai-officer"]
    assert {one.name for one in actors if one} == {"示例·丰台卫健委科员"}
