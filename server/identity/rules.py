"""Who may grant which role, and what a membership must look like: pure checks, no I/O.

None of the documents says who appoints whom: everything here is PLATFORM_DEFAULT (docs/decisions/who-grants-which-role.md).
"""

from collections.abc import Mapping
from datetime import date

from server.identity.model import Membership
from server.kit import names
from server.kit.actor import MUNICIPALITY, Role
from server.kit.errors import Conflict, Invalid, NotAllowed

_NAME_LONGEST = 50
_SUBJECT_LONGEST = 255

_BY_ADMINISTRATOR = frozenset({Role.DISTRICT_ADMINISTRATOR})
_BY_HEALTH = frozenset({Role.MUNICIPAL_HEALTH_OFFICER})

#: Who grants a role, and revokes it, within one tenant.  A role that is not here cannot be granted.
GRANTED_BY: Mapping[Role, frozenset[Role]] = {
    Role.APPLICANT: _BY_ADMINISTRATOR,
    Role.INSTITUTION_STAFF: _BY_ADMINISTRATOR,
    Role.EXPERT: _BY_ADMINISTRATOR,
    Role.DEPARTMENT_OFFICER: _BY_ADMINISTRATOR,
    Role.DISTRICT_OFFICER: _BY_ADMINISTRATOR,
    Role.AGENCY_OFFICER: _BY_ADMINISTRATOR,
    Role.DISTRICT_ADMINISTRATOR: _BY_ADMINISTRATOR,
    Role.MUNICIPAL_ANALYST: _BY_HEALTH,
    Role.MUNICIPAL_HEALTH_OFFICER: _BY_HEALTH,
    Role.MUNICIPAL_INSURANCE_OFFICER: frozenset({Role.MUNICIPAL_INSURANCE_OFFICER}),
    Role.PLATFORM_OPERATOR: _BY_HEALTH,
}

#: Roles that grant themselves: the platform operator grants the first of them, and revoking never leaves a tenant without.
APPOINTING = frozenset(role for role, by in GRANTED_BY.items() if role in by)

#: Everybody who may grant anything.
GRANTING = frozenset({Role.PLATFORM_OPERATOR}).union(*GRANTED_BY.values())

#: Everybody who may revoke anything: whom the operator appointed it does not dismiss.
REVOKING = frozenset[Role]().union(*GRANTED_BY.values())

MUNICIPAL = frozenset(
    {
        Role.MUNICIPAL_ANALYST,
        Role.MUNICIPAL_HEALTH_OFFICER,
        Role.MUNICIPAL_INSURANCE_OFFICER,
        Role.PLATFORM_OPERATOR,
    }
)


def check_grantor(role: Role, held: frozenset[Role], *, operator: bool, vacant: bool) -> None:
    """Pass when somebody who holds these roles in the tenant may grant this one there.

    ``operator``: the person operates the platform; ``vacant``: nobody holds the role in the tenant, now or later.
    Raises: NotAllowed.
    """
    if held & GRANTED_BY[role]:
        return
    if operator and role in APPOINTING:
        if vacant:
            return
        raise NotAllowed(f"该辖区已有{role.label}，应由其授予；平台运维人员只能任命首位")
    raise NotAllowed(f"您不能授予或撤销“{role.label}”")


def check_place(role: Role, tenant_id: int) -> None:
    """Raises: Invalid for a role that does not exist in such a tenant."""
    if role not in GRANTED_BY:
        raise Invalid(f"“{role.label}”不能授予：任何人无需登录即具有", path=("input", "role"))
    if (role in MUNICIPAL) != (tenant_id == MUNICIPALITY):
        where = "市本级（beijing）" if role in MUNICIPAL else "各区"
        raise Invalid(f"“{role.label}”只能在{where}授予", path=("input", "role"))


def checked(wanted: Membership, today: date) -> Membership:
    """The membership with name and subject as they are stored.

    Raises: Invalid for a name or subject of unfit shape, a scope that the role needs or cannot have, a period that has
    begun before today or is empty.
    """
    subject = wanted.subject
    if not 1 <= len(subject) <= _SUBJECT_LONGEST:
        raise Invalid(f"身份标识应为 1 到 {_SUBJECT_LONGEST} 个字符", path=("input", "subject"))
    if subject != subject.strip(names.AROUND) or any(names.is_forbidden(char) for char in subject):
        raise Invalid(
            "身份标识首尾不能有空格，不能含控制字符：应与登录系统中的 sub 完全一致", path=("input", "subject")
        )
    name = names.normalise(wanted.name, limit=_NAME_LONGEST)
    _check_scope(Role.DEPARTMENT_OFFICER, "department", "所在部门", wanted.role, wanted.department)
    _check_scope(Role.INSTITUTION_STAFF, "institution", "所在机构", wanted.role, wanted.institution_id)
    if wanted.from_on < today:
        raise Invalid(f"生效日期不能早于今天（{today}），实际为 {wanted.from_on}", path=("input", "fromOn"))
    if wanted.until is not None and wanted.until <= wanted.from_on:
        raise Invalid(f"终止日期应晚于生效日期 {wanted.from_on}，实际为 {wanted.until}", path=("input", "until"))
    return Membership(
        subject, name, wanted.role, wanted.from_on, wanted.until, wanted.department, wanted.institution_id
    )


def _check_scope(needed_by: Role, field: str, shown: str, role: Role, given: object) -> None:
    if role is needed_by and given is None:
        raise Invalid(f"授予“{role.label}”应指定{shown}", path=("input", field))
    if role is not needed_by and given is not None:
        raise Invalid(f"“{role.label}”不限于某一{shown[2:]}，请勿填写", path=("input", field))


def end_of(from_on: date, until: date | None, wanted: date, today: date) -> date:
    """The first day on which a membership of ``[from_on, until)`` no longer holds, when it is revoked from ``wanted``.

    One that has not begun never will.
    Raises: Invalid for a day that is past or later than the end it has; Conflict for one that has ended.
    """
    if until is not None and until <= max(today, from_on):
        raise Conflict(f"该成员资格已于 {until} 终止", path=("input", "member"))
    if wanted < today:
        raise Invalid(f"终止日期不能早于今天（{today}），实际为 {wanted}", path=("input", "until"))
    if until is not None and wanted >= until:
        raise Invalid(f"该成员资格将于 {until} 终止，撤销只能提前；如需延长请从该日起另行授予", path=("input", "until"))
    return max(wanted, from_on)
