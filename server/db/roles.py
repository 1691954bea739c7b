"""The database's login roles and their passwords.

One login role per district: its row-level policies hold the tenant number as a literal, so injected SQL cannot change
district.  Besides them a handful of roles for everything that is not a district.  Nobody logs in as the owner; none is
superuser or bypasses row-level security.
"""

import base64
import hashlib
import hmac
import re

OWNER = "shequ_owner"
MIGRATOR = "shequ_migrator"

#: Reads every tenant's rows, writes none: municipal users.
MUNICIPAL_READER = "municipal_reader"
#: Writes the municipality's own rows (tenant 0) in the tables of its processes.
MUNICIPAL_WRITER = "municipal_writer"
#: Works on the designation cases of every district, in those tables alone: the municipal insurance centre.
INSURANCE_CENTRE = "insurance_centre"
#: Reads published rows only: callers without a token.
PUBLIC_READER = "public_reader"
#: Reads memberships of all tenants, since it knows a person before it knows a tenant, and keeps browsers' sessions.
AUTHENTICATOR = "authenticator"
#: Seeds districts, agencies, the calendar and first memberships; reads no district's own rows.
PLATFORM = "platform"

#: Reads the audit entries of all tenants and chains them; reads nothing else and changes nothing.
AUDITOR = "auditor"

#: Seals personal values anew under another key: reads and changes sealed columns of all tenants, and no other column.
CUSTODIAN = "custodian"

SHARED = (
    MUNICIPAL_READER,
    MUNICIPAL_WRITER,
    INSURANCE_CENTRE,
    PUBLIC_READER,
    AUTHENTICATOR,
    PLATFORM,
    AUDITOR,
    CUSTODIAN,
)

_DISTRICT = "district_"
_CODE = re.compile(r"[a-z][a-z0-9_]{1,40}")


def district_role(code: str) -> str:
    """The login role of the district with this code.

    Raises: ValueError when the code cannot be part of a role's name.
    """
    if not _CODE.fullmatch(code):
        raise ValueError(f"district code {code!r}: expected 2 to 41 characters a-z, 0-9, _ beginning with a letter")
    return f"{_DISTRICT}{code}"


def is_login_role(name: str) -> bool:
    """Whether the application's roles, of districts past and present too, have this kind of name."""
    return name in SHARED or name.startswith(_DISTRICT)


def password(secret: str, role: str) -> str:
    """The role's password, derived from the installation's one secret: rotate the secret, provision again."""
    digest = hmac.new(secret.encode(), f"shequ/role/{role}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
