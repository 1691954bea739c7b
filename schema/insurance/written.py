"""Annex 1 as it is read: prefilled or submitted, where each field came from, what was found; personal values masked."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
import strawberry

from schema.access import Request
from schema.planned import field_of
from schema.problems import Clause
from schema.scalars import MaskedText, UnifiedSocialCreditCode
from server.institutions.model import InstitutionKind, OperatingNature, Ownership
from server.insurance import form as forms
from server.insurance.model import FieldSource, InstitutionGrade, MaterialKind, PersonRole, ServiceTarget, StaffKind
from server.kit.ids import NodeId


@strawberry.type(description="开户行与银行账号 the account masked")
class DesignationBank:
    """A bank account."""

    branch: str | None = field_of("开户行")
    account: MaskedText | None = field_of("银行账号")


@strawberry.type(description="申请表人员 numbers masked")
class DesignationFormPerson:
    """A person on the form."""

    name: str | None = field_of("姓名")
    phone: MaskedText | None = field_of("联系电话")
    identity_number: MaskedText | None = field_of("身份证号")


@strawberry.type(description="执业许可证期限")
class DesignationLicence:
    """A licence's days."""

    issued_on: date | None = field_of("发证日期")
    valid_from: date | None = field_of("有效期开始日期")
    valid_through_on: date | None = field_of("有效期截止日期 the last valid day")


@strawberry.type(description="上级定点医疗机构")
class ParentDesignation:
    """The superior."""

    name: str | None = field_of("名称")
    code: str | None = field_of("定点编码")


@strawberry.type(description="管理制度与信息系统 four rules and five data bases, kept one by one")
class DesignationCapabilities:
    """What the institution has."""

    insurance_manager: bool | None = field_of("是否配备专（兼）职医保管理人员")
    insurance_department: bool | None = field_of("是否设有内部医保管理部门")
    insurance_rules: bool | None = field_of("是否具有医保管理制度")
    finance_rules: bool | None = field_of("是否具有财务制度")
    statistics_rules: bool | None = field_of("是否具有统计信息管理制度")
    quality_rules: bool | None = field_of("是否具有医疗质量安全核心制度")
    information_system: str | None = field_of("信息系统名称 null where there is none")
    drug_base: bool | None = field_of("是否设立医保药品数据库")
    service_item_base: bool | None = field_of("是否设立诊疗项目数据库")
    facility_base: bool | None = field_of("是否设立医疗服务设施数据库")
    consumable_base: bool | None = field_of("是否设立医用耗材数据库")
    disease_base: bool | None = field_of("是否设立疾病病种数据库")
    inventory_system: bool | None = field_of("是否建立进销存信息系统")
    outpatient_system: bool | None = field_of("是否建立门诊信息系统")
    inpatient_system: bool | None = field_of("是否建立住院信息系统")


@strawberry.type(description="卫生技术人员构成 one kind")
class DesignationStaff:
    """A line of staff."""

    kind: StaffKind = field_of("类别")
    headcount: int = field_of("人数")
    first_registered_here: int = field_of("第一注册地在本机构的人数")


@strawberry.type(description="科室设置 one department")
class DesignationDepartment:
    """A line of departments."""

    name: str = field_of("科室")
    open_beds: int = field_of("住院开放床位数")
    doctors: int = field_of("医生人数")
    doctors_first_registered_here: int = field_of("其中第一注册地在本机构的人数")
    nurses: int = field_of("护士人数")
    others: int = field_of("其他")


@strawberry.type(description="大型医疗设备 one kind")
class DesignationEquipment:
    """A line of equipment."""

    name: str = field_of("品种")
    model: str = field_of("型号")
    quantity: int = field_of("数量")
    purchased_in: str | None = field_of("购买年月 `YYYY-MM`")
    valid_through_on: date | None = field_of("有效期 the last valid day")


@strawberry.type(description="申请表（附件1） every field; null where nothing was entered")
class DesignationForm:
    """Annex 1."""

    institution_name: str = field_of("医疗机构名称")
    address: str | None = field_of("医疗机构地址")
    unified_social_credit_code: UnifiedSocialCreditCode | None = field_of("统一社会信用代码")
    ownership: Ownership | None = field_of("所有制形式")
    licence_number: str | None = field_of("执业许可证号")
    competent_department: str | None = field_of("主管部门")
    operating_nature: OperatingNature | None = field_of("经营性质")
    operating_since: date | None = field_of("正式运营时间")
    approved_beds: int | None = field_of("批准床位数")
    operating_area_m2: Decimal | None = field_of("运营面积（平方米）", name="operatingAreaM2")
    grade: InstitutionGrade | None = field_of("医疗机构等级")
    category: InstitutionKind | None = field_of("医疗机构类别")
    bank: DesignationBank | None = field_of("银行账号与开户行")
    legal_representative: DesignationFormPerson | None = field_of("法定代表人")
    principal: DesignationFormPerson | None = field_of("主要负责人")
    actual_controller: DesignationFormPerson | None = field_of("实际控制人 where it is somebody else")
    insurance_lead: DesignationFormPerson | None = field_of("主管医保工作负责人")
    licence: DesignationLicence | None = field_of("执业许可证期限")
    organisation_class_code: str | None = field_of("机构（组织）分类代码")
    practice_division: str | None = field_of("执业地址行政区划")
    service_target: ServiceTarget | None = field_of("服务对象")
    parent_designation: ParentDesignation | None = field_of("上级定点医疗机构 of stations and village clinics")
    capabilities: DesignationCapabilities = field_of("管理制度与信息系统")
    staffing: list[DesignationStaff] = field_of("卫生技术人员构成")
    staff_total: int = field_of("卫生技术人员合计")
    first_registered_total: int = field_of("第一注册地在本机构的合计")
    departments: list[DesignationDepartment] = field_of("科室设置")
    equipment: list[DesignationEquipment] = field_of("大型医疗设备信息")


@strawberry.type(description="一个字段的来源")
class FieldProvenance:
    """Where a field comes from."""

    field: str = strawberry.field(description="字段 as in the input: `licence.issuedOn`")
    source: FieldSource = strawberry.field(description="来源")


@strawberry.type(
    description="材料问题 something missing or inconsistent: it warns, and goes into the supplement notice"
)
class MaterialFinding:
    """A finding."""

    code: str = strawberry.field(description="代码 for programs")
    message: str = strawberry.field(description="说明")
    field: str = strawberry.field(description="字段 as in the input")
    material: MaterialKind = strawberry.field(description="所属材料")
    clause: Clause = strawberry.field(description="条款")


# Read -----------------------------------------------------------------------------------------------------------------

_OBJECTS = {
    "bank": DesignationBank,
    "licence": DesignationLicence,
    "parent_designation": ParentDesignation,
    "capabilities": DesignationCapabilities,
}
_LISTS = {"staffing": DesignationStaff, "departments": DesignationDepartment, "equipment": DesignationEquipment}


def shown(form: forms.Form, masks: Mapping[str, str]) -> DesignationForm:
    """The form as the API tells it; ``masks``: what is shown of personal values, by path."""
    values: dict[str, Any] = {name: getattr(form, name) for name in forms.Form.__dataclass_fields__}
    for name, type_ in _OBJECTS.items():
        if values[name] is not None:
            inner = {one: getattr(values[name], one) for one in values[name].__dataclass_fields__}
            values[name] = type_(**inner)
    for name, line in _LISTS.items():
        values[name] = [line(**{one: getattr(row, one) for one in row.__dataclass_fields__}) for row in values[name]]
    for role in PersonRole:
        path = role.lower()
        one = form.person(role)
        if one is not None:
            values[path] = DesignationFormPerson(
                name=one.name,
                phone=masked(masks.get(f"{path}.phone")),
                identity_number=masked(masks.get(f"{path}.identity_number")),
            )
    if values["bank"] is not None:
        values["bank"].account = masked(masks.get("bank.account"))
    return DesignationForm(**values, staff_total=form.headcount, first_registered_total=form.first_registered)


def masked(value: str | None) -> MaskedText | None:
    """A mask as its scalar."""
    return None if value is None else MaskedText(value)


_FORMS = (
    "SELECT a.tenant_id, a.id, a.form, a.amended_form, a.bank_account_masked, a.amended_bank_account_masked"
    " FROM unnest($1::int4[], $2::uuid[]) AS wanted(tenant_id, id)"
    " JOIN designation_application a ON a.tenant_id = wanted.tenant_id AND a.id = wanted.id"
)
_PERSONS = (
    "SELECT p.tenant_id, p.application_id, p.role, p.amended, p.phone_masked, p.identity_number_masked"
    " FROM unnest($1::int4[], $2::uuid[]) AS wanted(tenant_id, id)"
    " JOIN designation_person p ON p.tenant_id = wanted.tenant_id AND p.application_id = wanted.id"
)
_COLUMNS = {
    name: f"SELECT a.tenant_id, a.id, a.{name} FROM unnest($1::int4[], $2::uuid[]) AS wanted(tenant_id, id)"  # noqa: S608
    " JOIN designation_application a ON a.tenant_id = wanted.tenant_id AND a.id = wanted.id"
    for name in ("provenance", "findings", "amended_findings")
}


async def rows_of(request: Request, ids: Sequence[NodeId], sql: str) -> dict[tuple[int, UUID], list[tuple[Any, ...]]]:
    """The rows of a statement over these objects, by tenant and object; each read on the role its tenant calls for."""
    by_role: dict[str, list[NodeId]] = {}
    for one in ids:
        scope = await request.scope(request.known_tenant(one))
        by_role.setdefault(scope.db_role, []).append(one)
    found: dict[tuple[int, UUID], list[tuple[Any, ...]]] = {}
    for role, wanted in by_role.items():
        parameters = [[one.tenant_id for one in wanted], [one.id for one in wanted]]
        for tenant, row_id, *rest in await request.engine.pools.fetch(role, sql, parameters):
            found.setdefault((tenant, row_id), []).append(tuple(rest))
    return found


async def forms_of(request: Request, ids: Sequence[NodeId], *, amended: bool) -> list[DesignationForm | None]:
    """Each application's form, as submitted or as amended, in order."""
    rows, persons = await rows_of(request, ids, _FORMS), await rows_of(request, ids, _PERSONS)
    told: list[DesignationForm | None] = []
    for one in ids:
        key = (one.tenant_id, one.id)
        ((form, later, account, later_account),) = rows[key]
        snapshot = later if amended else form
        if snapshot is None:
            told.append(None)
            continue
        account = (later_account if amended else None) or account
        masks = {} if account is None else {"bank.account": account}
        # What was not entered again in the amendment stays as it was submitted: those come last in this order.
        for role, is_amended, phone, number in sorted(persons.get(key, []), key=lambda row: row[1]):
            if is_amended and not amended:
                continue
            path = PersonRole(role).lower()
            masks |= {f"{path}.phone": phone} if phone else {}
            masks |= {f"{path}.identity_number": number} if number else {}
        told.append(shown(forms.joined(_json(snapshot), {}), masks))
    return told


async def provenances_of(request: Request, ids: Sequence[NodeId]) -> list[list[FieldProvenance]]:
    """Each application's provenance, field by field."""
    rows = await rows_of(request, ids, _COLUMNS["provenance"])
    return [provenance_told(_json(rows[one.tenant_id, one.id][0][0])) for one in ids]


def provenance_told(provenance: Mapping[str, str]) -> list[FieldProvenance]:
    """Provenance as the API tells it."""
    return [FieldProvenance(field=field, source=FieldSource(source)) for field, source in provenance.items()]


async def findings_of(request: Request, ids: Sequence[NodeId], column: str) -> list[list[MaterialFinding]]:
    """Each application's findings."""
    rows = await rows_of(request, ids, _COLUMNS[column])
    return [[finding_told(row) for row in _json(rows[one.tenant_id, one.id][0][0]) or ()] for one in ids]


def finding_told(row: Mapping[str, Any]) -> MaterialFinding:
    """A finding as the API tells it."""
    return MaterialFinding(
        code=row["code"],
        message=row["message"],
        field=row["field"],
        material=MaterialKind(row["material"]),
        clause=Clause(document=row["document"], anchor=row["anchor"]),
    )


def _json(value: Any) -> Any:
    return orjson.loads(value) if isinstance(value, str | bytes) else value
