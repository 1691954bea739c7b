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


#: Files: officials of the district read them all, the agency and the insurance centre those of the cases they were given,
#: experts those of the cases they must score, everybody else their own and those of their institution.  Analysts count, and
#: open no file: they may hold identity papers.
_OF_GIVEN_CASE = (
    "{{t}}.id IN (SELECT used.document_id FROM document_use used JOIN case_reader given ON given.tenant_id = used.tenant_id"
    " AND given.subject_id = used.subject_id WHERE used.tenant_id = {{t}}.tenant_id AND given.withdrawn_at IS NULL"
    " AND given.role = '{role}' AND (given.reader IS NULL OR given.reader = :subject))"
)
_OWN_FILE = "{t}.uploaded_by = :subject"
FILES: Mapping[str, str] = {
    Role.DISTRICT_OFFICER.value: "true",
    Role.DISTRICT_ADMINISTRATOR.value: "true",
    Role.DEPARTMENT_OFFICER.value: "true",
    Role.MUNICIPAL_HEALTH_OFFICER.value: "true",
    Role.AGENCY_OFFICER.value: f"{_OWN_FILE} OR {_OF_GIVEN_CASE.format(role=Role.AGENCY_OFFICER)}",
    Role.MUNICIPAL_INSURANCE_OFFICER.value: (
        f"{_OWN_FILE} OR {_OF_GIVEN_CASE.format(role=Role.MUNICIPAL_INSURANCE_OFFICER)}"
    ),
    Role.EXPERT.value: f"{_OWN_FILE} OR {_OF_GIVEN_CASE.format(role=Role.EXPERT)}",
    Role.APPLICANT.value: _OWN_FILE,
    Role.INSTITUTION_STAFF.value: f"{_OWN_FILE} OR {{t}}.institution_id = ANY(:institutions::uuid[])",
}

#: Where a file was used is told to those who read all files, and to its owners; not to those who were given one case.
_USED = "{t}.document_id IN (SELECT file.id FROM document file WHERE file.tenant_id = {t}.tenant_id AND (RULE))"
_TOLD = {
    **FILES,
    Role.AGENCY_OFFICER.value: _OWN_FILE,
    Role.MUNICIPAL_INSURANCE_OFFICER.value: _OWN_FILE,
    Role.EXPERT.value: _OWN_FILE,
}
USES: Mapping[str, str] = {
    role: rule if rule == "true" else _USED.replace("RULE", rule.replace("{t}", "file")) for role, rule in _TOLD.items()
}

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

#: Official documents: officials, the institution's staff, and the applicant whom one is addressed to.
PAPERS: Mapping[str, str] = {**register(OF_OWN_INSTITUTION), Role.APPLICANT.value: "{t}.recipient = :subject"}

#: How one was served, and what can be done against it, is read where the document is.
OF_PAPER: Mapping[str, str] = {
    **register(
        "{t}.paper_id IN (SELECT one.id FROM paper one JOIN institution own ON own.tenant_id = one.tenant_id"
        " AND own.id = one.institution_id WHERE one.tenant_id = {t}.tenant_id"
        " AND (own.id = ANY(:institutions::uuid[]) OR own.parent_id = ANY(:institutions::uuid[])))"
    ),
    Role.APPLICANT.value: (
        "{t}.paper_id IN (SELECT one.id FROM paper one WHERE one.tenant_id = {t}.tenant_id AND one.recipient = :subject)"
    ),
}

#: Tasks: whose role one names, whose department, whose institution; and the person it is assigned to.
_ASSIGNED = "{t}.assignee = :subject"
TASKS: Mapping[str, str] = {
    Role.DISTRICT_ADMINISTRATOR.value: "true",
    Role.DISTRICT_OFFICER.value: f"{{t}}.role <> '{Role.AGENCY_OFFICER}' OR {_ASSIGNED}",
    Role.AGENCY_OFFICER.value: f"{{t}}.role = '{Role.AGENCY_OFFICER}' OR {_ASSIGNED}",
    Role.DEPARTMENT_OFFICER.value: (
        f"{{t}}.role = '{Role.DEPARTMENT_OFFICER}' AND"
        f" ({{t}}.department IS NULL OR {{t}}.department = ANY(:departments::text[])) OR {_ASSIGNED}"
    ),
    Role.INSTITUTION_STAFF.value: f"{{t}}.role = '{Role.INSTITUTION_STAFF}' AND {OF_OWN_INSTITUTION} OR {_ASSIGNED}",
    Role.EXPERT.value: _ASSIGNED,
    Role.APPLICANT.value: _ASSIGNED,
    **dict.fromkeys((role.value for role in MUNICIPAL_READERS), "true"),
}

#: Applications for licences, and the licences they led to: the register's readers, and who applied.
LICENCE_APPLICATIONS: Mapping[str, str] = {
    **register(OF_OWN_INSTITUTION),
    Role.APPLICANT.value: "{t}.applicant = :subject",
}
LICENCES: Mapping[str, str] = {
    **register(OF_OWN_INSTITUTION),
    Role.APPLICANT.value: (
        "{t}.application_id IN (SELECT own.id FROM licence_application own WHERE own.tenant_id = {t}.tenant_id"
        " AND own.applicant = :subject)"
    ),
}

#: Proposals: those who decide, those who help them to, and the municipality.
PROPOSALS: Mapping[str, str] = dict.fromkeys(
    (role.value for role in (Role.DISTRICT_OFFICER, Role.DISTRICT_ADMINISTRATOR, Role.DEPARTMENT_OFFICER)), "true"
) | dict.fromkeys((role.value for role in MUNICIPAL_READERS), "true")
#: Findings: an institution learns of one once it is decided; what is merely alleged is the authority's own affair.
FINDINGS: Mapping[str, str] = register(f"({OF_OWN_INSTITUTION}) AND {{t}}.status NOT IN ('ALLEGED', 'INVESTIGATING')")

#: Facts about an institution: officials, and its staff once they are determined.
FACTS: Mapping[str, str] = register(f"({OF_OWN_INSTITUTION}) AND {{t}}.decided_on IS NOT NULL")

#: Risk signals: the department that raised one, those it was shared with, the health commission and the municipality.
SIGNALS: Mapping[str, str] = dict.fromkeys(
    (role.value for role in (Role.DISTRICT_OFFICER, Role.DISTRICT_ADMINISTRATOR, *MUNICIPAL_READERS)), "true"
) | {
    Role.DEPARTMENT_OFFICER.value: (
        "{t}.department = ANY(:departments::text[]) OR {t}.shared_with && :departments::text[]"
    )
}

#: Joint inspections and guidance: the departments that take part, the health commission, the municipality; the
#: institution's staff once it was held.
VISITS: Mapping[str, str] = dict.fromkeys(
    (role.value for role in (Role.DISTRICT_OFFICER, Role.DISTRICT_ADMINISTRATOR, *MUNICIPAL_READERS)), "true"
) | {
    Role.DEPARTMENT_OFFICER.value: "{t}.departments && :departments::text[]",
    Role.INSTITUTION_STAFF.value: f"({OF_OWN_INSTITUTION}) AND {{t}}.status = 'HELD'",
}

#: Who conducts public selections and who looks on; nobody else reads what is not published.
_CONDUCTING: Mapping[str, str] = dict.fromkeys(
    (role.value for role in (Role.DISTRICT_OFFICER, Role.DISTRICT_ADMINISTRATOR, *MUNICIPAL_READERS)), "true"
)

#: Gaps, calls, notices, results: everybody, from the day of publication on.
PUBLISHED: Mapping[str, str] = {**_CONDUCTING, Role.PUBLIC.value: "{t}.published_on IS NOT NULL"}

#: What a district keeps for itself and the city until something else publishes it.
CONDUCTED: Mapping[str, str] = _CONDUCTING

_MINE = "{t}.subject = :subject"
_TO_SCORE = (
    "SELECT sheet.application_id FROM score_sheet sheet WHERE sheet.tenant_id = {t}.tenant_id"
    " AND sheet.subject = :subject AND sheet.status <> 'DROPPED'"
)
_MY_APPLICATIONS = (
    "SELECT own.id FROM operator_application own WHERE own.tenant_id = {t}.tenant_id AND own.subject = :subject"
)
_MY_SHEETS = "SELECT own.id FROM score_sheet own WHERE own.tenant_id = {t}.tenant_id AND own.subject = :subject"

#: Applications: those who conduct the selection, the applicant, and the experts who must score it.
APPLICATIONS: Mapping[str, str] = {
    **_CONDUCTING,
    Role.APPLICANT.value: _MINE,
    Role.EXPERT.value: f"{{t}}.id IN ({_TO_SCORE})",
}

#: What belongs to an application, for the same.
OF_APPLICATION: Mapping[str, str] = {
    **_CONDUCTING,
    Role.APPLICANT.value: f"{{t}}.application_id IN ({_MY_APPLICATIONS})",
    Role.EXPERT.value: f"{{t}}.application_id IN ({_TO_SCORE})",
}

#: Reviews: officials, the institution's staff, and the applicant whose application was reviewed.
REVIEWS: Mapping[str, str] = {
    **register(OF_OWN_INSTITUTION),
    Role.APPLICANT.value: f"{{t}}.application_id IN ({_MY_APPLICATIONS})",
}

#: The committee and its sheets: an expert's own besides those who conduct.  A sheet shows no score (see ``SCORES``).
OWN_AS_EXPERT: Mapping[str, str] = {**_CONDUCTING, Role.EXPERT.value: _MINE}
OF_MEMBER: Mapping[str, str] = {
    **_CONDUCTING,
    Role.EXPERT.value: (
        "{t}.member_id IN (SELECT own.id FROM committee_member own WHERE own.tenant_id = {t}.tenant_id"
        " AND own.subject = :subject)"
    ),
}

#: Scores: nobody reads one before all sheets of the round are opened together; before that there are ciphertexts alone.
_OPENED = (
    "{t}.sheet_id IN (SELECT one.id FROM score_sheet one WHERE one.tenant_id = {t}.tenant_id"
    " AND one.opened_at IS NOT NULL)"
)
SCORES: Mapping[str, str] = {
    **dict.fromkeys(_CONDUCTING, _OPENED),
    Role.EXPERT.value: f"{_OPENED} AND {{t}}.sheet_id IN ({_MY_SHEETS})",
}

#: Objections: those who conduct, and whoever objected.
OBJECTIONS: Mapping[str, str] = {**_CONDUCTING, Role.APPLICANT.value: _MINE}

#: Premises, agreements, breaches: officials, and the staff of the institution that works there.
ENTRUSTED: Mapping[str, str] = {
    **_CONDUCTING,
    Role.APPLICANT.value: f"{{t}}.application_id IN ({_MY_APPLICATIONS})",
    Role.INSTITUTION_STAFF.value: OF_OWN_INSTITUTION,
}
_MY_AGREEMENTS = (
    "SELECT deal.id FROM entrustment_agreement deal JOIN operator_application own ON own.tenant_id = deal.tenant_id"
    " AND own.id = deal.application_id WHERE deal.tenant_id = {t}.tenant_id AND own.subject = :subject"
)
OF_AGREEMENT: Mapping[str, str] = {
    **_CONDUCTING,
    Role.APPLICANT.value: f"{{t}}.agreement_id IN ({_MY_AGREEMENTS})",
    Role.INSTITUTION_STAFF.value: (
        "{t}.agreement_id IN (SELECT deal.id FROM entrustment_agreement deal JOIN institution own"
        " ON own.tenant_id = deal.tenant_id AND own.id = deal.institution_id WHERE deal.tenant_id = {t}.tenant_id"
        " AND (own.id = ANY(:institutions::uuid[]) OR own.parent_id = ANY(:institutions::uuid[])))"
    ),
}

#: The premises themselves, for those who conduct, and for whoever holds an agreement about them.
PREMISES: Mapping[str, str] = {
    **_CONDUCTING,
    Role.APPLICANT.value: (
        "{t}.id IN (SELECT deal.premises_id FROM entrustment_agreement deal JOIN operator_application own"
        " ON own.tenant_id = deal.tenant_id AND own.id = deal.application_id"
        " WHERE deal.tenant_id = {t}.tenant_id AND own.subject = :subject)"
    ),
    Role.INSTITUTION_STAFF.value: (
        "{t}.id IN (SELECT deal.premises_id FROM entrustment_agreement deal JOIN institution own"
        " ON own.tenant_id = deal.tenant_id AND own.id = deal.institution_id WHERE deal.tenant_id = {t}.tenant_id"
        " AND (own.id = ANY(:institutions::uuid[]) OR own.parent_id = ANY(:institutions::uuid[])))"
    ),
}

#: Exit cases: the institution learns of one when it is notified, and never of one that came to nothing before.
EXITS: Mapping[str, str] = register(f"({OF_OWN_INSTITUTION}) AND {{t}}.notified_on IS NOT NULL")

#: Requests to take residents over: officials of either district, the staff of the institution that is asked.
SUCCESSIONS: Mapping[str, str] = register(OF_OWN_INSTITUTION)
