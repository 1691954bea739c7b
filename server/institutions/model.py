"""Vocabularies of the institution register."""

from server.kit.terms import Term


class InstitutionKind(Term):
    """What the institution is licensed as; 社区医院 is an annotation on a centre or township hospital, not a kind (X-13)."""

    COMMUNITY_HEALTH_CENTRE = "COMMUNITY_HEALTH_CENTRE", "社区卫生服务中心"
    COMMUNITY_HEALTH_STATION = "COMMUNITY_HEALTH_STATION", "社区卫生服务站"
    TOWNSHIP_HOSPITAL = "TOWNSHIP_HOSPITAL", "乡镇卫生院"
    VILLAGE_CLINIC = "VILLAGE_CLINIC", "村卫生室"
    LEVEL_2_HOSPITAL = "LEVEL_2_HOSPITAL", "二级医院"
    OTHER_MEDICAL = "OTHER_MEDICAL", "其他医疗机构"


#: Kinds that community counts include.
COMMUNITY_KINDS = (
    InstitutionKind.COMMUNITY_HEALTH_CENTRE,
    InstitutionKind.COMMUNITY_HEALTH_STATION,
    InstitutionKind.TOWNSHIP_HOSPITAL,
    InstitutionKind.VILLAGE_CLINIC,
)

#: Which kinds may stand under which superior (FT-2-1-2b: centres assess their stations and village clinics).
STATION_KINDS = (InstitutionKind.COMMUNITY_HEALTH_STATION, InstitutionKind.VILLAGE_CLINIC)
CENTRE_KINDS = (InstitutionKind.COMMUNITY_HEALTH_CENTRE, InstitutionKind.TOWNSHIP_HOSPITAL)


class InstitutionStatus(Term):
    """Where the institution stands in its life."""

    PREPARING = "PREPARING", "筹建"
    OPERATING = "OPERATING", "运营"
    SUSPENDED = "SUSPENDED", "停业"
    EXITING = "EXITING", "退出中"
    EXITED_SYSTEM = "EXITED_SYSTEM", "已退出社区卫生服务体系"
    CLOSED = "CLOSED", "关停"
    CANCELLED = "CANCELLED", "注销"
    REVOKED = "REVOKED", "吊销"
    CONVERTED = "CONVERTED", "已转型"


class OperatingNature(Term):
    """Non-profit or for profit (MTG-4-1)."""

    NON_PROFIT = "NON_PROFIT", "非营利性"
    FOR_PROFIT = "FOR_PROFIT", "营利性"


class Ownership(Term):
    """Form of ownership (MIC-A1-04)."""

    STATE = "STATE", "国有"
    COLLECTIVE = "COLLECTIVE", "集体"
    PRIVATE = "PRIVATE", "私营"
    JOINT = "JOINT", "联营"
    OTHER = "OTHER", "其他"


class OperatorKind(Term):
    """Who runs it (MTG-2-1: the first two and individuals are 社会力量)."""

    GOVERNMENT = "GOVERNMENT", "政府"
    PUBLIC_INSTITUTION = "PUBLIC_INSTITUTION", "事业单位"
    NON_GOV_ENTERPRISE = "NON_GOV_ENTERPRISE", "非政府办企业"
    SOCIAL_ORGANISATION = "SOCIAL_ORGANISATION", "社会组织"
    INDIVIDUAL = "INDIVIDUAL", "个人"
    COLLECTIVE_ECONOMIC = "COLLECTIVE_ECONOMIC", "集体经济组织"
    OTHER = "OTHER", "其他"


class SuccessionReason(Term):
    """Why one institution follows another."""

    RELICENSED = "RELICENSED", "重新登记"
    OPERATOR_CHANGED = "OPERATOR_CHANGED", "变更举办主体"
    MERGED = "MERGED", "合并"
    SPLIT = "SPLIT", "分立"
    CONVERTED = "CONVERTED", "转型"


class RecordSource(Term):
    """Where a register row comes from; sample data is always recognisable."""

    PERSON = "PERSON", "人工登记"
    IMPORT = "IMPORT", "批量导入"
    SAMPLE = "SAMPLE", "示例数据"
