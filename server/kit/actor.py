"""Who acts: a subject, and what the membership table grants it, district by district.

Rights come from the membership table, never from a token, a header or a variable.  Rights unite within one district,
never across districts.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

#: The municipality's own rows carry this tenant number; districts count from 1 (tenants/<code>/district.yaml).
MUNICIPALITY = 0


class Role(StrEnum):
    """What a person is within one jurisdiction (design: platform, "Signing in")."""

    PUBLIC = "PUBLIC"
    APPLICANT = "APPLICANT"
    INSTITUTION_STAFF = "INSTITUTION_STAFF"
    EXPERT = "EXPERT"
    DEPARTMENT_OFFICER = "DEPARTMENT_OFFICER"
    DISTRICT_OFFICER = "DISTRICT_OFFICER"
    DISTRICT_ADMINISTRATOR = "DISTRICT_ADMINISTRATOR"
    AGENCY_OFFICER = "AGENCY_OFFICER"
    MUNICIPAL_ANALYST = "MUNICIPAL_ANALYST"
    MUNICIPAL_HEALTH_OFFICER = "MUNICIPAL_HEALTH_OFFICER"
    MUNICIPAL_INSURANCE_OFFICER = "MUNICIPAL_INSURANCE_OFFICER"
    PLATFORM_OPERATOR = "PLATFORM_OPERATOR"


#: Roles that read every district's rows.
MUNICIPAL_READERS = frozenset({Role.MUNICIPAL_ANALYST, Role.MUNICIPAL_HEALTH_OFFICER, Role.MUNICIPAL_INSURANCE_OFFICER})


@dataclass(frozen=True, slots=True)
class Grant:
    """One membership in force: a role in one tenant, perhaps narrowed to a department or an institution."""

    tenant_id: int
    role: Role
    department: str | None = None
    institution_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person. ``grants`` holds only memberships in force now, in the order they were granted."""

    subject: str
    name: str
    grants: tuple[Grant, ...]

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
        return frozenset(grant.role for grant in self.grants if grant.tenant_id == tenant_id)
