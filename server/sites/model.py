"""Vocabularies of sites."""

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
