"""The vocabularies of the register as the API spells them; whatever names one in a type takes it from here."""

from schema.terms import term
from server.institutions.model import InstitutionKind as InstitutionKind
from server.institutions.model import InstitutionStatus as InstitutionStatus
from server.institutions.model import OperatingNature as OperatingNature
from server.institutions.model import OperatorKind as OperatorKind
from server.institutions.model import Ownership as Ownership
from server.institutions.model import RecordSource as RecordSource
from server.institutions.model import SuccessionReason as SuccessionReason

term(InstitutionKind, "机构类别 what the institution is licensed as")
term(InstitutionStatus, "机构状态")
term(OperatingNature, "经营性质")
term(Ownership, "所有制形式")
term(OperatorKind, "举办主体类别")
term(RecordSource, "数据来源")
term(SuccessionReason, "沿革原因")
