"""Vocabularies of sites, service gaps, supporting premises and entrustment agreements, with their state machines."""

from collections.abc import Mapping

from server.kit.terms import Term


class SiteKind(Term):
    """What the site is to the institution."""

    PRACTICE = "PRACTICE", "执业地址"
    SUPPORTING_PREMISES = "SUPPORTING_PREMISES", "医疗卫生配套用房"
    OTHER = "OTHER", "其他"


class SiteRight(Term):
    """By what right the institution uses it."""

    OWNED = "OWNED", "自有"
    LEASED = "LEASED", "租赁"
    ENTRUSTED = "ENTRUSTED", "委托"


class GapStatus(Term):
    """Where an uncovered area stands (requirements A.7, machine 1)."""

    IDENTIFIED = "IDENTIFIED", "已识别"
    SELECTED = "SELECTED", "已选取"
    PUBLISHED = "PUBLISHED", "已发布"
    OPERATOR_DETERMINED = "OPERATOR_DETERMINED", "已确定举办主体"
    PREPARING = "PREPARING", "组建中"
    LICENSED = "LICENSED", "已取得执业许可"
    OPEN = "OPEN", "已开放运行"
    COVERED = "COVERED", "已覆盖"
    REOPENED = "REOPENED", "重新开放"
    WITHDRAWN = "WITHDRAWN", "已撤回"


def _gap_machine() -> dict[GapStatus, frozenset[GapStatus]]:
    s = GapStatus
    forward = {
        s.IDENTIFIED: {s.SELECTED},
        s.SELECTED: {s.PUBLISHED},
        s.PUBLISHED: {s.OPERATOR_DETERMINED},
        s.OPERATOR_DETERMINED: {s.PREPARING},
        s.PREPARING: {s.LICENSED},
        s.LICENSED: {s.OPEN},
        s.OPEN: {s.COVERED},
        s.COVERED: set(),
        s.REOPENED: {s.PUBLISHED},
    }
    # A failed call, an operator who withdraws, a licence that ends: the area is uncovered again. Nothing is left to re-open
    # of a gap that was never published.
    reopening = set(forward) - {s.IDENTIFIED, s.SELECTED, s.REOPENED}
    withdrawing = {s.IDENTIFIED, s.SELECTED, s.PUBLISHED, s.REOPENED}
    return {
        one: frozenset(
            after | ({s.REOPENED} if one in reopening else set()) | ({s.WITHDRAWN} if one in withdrawing else set())
        )
        for one, after in forward.items()
    } | {s.WITHDRAWN: frozenset()}


#: Machine 1: which status may follow which.
GAP_NEXT: Mapping[GapStatus, frozenset[GapStatus]] = _gap_machine()

#: Gaps that a call may name (MTG-6-1, MTG-8-1).
PUBLISHABLE = frozenset({GapStatus.SELECTED, GapStatus.REOPENED})


class OwnerKind(Term):
    """Who owns premises; only the operator's own are outside article 18 (X-6)."""

    GOVERNMENT = "GOVERNMENT", "政府"
    PUBLIC_INSTITUTION = "PUBLIC_INSTITUTION", "事业单位"
    STATE_ENTERPRISE = "STATE_ENTERPRISE", "国有企业"
    COLLECTIVE = "COLLECTIVE", "集体经济组织"
    DEVELOPER = "DEVELOPER", "开发建设单位"
    OPERATOR = "OPERATOR", "举办主体自有"
    OTHER = "OTHER", "其他"


class AgreementStatus(Term):
    """Where an entrustment agreement stands (requirements A.7, machine 5)."""

    DRAFT = "DRAFT", "草拟"
    SIGNED = "SIGNED", "已签订"
    IN_FORCE = "IN_FORCE", "履行中"
    BREACH_FOUND = "BREACH_FOUND", "已认定违约"
    EXPIRED = "EXPIRED", "期满终止"
    TERMINATED = "TERMINATED", "提前终止"


#: Machine 5.  A draft that is not signed is given up.  A breach that was made good leads back: article 18 forbids the use,
#: article 20 alone ends the agreement.
AGREEMENT_NEXT: Mapping[AgreementStatus, frozenset[AgreementStatus]] = {
    AgreementStatus.DRAFT: frozenset({AgreementStatus.SIGNED, AgreementStatus.TERMINATED}),
    AgreementStatus.SIGNED: frozenset({AgreementStatus.IN_FORCE, AgreementStatus.TERMINATED}),
    AgreementStatus.IN_FORCE: frozenset(
        {AgreementStatus.BREACH_FOUND, AgreementStatus.EXPIRED, AgreementStatus.TERMINATED}
    ),
    AgreementStatus.BREACH_FOUND: frozenset(
        {AgreementStatus.IN_FORCE, AgreementStatus.EXPIRED, AgreementStatus.TERMINATED}
    ),
    AgreementStatus.EXPIRED: frozenset(),
    AgreementStatus.TERMINATED: frozenset(),
}


class ProhibitedUse(Term):
    """What entrusted premises may not be used for (MTG-18-3)."""

    MORTGAGE = "MORTGAGE", "抵押"
    FINANCING = "FINANCING", "融资"
    LOAN = "LOAN", "贷款"
    DIVERSION = "DIVERSION", "挪作他用"
