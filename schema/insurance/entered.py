"""Annex 1 as it is entered: the form's inputs, and the form they make."""

from datetime import date
from decimal import Decimal
from typing import Any

import strawberry

from schema.scalars import UnifiedSocialCreditCode
from server.institutions.model import InstitutionKind, OperatingNature, Ownership
from server.insurance import form as forms
from server.insurance.model import InstitutionGrade, ServiceTarget, StaffKind


def _input(description: str, **options: Any) -> Any:
    return strawberry.field(description=description, **options)


@strawberry.input(description="开户行与银行账号")
class DesignationBankInput:
    """A bank account as entered."""

    branch: str | None = _input("开户行", default=None)
    account: str | None = _input("银行账号 kept encrypted, shown masked", default=None)


@strawberry.input(description="申请表人员")
class DesignationPersonInput:
    """A person as entered."""

    name: str = _input("姓名")
    phone: str | None = _input("联系电话 kept encrypted, shown masked; the register's where not given", default=None)
    identity_number: str | None = _input(
        "身份证号 kept encrypted, shown masked; the register's where not given", default=None
    )


@strawberry.input(description="执业许可证期限")
class DesignationLicenceInput:
    """A licence's days as entered."""

    issued_on: date | None = _input("发证日期", default=None)
    valid_from: date | None = _input("有效期开始日期", default=None)
    valid_through_on: date | None = _input("有效期截止日期", default=None)


@strawberry.input(description="上级定点医疗机构")
class ParentDesignationInput:
    """The superior as entered."""

    name: str | None = _input("名称", default=None)
    code: str | None = _input("定点编码", default=None)


@strawberry.input(description="管理制度与信息系统")
class DesignationCapabilitiesInput:
    """What the institution has, as entered."""

    insurance_manager: bool | None = _input("是否配备专（兼）职医保管理人员", default=None)
    insurance_department: bool | None = _input("是否设有内部医保管理部门", default=None)
    insurance_rules: bool | None = _input("是否具有医保管理制度", default=None)
    finance_rules: bool | None = _input("是否具有财务制度", default=None)
    statistics_rules: bool | None = _input("是否具有统计信息管理制度", default=None)
    quality_rules: bool | None = _input("是否具有医疗质量安全核心制度", default=None)
    information_system: str | None = _input("信息系统名称", default=None)
    drug_base: bool | None = _input("是否设立医保药品数据库", default=None)
    service_item_base: bool | None = _input("是否设立诊疗项目数据库", default=None)
    facility_base: bool | None = _input("是否设立医疗服务设施数据库", default=None)
    consumable_base: bool | None = _input("是否设立医用耗材数据库", default=None)
    disease_base: bool | None = _input("是否设立疾病病种数据库", default=None)
    inventory_system: bool | None = _input("是否建立进销存信息系统", default=None)
    outpatient_system: bool | None = _input("是否建立门诊信息系统", default=None)
    inpatient_system: bool | None = _input("是否建立住院信息系统", default=None)


@strawberry.input(description="卫生技术人员构成 one kind")
class DesignationStaffInput:
    """A line of staff as entered."""

    kind: StaffKind = _input("类别")
    headcount: int = _input("人数")
    first_registered_here: int = _input("第一注册地在本机构的人数")


@strawberry.input(description="科室设置 one department")
class DesignationDepartmentInput:
    """A line of departments as entered."""

    name: str = _input("科室")
    open_beds: int = _input("住院开放床位数")
    doctors: int = _input("医生人数")
    doctors_first_registered_here: int = _input("其中第一注册地在本机构的人数")
    nurses: int = _input("护士人数")
    others: int = _input("其他", default=0)


@strawberry.input(description="大型医疗设备 one kind")
class DesignationEquipmentInput:
    """A line of equipment as entered."""

    name: str = _input("品种")
    model: str = _input("型号")
    quantity: int = _input("数量")
    purchased_in: str | None = _input("购买年月 `YYYY-MM`", default=None)
    valid_through_on: date | None = _input("有效期", default=None)


@strawberry.input(description="申请表（附件1）")
class DesignationFormInput:
    """Annex 1 as entered; what is left out becomes an item of the supplement notice."""

    institution_name: str = _input("医疗机构名称")
    address: str | None = _input("医疗机构地址", default=None)
    unified_social_credit_code: UnifiedSocialCreditCode | None = _input("统一社会信用代码", default=None)
    ownership: Ownership | None = _input("所有制形式", default=None)
    licence_number: str | None = _input("执业许可证号", default=None)
    competent_department: str | None = _input("主管部门", default=None)
    operating_nature: OperatingNature | None = _input("经营性质", default=None)
    operating_since: date | None = _input("正式运营时间", default=None)
    approved_beds: int | None = _input("批准床位数", default=None)
    operating_area_m2: Decimal | None = _input("运营面积（平方米）", default=None, name="operatingAreaM2")
    grade: InstitutionGrade | None = _input("医疗机构等级", default=None)
    category: InstitutionKind | None = _input("医疗机构类别", default=None)
    bank: DesignationBankInput | None = _input("银行账号与开户行", default=None)
    legal_representative: DesignationPersonInput | None = _input("法定代表人", default=None)
    principal: DesignationPersonInput | None = _input("主要负责人", default=None)
    actual_controller: DesignationPersonInput | None = _input("实际控制人", default=None)
    insurance_lead: DesignationPersonInput | None = _input("主管医保工作负责人", default=None)
    licence: DesignationLicenceInput | None = _input("执业许可证期限", default=None)
    organisation_class_code: str | None = _input("机构（组织）分类代码", default=None)
    practice_division: str | None = _input("执业地址行政区划", default=None)
    service_target: ServiceTarget | None = _input("服务对象", default=None)
    parent_designation: ParentDesignationInput | None = _input("上级定点医疗机构", default=None)
    capabilities: DesignationCapabilitiesInput | None = _input("管理制度与信息系统", default=None)
    staffing: list[DesignationStaffInput] = _input("卫生技术人员构成", default_factory=list)
    departments: list[DesignationDepartmentInput] = _input("科室设置", default_factory=list)
    equipment: list[DesignationEquipmentInput] = _input("大型医疗设备信息", default_factory=list)


def entered(wanted: DesignationFormInput) -> forms.Form:
    """The form as a value."""
    values = strawberry.asdict(wanted)
    if values["capabilities"] is None:
        values["capabilities"] = {}
    return forms.read(forms.Form, values)
