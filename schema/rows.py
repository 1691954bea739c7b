"""Who reads which rows of a type: the row rules that several types share.

A role that a rule does not name reads nothing.  ``:institutions`` are the institutions whose staff the caller is.
"""

from collections.abc import Mapping

from server.kit.actor import MUNICIPAL_READERS, MUNICIPALITY, Role

#: Directories and calendars: published to everybody.
EVERYONE: Mapping[str, str] = dict.fromkeys((role.value for role in Role), "true")

_OFFICIALS = (
    Role.DISTRICT_OFFICER,
    Role.DISTRICT_ADMINISTRATOR,
    Role.DEPARTMENT_OFFICER,
    Role.AGENCY_OFFICER,
    *MUNICIPAL_READERS,
)


def register(own: str) -> Mapping[str, str]:
    """Officials read the whole register of their jurisdiction, an institution's staff the rows that ``own`` describes."""
    return dict.fromkeys((role.value for role in _OFFICIALS), "true") | {Role.INSTITUTION_STAFF.value: own}


#: Memberships: each jurisdiction's are read by those who grant and revoke them (docs/decisions/who-grants-which-role.md).
MEMBERS: Mapping[str, str] = {
    Role.DISTRICT_ADMINISTRATOR.value: "true",
    Role.MUNICIPAL_HEALTH_OFFICER.value: f"{{t}}.tenant_id = {MUNICIPALITY}",
    Role.MUNICIPAL_INSURANCE_OFFICER.value: (
        f"{{t}}.tenant_id = {MUNICIPALITY} AND {{t}}.role = '{Role.MUNICIPAL_INSURANCE_OFFICER}'"
    ),
}

#: The institution itself and those that stand under it.
OWN_INSTITUTION = "{t}.id = ANY(:institutions::uuid[]) OR {t}.parent_id = ANY(:institutions::uuid[])"

#: Rows that belong to such an institution.
OF_OWN_INSTITUTION = (
    "{t}.institution_id IN (SELECT own.id FROM institution own WHERE own.tenant_id = {t}.tenant_id"
    " AND (own.id = ANY(:institutions::uuid[]) OR own.parent_id = ANY(:institutions::uuid[])))"
)

#: Designation cases: the agency's officers, its district and the city; an institution's staff by the type's own rule.
CASES: Mapping[str, str] = dict.fromkeys(
    (
        role.value
        for role in (Role.AGENCY_OFFICER, Role.DISTRICT_OFFICER, Role.DISTRICT_ADMINISTRATOR, *MUNICIPAL_READERS)
    ),
    "true",
)
