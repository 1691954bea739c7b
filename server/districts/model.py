"""Districts and their bodies as values."""

from dataclasses import dataclass

from server.kit.terms import Term


class DistrictKind(Term):
    """What a jurisdiction is in law."""

    DISTRICT = "DISTRICT", "区"
    DEVELOPMENT_ZONE = "DEVELOPMENT_ZONE", "开发区"
    MUNICIPALITY = "MUNICIPALITY", "市"


class AuthorityKind(Term):
    """Which body an authority is."""

    HEALTH_COMMISSION = "HEALTH_COMMISSION", "卫生健康委"
    MEDICAL_INSURANCE_BUREAU = "MEDICAL_INSURANCE_BUREAU", "医保局"
    MARKET_REGULATION = "MARKET_REGULATION", "市场监管局"
    CIVIL_AFFAIRS = "CIVIL_AFFAIRS", "民政局"
    AGRICULTURE_RURAL = "AGRICULTURE_RURAL", "农业农村局"
    SUBDISTRICT_TOWN = "SUBDISTRICT_TOWN", "街道乡镇"
    COMMUNITY_HEALTH_MGMT_CENTRE = "COMMUNITY_HEALTH_MGMT_CENTRE", "社区卫生服务管理中心"
    CDC_SUPERVISION = "CDC_SUPERVISION", "疾病预防控制中心（卫生健康监督所）"
    MATERNAL_CHILD = "MATERNAL_CHILD", "妇幼保健计划生育服务中心"
    MENTAL_HEALTH = "MENTAL_HEALTH", "心理卫生中心"
    MUNICIPAL_INSURANCE_CENTRE = "MUNICIPAL_INSURANCE_CENTRE", "市医疗保险事务管理中心"
    MUNICIPAL_HEALTH_COMMISSION = "MUNICIPAL_HEALTH_COMMISSION", "市卫生健康委"
    OTHER = "OTHER", "其他"


@dataclass(frozen=True, slots=True)
class Authority:
    """One body of a district, as its file names it."""

    kind: AuthorityKind
    name: str


@dataclass(frozen=True, slots=True)
class InsuranceAgency:
    """The district's insurance agency: enquiry phones, and the mailbox for application material."""

    name: str
    phones: tuple[str, ...]
    email: str


@dataclass(frozen=True, slots=True)
class District:
    """A tenant as ``tenants/<code>/district.yaml`` describes it.

    ``division_code`` is the GB/T 2260 code (None for the development zone, which has none); ``address_markers`` are words
    in an address that speak for this jurisdiction although they stand in the territory of those it ``lies_in`` (codes).
    """

    tenant_id: int
    code: str
    name: str
    name_en: str
    kind: DistrictKind
    division_code: str | None
    statistics_code: str | None
    display_order: int
    aliases: tuple[str, ...]
    address_markers: tuple[str, ...]
    lies_in: tuple[str, ...]
    authorities: tuple[Authority, ...]
    agency: InsuranceAgency | None
