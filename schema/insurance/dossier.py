"""What a case keeps: materials, checks, steps, the supplement notice, evaluations, persons, objections, mail."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from schema.connections import Node
from schema.documents import Document
from schema.planned import Binds, field_of
from schema.rows import CASES, OF_OWN_INSTITUTION
from schema.scalars import JSON, MaskedText
from schema.tags import DESIGNATION_OBJECTION_TAG, DESIGNATION_PERSON_TAG
from server.insurance import model, tables
from server.kit.actor import Role
from server.planner.binding import Link, Many, One, Root

if TYPE_CHECKING:
    from schema.insurance.cases import DesignationApplication


@strawberry.type(description="申请材料 one of the six, whether handed in or not")
class DesignationMaterial:
    """A material."""

    kind: model.MaterialKind = field_of("种类")
    stage: model.MaterialStage = field_of("阶段")
    present: bool = field_of("是否已提交")
    provided_on: date | None = field_of("提交日期")
    files: list["DesignationMaterialFile"] = field_of("文件 earliest first; what was handed in later stands behind")


@strawberry.type(description="申请材料的文件")
class DesignationMaterialFile:
    """A file of a material."""

    provided_on: date = field_of("提交日期")
    document: Document | None = field_of("文件")


@strawberry.type(description="承诺事项核对 what the records say of one commitment of 附件2-1; it refuses nothing")
class DesignationCheck:
    """A check."""

    commitment: int = field_of("承诺事项编号 in 附件2-1")
    label: str = field_of("核对内容")
    outcome: model.CheckOutcome = field_of("结果")
    detail: str = field_of("说明")
    as_of: date = field_of("核对基准日")
    occasion: model.Step = field_of("核对时机 SUBMIT, and SIGN when it is checked again")


@strawberry.type(description="办理记录 one step of the case: who, when, why, by which clause")
class DesignationStepTaken:
    """A step in the case's history."""

    step: model.Step = field_of("步骤")
    from_status: model.DesignationStatus = field_of("办理前状态")
    to_status: model.DesignationStatus = field_of("办理后状态")
    on: date = field_of("日期")
    at: datetime = field_of("录入时间")
    by_name: str = field_of("办理人")
    by_role: Role = field_of("办理人角色")
    explanation: str = field_of("说明")
    clause_document: str = field_of("依据文件")
    clause_anchor: str = field_of("依据条款")


@strawberry.type(description="一次性补充告知 there is never a second one (三(一)第二句)")
class DesignationSupplement:
    """The supplement notice."""

    sent_on: date = field_of("告知日期")
    due_on: date = field_of("告知期限 the agency's last day")
    late: bool = field_of("是否超期告知 an alarm, never a deemed acceptance")
    reply_by: date | None = field_of("要求补充的期限 null where the agency asks for none")
    items: list[str] = field_of("需补充事项")


@strawberry.type(description="评估 the district's or the municipal one")
class DesignationEvaluation:
    """An evaluation."""

    level: model.EvaluationLevel = field_of("级别")
    method: model.DesignationMethod = field_of("方式")
    result: model.EvaluationResult = field_of("结果")
    reasons: str | None = field_of("不合格理由")
    advice: str | None = field_of("整改建议")
    checks: JSON = field_of("逐项核查 a list of {item, met, note}")
    decided_on: date = field_of("评估日期")
    decided_by: str = field_of("评估单位")
    annulled_on: date | None = field_of("撤销日期 null while it stands")


@strawberry.type(description="申请表所列人员 numbers masked; `unmask` shows one to the agency, for a purpose")
class DesignationPerson(Node):
    """A person of the form."""

    role: model.PersonRole = field_of("身份")
    name: str | None = field_of("姓名")
    phone: MaskedText | None = field_of("联系电话")
    identity_number: MaskedText | None = field_of("身份证号")
    amended: bool = field_of("是否为补充时更正的")


@strawberry.type(description="公示期异议")
class DesignationObjection(Node):
    """An objection."""

    raised_on: date = field_of("提出日期")
    objector: str | None = field_of("提出人 as willing to be named")
    objector_phone: MaskedText | None = field_of("联系电话")
    content: str = field_of("内容")
    outcome: model.ObjectionOutcome = field_of("核查结果")
    decided_on: date | None = field_of("核查日期")
    reason: str | None = field_of("核查理由")
    version: int = field_of("版本 for `expectedVersion`")
    application: Annotated["DesignationApplication", strawberry.lazy("schema.insurance.cases")] | None = field_of(
        "申请"
    )


@strawberry.type(description="邮件 to the agency's mailbox, with the annexes, masked")
class DesignationMessage:
    """A message."""

    recipient: str = field_of("收件邮箱")
    subject: str = field_of("主题")
    status: model.DeliveryStatus = field_of("发送状态")
    attempts: int = field_of("已尝试次数")
    sent_at: datetime | None = field_of("发送时间")
    failure: str | None = field_of("最近一次失败原因")
    attachments: JSON = field_of("附件 a list of {name, sha256, media_type}")


_APPLICATION = Link("DesignationApplication", (("application_id", "id"),))
#: Staff see what their own institution's cases keep.
OF_CASE = {**CASES, Role.INSTITUTION_STAFF.value: OF_OWN_INSTITUTION}

BINDS = (
    Binds(
        DesignationMaterial,
        tables.designation_material,
        OF_CASE,
        fields={"files": Many(Link("DesignationMaterialFile", (("id", "material_id"),)))},
    ),
    Binds(
        DesignationMaterialFile,
        tables.designation_material_file,
        OF_CASE,
        fields={"document": One(Link("Document", (("document_id", "id"),)))},
    ),
    Binds(DesignationCheck, tables.designation_check, OF_CASE),
    Binds(DesignationStepTaken, tables.designation_step, OF_CASE, columns={"on": "on_date"}),
    Binds(DesignationSupplement, tables.designation_supplement, OF_CASE),
    Binds(DesignationMessage, tables.designation_message, OF_CASE),
    Binds(DesignationEvaluation, tables.designation_evaluation, OF_CASE),
    Binds(DesignationPerson, tables.designation_person, OF_CASE, tag=DESIGNATION_PERSON_TAG),
    # Who objected is nothing that the institution is told.
    Binds(
        DesignationObjection,
        tables.designation_objection,
        CASES,
        tag=DESIGNATION_OBJECTION_TAG,
        fields={"application": One(_APPLICATION)},
    ),
)
ROOTS: dict[str, Root] = {}
