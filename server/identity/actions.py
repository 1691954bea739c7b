"""What can be done to memberships: grant, revoke, and appoint the first."""

from datetime import date
from uuid import UUID

from server.districts import store as districts
from server.identity import rules, store
from server.identity.model import Membership
from server.kit import clock, names
from server.kit.actor import MUNICIPALITY, Role
from server.kit.errors import Conflict, Invalid, NotAllowed, NotFound, OutOfDate
from server.kit.ids import new_id
from server.record.acts import Act


async def grant_membership(act: Act, wanted: Membership) -> UUID:
    """The person holds the role in the act's tenant, from the day on.

    Implements: PLATFORM_DEFAULT, docs/decisions/who-grants-which-role.md.
    Raises: NotAllowed, Invalid, NotFound (the institution is not this tenant's), Conflict (the person holds the same
    already, or is the caller).
    """
    await store.hold_members(act.connection, act.tenant_id)
    held, operator = await _held(act), Role.PLATFORM_OPERATOR in act.actor.roles_in(MUNICIPALITY)
    if not held & rules.GRANTING and not operator:
        raise NotAllowed()
    rules.check_place(wanted.role, act.tenant_id)
    vacant = await store.is_vacant(act.connection, act.tenant_id, wanted.role, clock.today())
    rules.check_grantor(wanted.role, held, operator=operator, vacant=vacant)
    if wanted.subject == act.actor.subject:
        raise Conflict("不能为本人授予角色，请由其他管理员办理", path=("input", "subject"))
    return await _add(act, wanted)


async def appoint(act: Act, subject: str, name: str, role: Role) -> UUID:
    """The person holds the role from today on, by command of whom the installation trusts with its secrets.

    For the first platform operator, and for a district whose administrators are all out of reach.
    Raises: Invalid, Conflict.
    """
    await store.hold_members(act.connection, act.tenant_id)
    rules.check_place(role, act.tenant_id)
    return await _add(act, Membership(subject, name, role, clock.today()))


async def enrol_applicant(act: Act, name: str) -> bool:
    """The person who acts is an applicant in the act's tenant from today on, and reads what they apply for; False where
    they are already.

    Anybody may apply to a published call, so nobody grants this role to them; what it shows is their own rows alone
    (docs/decisions/applicants.md).  Whoever was an applicant and was revoked is not enrolled again by themselves.
    Implements: MTG-8-2, BJ17-2-2a.  Raises: Invalid, Conflict.
    """
    await store.hold_members(act.connection, act.tenant_id)
    today = clock.today()
    if Role.APPLICANT in await _held(act):
        return False
    if await store.find_ended(act.connection, act.tenant_id, act.actor.subject, Role.APPLICANT, today):
        raise Conflict("您在该辖区的申报人资格已被撤销或尚未生效，请联系区管理员", path=("input",))
    await _add(act, Membership(act.actor.subject, name, Role.APPLICANT, today))
    return True


async def revoke_membership(
    act: Act, member_id: UUID, *, expected_version: int, until: date | None = None, reason: str | None = None
) -> None:
    """The membership no longer holds from ``until`` on, by default from today; what has not begun never will.

    Implements: PLATFORM_DEFAULT, docs/decisions/who-grants-which-role.md.
    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict (it has ended; nobody would be left to appoint others).
    """
    await store.hold_members(act.connection, act.tenant_id)
    if reason is not None:
        reason = names.normalise(reason, path=("input", "reason"))
    held = await _held(act)
    if not held & rules.REVOKING:
        raise NotAllowed()
    before = await store.load_for_change(act.connection, act.tenant_id, member_id)
    role, today = Role(before["role"]), clock.today()
    rules.check_grantor(role, held, operator=False, vacant=False)
    if before["version"] != expected_version:
        raise OutOfDate(current_version=before["version"])
    end = rules.end_of(before["from_on"], before["until"], until or today, today)
    if role in rules.APPOINTING and not await store.is_held_besides(
        act.connection, act.tenant_id, role, member_id, on=end
    ):
        raise Conflict(f"撤销后该辖区自 {end} 起将没有{role.label}，请先授予他人", path=("input", "member"))
    await store.update_until(act.connection, act.tenant_id, member_id, end)
    after = {"until": end, "reason": reason}
    await act.note("revoked", "membership", member_id, before={"until": before["until"]}, after=after)


async def _held(act: Act) -> frozenset[Role]:
    """The caller's roles in the act's tenant, read in the act itself, when nobody else can change them any more.

    Whoever was revoked a moment ago has none.
    """
    return await store.list_roles(act.connection, act.tenant_id, act.actor.subject, clock.today())


async def _add(act: Act, wanted: Membership) -> UUID:
    wanted = rules.checked(wanted, clock.today())
    if wanted.department is not None:
        kinds = await districts.list_authority_kinds(act.connection, act.tenant_id)
        if wanted.department not in kinds:
            known = "、".join(kind.label for kind in kinds)
            raise Invalid(f"该辖区没有“{wanted.department.label}”，可选：{known}", path=("input", "department"))
    if wanted.institution_id is not None and not await store.has_institution(
        act.connection, act.tenant_id, wanted.institution_id
    ):
        raise NotFound(path=("input", "institution"))
    same = await store.find_overlapping(act.connection, act.tenant_id, wanted)
    if same is not None:
        until = f"至 {same['until']} 前" if same["until"] else "起，未定终止日期"
        raise Conflict(
            f"该人员已有相同的成员资格（{same['from_on']} {until}），期间不能重叠", path=("input", "subject")
        )
    member_id = new_id()
    after = {
        "subject": wanted.subject,
        "name": wanted.name,
        "role": wanted.role,
        "department": wanted.department,
        "institution_id": wanted.institution_id,
        "from_on": wanted.from_on,
        "until": wanted.until,
    }
    row = {"tenant_id": act.tenant_id, "id": member_id, "created_by": act.actor.subject, "source": "PERSON"}
    await store.insert_membership(act.connection, row | after)
    await act.note("granted", "membership", member_id, after=after)
    return member_id
