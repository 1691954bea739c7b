"""What a form may hold at all, and what in it does not fit together.

Two roads: a value that is not acceptable in itself (a negative number, a wrong check character) is refused with its field;
what is missing or inconsistent is a finding, which warns and goes into the one supplement notice (A-MIC-11).
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from server.insurance.form import Form, Person, paths, value_at
from server.insurance.model import FieldSource, MaterialKind, PersonRole, StaffKind, notice
from server.kit import names, registration_no, uscc
from server.kit.clause import Clause
from server.kit.errors import Invalid
from server.kit.personal import Personal

_ANNEX_1: Final = notice("附件1")
_DIVISION: Final = re.compile(r"[0-9]{6}([0-9]{3})?")
_MONTH: Final = re.compile(r"(19|20)[0-9]{2}-(0[1-9]|1[0-2])")
#: A number above this is a slip of the pen, not a community institution.
_COUNT_MOST: Final = 100_000
_AREA_MOST: Final = Decimal(10_000_000)
_LINES_MOST: Final = 200

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in the material that must be supplied or put right; ``field`` in the caller's spelling."""

    code: str
    message: str
    field: str
    clause: Clause
    material: MaterialKind = MaterialKind.APPLICATION_FORM


# What a value may be -------------------------------------------------------------------------------------------------


def normalised(form: Form) -> Form:
    """The form with every value in its official writing.

    Raises: Invalid for a value that no form can hold; the message names the limit and never repeats personal values.
    """
    base = ("input", "form")
    area = form.operating_area_m2
    if area is not None and not 0 < area <= _AREA_MOST:
        raise Invalid(f"运营面积应大于 0 且不超过 {_AREA_MOST} 平方米，现为 {area}", path=(*base, "operatingAreaM2"))
    if form.approved_beds is not None:
        _count(form.approved_beds, "批准床位数", (*base, "approvedBeds"))
    division = form.practice_division
    if division is not None and not _DIVISION.fullmatch(division):
        raise Invalid("执业地址行政区划应为 6 位区划代码（开发区为 9 位统计代码）", path=(*base, "practiceDivision"))
    for n, staff in enumerate(form.staffing):
        here = (*base, "staffing", str(n))
        _count(staff.headcount, "人数", (*here, "headcount"))
        _count(staff.first_registered_here, "第一注册地在本机构的人数", (*here, "firstRegisteredHere"))
    for table, rows in (("staffing", form.staffing), ("departments", form.departments), ("equipment", form.equipment)):
        if len(rows) > _LINES_MOST:
            raise Invalid(f"表格最多 {_LINES_MOST} 行，现为 {len(rows)} 行", path=(*base, table))
    for n, department in enumerate(form.departments):
        here = (*base, "departments", str(n))
        for name, label in _DEPARTMENT_COUNTS.items():
            _count(getattr(department, name), label, (*here, _camel(name)))
    for n, equipment in enumerate(form.equipment):
        here = (*base, "equipment", str(n))
        if not 1 <= equipment.quantity <= _COUNT_MOST:
            raise Invalid(f"设备数量应在 1 到 {_COUNT_MOST} 之间，现为 {equipment.quantity}", path=(*here, "quantity"))
        if equipment.purchased_in is not None and not _MONTH.fullmatch(equipment.purchased_in):
            raise Invalid("购买年月应为 YYYY-MM，例如 2024-05", path=(*here, "purchasedIn"))
    told: Form = _texts(form, base)
    code, number = told.unified_social_credit_code, told.licence_number
    if code is not None:
        code = uscc.normalise(code, path=(*base, "unifiedSocialCreditCode"))
    if number is not None:
        number = registration_no.normalise(number, path=(*base, "licenceNumber"))
    bank = told.bank
    if bank is not None and bank.account is not None:
        bank = replace(bank, account=Personal.BANK_ACCOUNT.written(bank.account, (*base, "bank", "account")))
    persons: dict[str, Any] = {
        role.lower(): _person(told.person(role), (*base, _camel(role.lower()))) for role in PersonRole
    }
    return replace(told, unified_social_credit_code=code, licence_number=number, bank=bank, **persons)


_DEPARTMENT_COUNTS = {
    "open_beds": "住院开放床位数",
    "doctors": "医生人数",
    "doctors_first_registered_here": "第一注册地在本机构的医生人数",
    "nurses": "护士人数",
    "others": "其他人数",
}


def _count(value: int, label: str, path: Path) -> None:
    if not 0 <= value <= _COUNT_MOST:
        raise Invalid(f"{label}应在 0 到 {_COUNT_MOST} 之间，现为 {value}", path=path)


def _texts(value: Any, path: Path) -> Any:
    """The same values with every free text trimmed, checked, and None where nothing is left."""
    if isinstance(value, str) and not hasattr(value, "label"):
        return names.normalise(value, path=path) if value.strip(names.AROUND) else None
    if isinstance(value, tuple):
        return tuple(_texts(one, (*path, str(n))) for n, one in enumerate(value))
    if is_dataclass(value) and not isinstance(value, type):
        told = {one.name: _texts(getattr(value, one.name), (*path, _camel(one.name))) for one in fields(value)}
        for name in ("name", "institution_name", "model"):
            if name in told and told[name] is None and not _is_optional(value, name):
                raise Invalid("不能为空，请填写", path=(*path, _camel(name)))
        return replace(value, **told)
    return value


def _is_optional(value: Any, name: str) -> bool:
    (one,) = (one for one in fields(value) if one.name == name)
    return "None" in str(one.type)


def _person(person: Person | None, path: Path) -> Person | None:
    if person is None:
        return None
    phone, number = person.phone, person.identity_number
    if phone is not None:
        phone = Personal.TELEPHONE.written(phone, (*path, "phone"))
    if number is not None:
        number = Personal.IDENTITY_NUMBER.written(number, (*path, "identityNumber"))
    return replace(person, phone=phone, identity_number=number)


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(one.title() if one != "m2" else "M2" for one in rest)


def spelled(path: str) -> str:
    """A field's path in the caller's spelling: ``bank.account``, ``operatingAreaM2``."""
    return ".".join(_camel(one) for one in path.split("."))


# What does not fit together ------------------------------------------------------------------------------------------


def findings(form: Form, *, received_on: date, needs_guarantee: bool) -> tuple[Finding, ...]:
    """Everything in the form that is missing or contradicts itself, in the form's own order.

    ``needs_guarantee``: the institution is of a kind that applies under a superior (MIC-A1-20 with MIC-A22).
    Implements: MIC-A1-16, MIC-A1-27, MIC-A1-28, MIC-A1-29, A-MIC-11.
    """
    return (
        *_missing(form, needs_guarantee),
        *_dates(form, received_on),
        *_staffing(form),
        *_departments(form),
        *_equipment(form, received_on),
    )


def _finding(code: str, path: str, message: str) -> Finding:
    return Finding(code, message, spelled(path), _ANNEX_1)


#: Fields that may rightly be empty: one person may hold two roles (A-MIC-6), and not all have a superior or equipment.
_MAY_BE_EMPTY = {"actual_controller", "parent_designation", "equipment"}
_LABELS = {
    "institution_name": "医疗机构名称",
    "address": "医疗机构地址",
    "unified_social_credit_code": "统一社会信用代码",
    "ownership": "所有制形式",
    "licence_number": "执业许可证号",
    "competent_department": "主管部门",
    "operating_nature": "经营性质",
    "operating_since": "正式运营时间",
    "approved_beds": "批准床位数",
    "operating_area_m2": "运营面积",
    "grade": "医疗机构等级",
    "category": "医疗机构类别",
    "bank.branch": "银行开户行",
    "bank.account": "银行账号",
    "licence.issued_on": "许可证发证日期",
    "licence.valid_from": "许可证有效期开始日期",
    "licence.valid_through_on": "许可证有效期截止日期",
    "organisation_class_code": "机构（组织）分类代码",
    "practice_division": "执业地址行政区划",
    "service_target": "服务对象",
    "capabilities.insurance_manager": "是否配备专（兼）职医保管理人员",
    "capabilities.insurance_department": "是否设有内部医保管理部门",
    "capabilities.insurance_rules": "医保管理制度",
    "capabilities.finance_rules": "财务制度",
    "capabilities.statistics_rules": "统计信息管理制度",
    "capabilities.quality_rules": "医疗质量安全核心制度",
    "capabilities.information_system": "信息系统及名称",
    "capabilities.drug_base": "医保药品数据库",
    "capabilities.service_item_base": "诊疗项目数据库",
    "capabilities.facility_base": "医疗服务设施数据库",
    "capabilities.consumable_base": "医用耗材数据库",
    "capabilities.disease_base": "疾病病种数据库",
    "capabilities.inventory_system": "进销存信息系统",
    "capabilities.outpatient_system": "门诊信息系统",
    "capabilities.inpatient_system": "住院信息系统",
    "staffing": "卫生技术人员构成",
    "departments": "科室设置",
}
_PERSON_LABELS = {"name": "姓名", "phone": "联系电话", "identity_number": "身份证号"}


def label_of(path: str) -> str:
    """The field's name on the printed table."""
    outer, _, inner = path.partition(".")
    role = next((one for one in PersonRole if one.lower() == outer), None)
    if role is not None:
        return f"{role.label}{_PERSON_LABELS.get(inner, '')}"
    extra = {"parent_designation.name": "上级定点医疗机构名称", "parent_designation.code": "定点编码"}
    return _LABELS.get(path) or extra.get(path) or {"equipment": "大型医疗设备信息"}.get(path, path)


def _missing(form: Form, needs_guarantee: bool) -> Iterator[Finding]:
    wanted = [path for path in paths(form) if path in _LABELS]
    for outer in ("bank", "licence"):
        if getattr(form, outer) is None:
            wanted += [path for path in _LABELS if path.startswith(f"{outer}.")]
    roles = (PersonRole.LEGAL_REPRESENTATIVE, PersonRole.PRINCIPAL, PersonRole.INSURANCE_LEAD)
    wanted += [f"{role.lower()}.{name}" for role in roles for name in ("name", "phone")]
    wanted += [f"{role.lower()}.identity_number" for role in roles[:2]]
    if form.actual_controller is not None:
        wanted += [f"actual_controller.{name}" for name in ("phone", "identity_number")]
    if needs_guarantee:
        wanted += ["parent_designation.name", "parent_designation.code"]
    for path in wanted:
        if value_at(form, path) in (None, "", ()):
            yield _finding("MISSING", path, f"未填写{label_of(path)}")


def _dates(form: Form, received_on: date) -> Iterator[Finding]:
    licence = form.licence
    if licence is not None:
        issued, first, last = licence.issued_on, licence.valid_from, licence.valid_through_on
        if first is not None and last is not None and first > last:
            yield _finding("LICENCE_PERIOD", "licence.valid_from", f"许可证有效期开始日期 {first} 晚于截止日期 {last}")
        if issued is not None and last is not None and issued > last:
            yield _finding("LICENCE_ISSUED", "licence.issued_on", f"许可证发证日期 {issued} 晚于有效期截止日期 {last}")
        if issued is not None and issued > received_on:
            yield _finding(
                "LICENCE_ISSUED", "licence.issued_on", f"许可证发证日期 {issued} 晚于收到材料之日 {received_on}"
            )
        if last is not None and last < received_on:
            message = f"许可证有效期截止日期 {last} 早于收到材料之日 {received_on}"
            yield _finding("LICENCE_EXPIRED", "licence.valid_through_on", message)
    since = form.operating_since
    if since is not None and since > received_on:
        yield _finding("OPERATING_SINCE", "operating_since", f"正式运营时间 {since} 晚于收到材料之日 {received_on}")


def _staffing(form: Form) -> Iterator[Finding]:
    for kind, times in Counter(one.kind for one in form.staffing).items():
        if times > 1:
            yield _finding("STAFFING_REPEATED", "staffing", f"卫生技术人员构成中“{kind.label}”出现 {times} 次")
    present = {one.kind for one in form.staffing}
    if form.staffing:
        for kind in StaffKind:
            if kind not in present:
                yield _finding("MISSING", "staffing", f"卫生技术人员构成未填写“{kind.label}”（没有的填 0）")
    for one in form.staffing:
        if one.first_registered_here > one.headcount:
            yield _finding(
                "FIRST_REGISTERED",
                "staffing",
                f"{one.kind.label}第一注册地在本机构的人数 {one.first_registered_here} 超过人数 {one.headcount}",
            )


def _departments(form: Form) -> Iterator[Finding]:
    rows = form.departments
    if not rows:
        return
    for name, times in Counter(names.match_key(one.name) for one in rows).items():
        if times > 1:
            shown = next(one.name for one in rows if names.match_key(one.name) == name)
            yield _finding("DEPARTMENT_REPEATED", "departments", f"科室“{shown}”出现 {times} 次")
    for one in rows:
        if one.doctors_first_registered_here > one.doctors:
            yield _finding(
                "FIRST_REGISTERED",
                "departments",
                f"科室“{one.name}”第一注册地在本机构的医生 {one.doctors_first_registered_here} 人，超过 {one.doctors} 人",
            )
    beds = sum(one.open_beds for one in rows)
    if form.approved_beds is not None and beds > form.approved_beds:
        yield _finding(
            "BEDS", "departments", f"各科室住院开放床位合计 {beds} 张，超过批准床位数 {form.approved_beds} 张"
        )
    if form.staffing:
        of = {
            kind: (
                sum(one.headcount for one in form.staffing if one.kind is kind),
                sum(one.first_registered_here for one in form.staffing if one.kind is kind),
            )
            for kind in StaffKind
        }
        for label, total, most in (
            ("医生", sum(one.doctors for one in rows), of[StaffKind.DOCTOR][0]),
            ("护士", sum(one.nurses for one in rows), of[StaffKind.NURSE][0]),
            (
                "第一注册地在本机构的医生",
                sum(one.doctors_first_registered_here for one in rows),
                of[StaffKind.DOCTOR][1],
            ),
        ):
            if total > most:
                message = f"各科室{label}合计 {total} 人，超过卫生技术人员构成中的 {most} 人"
                yield _finding("STAFF_SUM", "departments", message)


def _equipment(form: Form, received_on: date) -> Iterator[Finding]:
    for one in form.equipment:
        bought, last = one.purchased_in, one.valid_through_on
        if bought is None:
            yield _finding("MISSING", "equipment", f"设备“{one.name}”未填写购买年月")
        elif bought > f"{received_on:%Y-%m}":
            yield _finding("PURCHASED_LATER", "equipment", f"设备“{one.name}”购买年月 {bought} 晚于收到材料之日")
        if bought is not None and last is not None and f"{last:%Y-%m}" < bought:
            yield _finding("EQUIPMENT_PERIOD", "equipment", f"设备“{one.name}”有效期 {last} 早于购买年月 {bought}")
        if last is not None and last < received_on:
            yield _finding("EQUIPMENT_EXPIRED", "equipment", f"设备“{one.name}”有效期已于 {last} 届满")


# Against the register ------------------------------------------------------------------------------------------------


def differing(form: Form, registered: Form) -> Iterator[Finding]:
    """Where the form says something else than the register: the two must be brought together (X-14)."""
    for path in paths(registered):
        ours, theirs = value_at(registered, path), value_at(form, path)
        if ours in (None, (), "") or theirs in (None, (), "") or _alike(ours, theirs):
            continue
        if path in _LABELS:
            message = f"{label_of(path)}与登记信息不一致：登记为“{shown(ours)}”，申请表为“{shown(theirs)}”"
            yield _finding("DIFFERS_FROM_REGISTER", path, message)


def provenance(form: Form, registered: Form) -> Mapping[str, FieldSource]:
    """Where each field of the form comes from: PREFILLED where it is what the register holds."""
    return {
        spelled(path): FieldSource.PREFILLED
        if value_at(registered, path) not in (None, (), "") and _alike(value_at(registered, path), value_at(form, path))
        else FieldSource.ENTERED
        for path in paths(form)
    }


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return names.match_key(one) == names.match_key(other)
    return bool(one == other)


def shown(value: Any) -> str:
    """The value as an official reads it."""
    if isinstance(value, bool):
        return "是" if value else "否"
    return str(getattr(value, "label", value))
