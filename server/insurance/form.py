"""Annex 1 as values: every field of 北京市医疗保障定点医疗机构申请表 (MIC-A1-01 to MIC-A1-29).

A form as it was sent may lack what the applicant has not entered: what is missing becomes an item of the supplement notice
(A-MIC-11), so only the institution's own identity is required here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date
from decimal import Decimal
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from server.institutions.model import InstitutionKind, OperatingNature, Ownership
from server.insurance.model import InstitutionGrade, PersonRole, ServiceTarget, StaffKind
from server.kit.terms import Term

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Bank:
    """开户行 and 银行账号 (MIC-A1-12)."""

    branch: str | None = None
    account: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom the form names (MIC-A1-13 to 15)."""

    name: str
    phone: str | None = None
    identity_number: str | None = None


@dataclass(frozen=True, slots=True)
class LicencePeriod:
    """许可证发证日期、有效期开始、截止 (MIC-A1-16)."""

    issued_on: date | None = None
    valid_from: date | None = None
    valid_through_on: date | None = None


@dataclass(frozen=True, slots=True)
class ParentDesignation:
    """上级定点医疗机构名称、定点编码 (MIC-A1-20)."""

    name: str | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the institution has (MIC-A1-21 to 26): four rules and five data bases, stored one by one, printed as one."""

    insurance_manager: bool | None = None
    insurance_department: bool | None = None
    insurance_rules: bool | None = None
    finance_rules: bool | None = None
    statistics_rules: bool | None = None
    quality_rules: bool | None = None
    information_system: str | None = None
    drug_base: bool | None = None
    service_item_base: bool | None = None
    facility_base: bool | None = None
    consumable_base: bool | None = None
    disease_base: bool | None = None
    inventory_system: bool | None = None
    outpatient_system: bool | None = None
    inpatient_system: bool | None = None


@dataclass(frozen=True, slots=True)
class Staff:
    """One line of 卫生技术人员构成 (MIC-A1-27)."""

    kind: StaffKind
    headcount: int
    first_registered_here: int


@dataclass(frozen=True, slots=True)
class Department:
    """One line of 科室设置 (MIC-A1-28)."""

    name: str
    open_beds: int
    doctors: int
    doctors_first_registered_here: int
    nurses: int
    others: int


@dataclass(frozen=True, slots=True)
class Equipment:
    """One line of 大型医疗设备 (MIC-A1-29); ``purchased_in`` is a month, ``2024-05``."""

    name: str
    model: str
    quantity: int
    purchased_in: str | None = None
    valid_through_on: date | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """The whole table, frozen once it is submitted."""

    institution_name: str
    address: str | None = None
    unified_social_credit_code: str | None = None
    ownership: Ownership | None = None
    licence_number: str | None = None
    competent_department: str | None = None
    operating_nature: OperatingNature | None = None
    operating_since: date | None = None
    approved_beds: int | None = None
    operating_area_m2: Decimal | None = None
    grade: InstitutionGrade | None = None
    category: InstitutionKind | None = None
    bank: Bank | None = None
    legal_representative: Person | None = None
    principal: Person | None = None
    actual_controller: Person | None = None
    insurance_lead: Person | None = None
    licence: LicencePeriod | None = None
    organisation_class_code: str | None = None
    practice_division: str | None = None
    service_target: ServiceTarget | None = None
    parent_designation: ParentDesignation | None = None
    capabilities: Capabilities = field(default_factory=Capabilities)
    staffing: tuple[Staff, ...] = ()
    departments: tuple[Department, ...] = ()
    equipment: tuple[Equipment, ...] = ()

    def person(self, role: PersonRole) -> Person | None:
        """Who holds the role."""
        found: Person | None = getattr(self, role.lower())
        return found

    @property
    def headcount(self) -> int:
        """合计人数."""
        return sum(one.headcount for one in self.staffing)

    @property
    def first_registered(self) -> int:
        """合计第一注册地在本机构的人数."""
        return sum(one.first_registered_here for one in self.staffing)


#: What of a form is personal: it is sealed, and never part of the open snapshot.
PERSONAL = (
    ("bank", "account"),
    *((role.lower(), "phone") for role in PersonRole),
    *((role.lower(), "identity_number") for role in PersonRole),
)


def written(value: Any) -> Any:
    """The value as JSON holds it, by field name."""
    if is_dataclass(value):
        return {one.name: written(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, tuple):
        return [written(one) for one in value]
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


def parted(form: Form) -> tuple[dict[str, Any], dict[str, str]]:
    """The open snapshot, and what was taken out of it: personal values by path, ``bank.account``."""
    snapshot, personal = written(form), {}
    for outer, inner in PERSONAL:
        value = (snapshot[outer] or {}).get(inner)
        if value is not None:
            personal[f"{outer}.{inner}"] = value
            snapshot[outer][inner] = None
    return snapshot, personal


def joined(snapshot: Mapping[str, Any], personal: Mapping[str, str]) -> Form:
    """The form again: ``joined(*parted(form)) == form``."""
    values: dict[str, Any] = {**snapshot}
    for path, value in personal.items():
        outer, _, inner = path.partition(".")
        values[outer] = {**(values[outer] or {}), inner: value}
    return read(Form, values)


def read(type_: type[T], values: Mapping[str, Any]) -> T:
    """The dataclass that ``written`` wrote, or whose values were entered one by one."""
    hints = get_type_hints(type_)
    return type_(**{name: _read(hints[name], value) for name, value in values.items()})


def _read(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    if get_origin(hint) in (Union, UnionType):
        (hint,) = (one for one in get_args(hint) if one is not type(None))
    if get_origin(hint) is tuple:
        return tuple(_read(get_args(hint)[0], one) for one in value)
    if is_dataclass(hint) and isinstance(hint, type):
        return read(hint, value)
    if hint is date:
        return value if isinstance(value, date) else date.fromisoformat(value)
    return hint(value) if hint is Decimal or issubclass(hint, Term) else value


def paths(form: Form) -> Iterator[str]:
    """The fields of the form as provenance names them: one of each table, one of each value besides, in its order."""
    for one in fields(form):
        value = getattr(form, one.name)
        if is_dataclass(value):
            yield from (f"{one.name}.{inner.name}" for inner in fields(value))
        else:
            yield one.name


def value_at(form: Form, path: str) -> Any:
    """The value of one field, None where there is none."""
    value: Any = form
    for name in path.split("."):
        value = None if value is None else getattr(value, name)
    return value
