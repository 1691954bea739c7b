"""The vocabularies of designation in the API; imported before any type that uses them."""

from schema.terms import term
from server.insurance import model

term(model.DesignationStatus, "定点申请状态 (state machine 13)")
term(model.Step, "办理步骤", "DesignationStep")
term(model.MaterialKind, "申请材料种类 the six of 二", "DesignationMaterialKind")
term(model.MaterialStage, "申请材料阶段 when it is due", "DesignationMaterialStage")
term(model.CheckOutcome, "承诺核对结果", "CommitmentCheckOutcome")
term(model.EvaluationLevel, "评估级别")
term(model.DesignationMethod, "评估方式")
term(model.EvaluationResult, "评估结果")
term(model.ObjectionOutcome, "异议核查结果")
term(model.Channel, "申请渠道", "DesignationChannel")
term(model.PersonRole, "申请表所列人员", "DesignationPersonRole")
term(model.HolderStatus, "医保定点状态", "DesignationHolderStatus")
term(model.AgreementStatus, "医保服务协议状态", "InsuranceAgreementStatus")
term(model.StaffKind, "卫生技术人员类别")
term(model.InstitutionGrade, "医疗机构等级")
term(model.ServiceTarget, "服务对象")
term(model.FieldSource, "申请表数据来源 of a field: the register, or the applicant", "DesignationFieldSource")
term(model.DeliveryStatus, "邮件发送状态", "MailStatus")
term(model.BarSubject, "不得申请的对象", "DesignationBarSubject")
term(model.BarGround, "不得申请的理由", "DesignationBarGround")
