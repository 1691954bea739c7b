"""A membership as a value."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from server.districts.model import AuthorityKind
from server.kit.actor import Role


@dataclass(frozen=True, slots=True)
class Membership:
    """One person in one role, in force on the days ``[from_on, until)``; without ``until`` until it is revoked.

    ``department`` narrows a department officer to one kind of authority, ``institution_id`` an institution's staff to one
    institution.  An agency officer needs no more: every district has one agency (京医保中心发〔2025〕4号 附件3).
    """

    subject: str
    name: str
    role: Role
    from_on: date
    until: date | None = None
    department: AuthorityKind | None = None
    institution_id: UUID | None = None
