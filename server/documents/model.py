"""What an uploaded file can be."""

from server.kit.actor import Role
from server.kit.terms import Term

#: Who may use any document of the district; everybody else their own, and those of their institution.
OFFICIALS = (
    Role.DISTRICT_OFFICER,
    Role.DISTRICT_ADMINISTRATOR,
    Role.DEPARTMENT_OFFICER,
    Role.AGENCY_OFFICER,
    Role.MUNICIPAL_INSURANCE_OFFICER,
)

#: Who may upload.
UPLOADERS = (*OFFICIALS, Role.INSTITUTION_STAFF, Role.APPLICANT, Role.EXPERT)


class DocumentStatus(Term):
    """Whether the bytes are there. Only what is STORED is ever used, shown or handed out."""

    UPLOADING = "UPLOADING", "待上传"
    STORED = "STORED", "已存储"
    REFUSED = "REFUSED", "已拒收"
