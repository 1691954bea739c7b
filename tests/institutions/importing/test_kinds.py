"""Kinds from columns and names, and what told them."""

import pytest

from server.institutions.importing import kinds
from server.institutions.importing.model import KindBasis
from server.kit.errors import Invalid


@pytest.mark.parametrize(
    ("name", "kind", "basis"),
    [
        ("方庄社区卫生服务中心", "COMMUNITY_HEALTH_CENTRE", KindBasis.NAME),
        ("方庄社区卫生服务中心芳古园社区卫生服务站", "COMMUNITY_HEALTH_STATION", KindBasis.NAME),
        ("某镇某村农村卫生服务站", "COMMUNITY_HEALTH_STATION", KindBasis.NAME),
        ("某镇中心卫生院", "TOWNSHIP_HOSPITAL", KindBasis.NAME),
        ("某镇社区卫生服务中心（某镇卫生院）", "COMMUNITY_HEALTH_CENTRE", KindBasis.NAME),
        ("某镇卫生院（某镇社区卫生服务中心）", "TOWNSHIP_HOSPITAL", KindBasis.NAME),
        ("某镇松兰堡村卫生室", "VILLAGE_CLINIC", KindBasis.NAME),
        ("某镇某村第二卫生室", "VILLAGE_CLINIC", KindBasis.NAME),
        ("北京四季青医院（北京市海淀区四季青镇社区卫生服务中心）", "COMMUNITY_HEALTH_CENTRE", KindBasis.SECOND_NAME),
        ("北京四季青医院(北京市海淀区四季青镇社区卫生服务中心)", "COMMUNITY_HEALTH_CENTRE", KindBasis.SECOND_NAME),
        ("北京华信医院（清华大学第一附属医院）", "OTHER_MEDICAL", KindBasis.DEFAULT),
        ("某区社区卫生服务管理中心", "OTHER_MEDICAL", KindBasis.DEFAULT),
        ("某学校卫生室", "OTHER_MEDICAL", KindBasis.DEFAULT),
        ("某区医院", "OTHER_MEDICAL", KindBasis.DEFAULT),
    ],
)
def test_kind_from_the_name(name: str, kind: str, basis: KindBasis) -> None:
    assert kinds.kind_of(name, None) == (kind, basis)


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("社区卫生服务中心", "COMMUNITY_HEALTH_CENTRE"),
        ("社区卫生服务站", "COMMUNITY_HEALTH_STATION"),
        ("乡镇卫生院", "TOWNSHIP_HOSPITAL"),
        ("村卫生室", "VILLAGE_CLINIC"),
        ("二级甲等综合医院", "LEVEL_2_HOSPITAL"),
        ("综合医院（二级）", "LEVEL_2_HOSPITAL"),
        ("三级甲等", "OTHER_MEDICAL"),
        ("中医医院", "OTHER_MEDICAL"),
        ("门诊部", "OTHER_MEDICAL"),
        ("其他", "OTHER_MEDICAL"),
        *((kind, kind) for kind in kinds.KINDS),
        ("level_2_hospital", "LEVEL_2_HOSPITAL"),
    ],
)
def test_kind_from_the_column_goes_before_the_name(column: str, kind: str) -> None:
    assert kinds.kind_of("某镇社区卫生服务中心", column) == (kind, KindBasis.COLUMN)


@pytest.mark.parametrize(
    "column", ["社区卫生服务中心（站）", "社区卫生服务中心/站", "社区卫生服务中心、社区卫生服务站"]
)
def test_category_of_both_leaves_it_to_the_name(column: str) -> None:
    assert kinds.kind_of("方庄芳古园社区卫生服务站", column) == ("COMMUNITY_HEALTH_STATION", KindBasis.NAME)


def test_column_that_is_no_kind_is_refused_with_the_kinds() -> None:
    with pytest.raises(Invalid, match="“类别”“超市”无法识别，应为：社区卫生服务中心、"):
        kinds.kind_of("某医院", "超市")


@pytest.mark.parametrize(
    ("column", "nature"),
    [
        (None, None),
        ("非营利性", "NON_PROFIT"),
        ("政府办非营利性医疗机构", "NON_PROFIT"),
        ("营利性", "FOR_PROFIT"),
        ("FOR_PROFIT", "FOR_PROFIT"),
        ("non_profit", "NON_PROFIT"),
    ],
)
def test_operating_nature(column: str | None, nature: str | None) -> None:
    assert kinds.operating_nature_of(column) == nature


def test_operating_nature_that_is_neither_is_refused() -> None:
    with pytest.raises(Invalid, match="非营利性或营利性，现为“公立”"):
        kinds.operating_nature_of("公立")
