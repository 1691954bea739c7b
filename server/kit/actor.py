"""Who acts: a subject, and what the membership table grants it, district by district.

Rights come from the membership table, never from a token, a header or a variable.  Rights unite within one district,
never across districts.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from server.kit.terms import Term

#: The municipality's own rows carry this tenant number; districts count from 1 (tenants/<code>/district.yaml).
MUNICIPALITY = 0


class Role(Term):
    """What a person is within one jurisdiction (design: platform, "Signing in")."""

    PUBLIC = "PUBLIC", "公众"
    APPLICANT = "APPLICANT", "申报人"
    INSTITUTION_STAFF = "INSTITUTION_STAFF", "机构工作人员"
    EXPERT = "EXPERT", "评审专家"
    DEPARTMENT_OFFICER = "DEPARTMENT_OFFICER", "部门工作人员"
    DISTRICT_OFFICER = "DISTRICT_OFFICER", "区卫生健康委工作人员"
    DISTRICT_ADMINISTRATOR = "DISTRICT_ADMINISTRATOR", "区管理员"
    AGENCY_OFFICER = "AGENCY_OFFICER", "区医保经办机构工作人员"
    MUNICIPAL_ANALYST = "MUNICIPAL_ANALYST", "市级分析人员"
    MUNICIPAL_HEALTH_OFFICER = "MUNICIPAL_HEALTH_OFFICER", "市卫生健康委工作人员"
    MUNICIPAL_INSURANCE_OFFICER = "MUNICIPAL_INSURANCE_OFFICER", "市医保中心工作人员"
    PLATFORM_OPERATOR = "PLATFORM_OPERATOR", "平台运维人员"


#: Roles that read every district's rows.
MUNICIPAL_READERS = frozenset({Role.MUNICIPAL_ANALYST, Role.MUNICIPAL_HEALTH_OFFICER, Role.MUNICIPAL_INSURANCE_OFFICER})

#: Municipal roles that act on rows of every district, each in the tables of its own process alone.
WORKING_EVERYWHERE = frozenset({Role.MUNICIPAL_INSURANCE_OFFICER})

_NONE: frozenset[Role] = frozenset()


@dataclass(frozen=True, slots=True)
class Grant:
    """One membership in force: a role in one tenant, perhaps narrowed to a department or an institution."""

    tenant_id: int
    role: Role
    department: str | None = None
    institution_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person. ``grants`` holds only memberships in force now, in the order they were granted.

    ``kept`` is for whoever works out something of this person at every request: it is thrown away with this object, once
    memberships are read anew.
    """

    subject: str
    name: str
    grants: tuple[Grant, ...]
    kept: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    _held: Mapping[int, frozenset[Role]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        held: dict[int, set[Role]] = {}
        for grant in self.grants:
            held.setdefault(grant.tenant_id, set()).add(grant.role)
        object.__setattr__(self, "_held", {tenant: frozenset(roles) for tenant, roles in held.items()})

    @property
    def home(self) -> int | None:
        """The tenant a request runs in when it names none: the first granted district, else the municipality."""
        for grant in self.grants:
            if grant.tenant_id != MUNICIPALITY:
                return grant.tenant_id
        return MUNICIPALITY if self.grants else None

    @property
    def is_municipal(self) -> bool:
        """Whether some grant reads across all districts."""
        return any(grant.role in MUNICIPAL_READERS for grant in self.grants)

    def roles_in(self, tenant_id: int) -> frozenset[Role]:
        """The roles this person holds in one tenant; empty where none."""
        return self._held.get(tenant_id, _NONE)

    def acting_roles_in(self, tenant_id: int) -> frozenset[Role]:
        """The roles in which this person acts in the tenant: besides those held there, those that work in every tenant."""
        return self.roles_in(tenant_id) | (self.roles_in(MUNICIPALITY) & WORKING_EVERYWHERE)
