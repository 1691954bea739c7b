"""Rows to candidates: fields, duplicates, and a reason for every row that stays out."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.institutions.importing import candidates, reading
from server.institutions.importing.model import Candidate, KindBasis, Reject, Row
from server.institutions.importing.resolving import Districts
from server.kit.errors import Invalid

USCC = "N2110106MF00000007"


def run(districts: Districts, *rows: dict[str, str], district_code: str | None = None) -> list[Candidate | Reject]:
    numbered = [Row(line, cells, tuple(cells.values())) for line, cells in enumerate(rows, start=2)]
    return list(candidates.candidates(numbered, districts, district_code=district_code))


def reasons(values: list[Candidate | Reject]) -> list[str | None]:
    return [value.reason if isinstance(value, Reject) else None for value in values]


def test_every_field_arrives_normalised(districts: Districts) -> None:
    (candidate,) = run(
        districts,
        {
            "name": "北京四季青医院（四季青镇社区卫生服务中心）",
            "address": "海淀区远大路３２号",
            "registration_no": "pdy00002-x11010817a1002",
            "uscc": "n2110106 mf00000007",
            "operating_nature": "非营利性",
            "phone": "（010）６７８９１２３４",
            "parent_name": "某中心",
        },
    )
    assert candidate == Candidate(
        line=2,
        district_code="110108",
        name="北京四季青医院（四季青镇社区卫生服务中心）",
        address="海淀区远大路３２号",
        registration_no="PDY00002-X11010817A1002",
        uscc=USCC,
        kind="COMMUNITY_HEALTH_CENTRE",
        kind_basis=KindBasis.SECOND_NAME,
        operating_nature="NON_PROFIT",
        phone="(010)67891234",
        parent_name="某中心",
    )


def test_what_the_file_does_not_say_is_none(districts: Districts) -> None:
    (candidate,) = run(districts, {"name": "甲医院"}, district_code="110114")
    assert isinstance(candidate, Candidate)
    assert candidate.address is candidate.registration_no is candidate.uscc is candidate.phone is None
    assert candidate.operating_nature is candidate.parent_name is None
    assert (candidate.kind, candidate.kind_basis) == ("OTHER_MEDICAL", KindBasis.DEFAULT)


def test_unknown_district_for_the_file_is_refused_at_once(districts: Districts) -> None:
    with pytest.raises(Invalid, match="没有代码为 110199 的区"):
        candidates.candidates([], districts, district_code="110199")


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ({}, "名称为空"),
        ({"name": "院" * 201}, "名称最长 200 个字符"),
        ({"address": "昌平区" + "路" * 300}, "地址最长 300 个字符，现为 303 个"),
        ({"uscc": "N2110106MF00000008"}, "校验位不符"),
        ({"uscc": "9.1E+17"}, "应为 18 位，现为 7 位"),
        ({"registration_no": "?"}, "登记号只能含"),
        ({"kind": "超市"}, "“类别”“超市”无法识别"),
        ({"operating_nature": "公立"}, "经营性质"),
        ({"phone": "无"}, "电话“无”无法识别"),
        ({"phone": "张三13812345678"}, "无法识别"),
        ({"parent_name": "院" * 201}, "名称最长"),
        ({"address": "某路1号"}, "未写明所属区"),
    ],
)
def test_a_bad_field_rejects_the_row_with_its_reason(districts: Districts, cells: dict[str, str], says: str) -> None:
    row = {"name": "甲医院", "address": "昌平区一号", **cells} if cells else {"address": "昌平区一号"}
    (reject,) = run(districts, row)
    assert isinstance(reject, Reject)
    assert says in reject.reason
    assert reject.raw == tuple(row.values())


def test_problem_found_in_reading_is_the_reason(districts: Districts) -> None:
    row = Row(7, {"name": "甲医院"}, ("甲医院",), problem="该行有误")
    assert list(candidates.candidates([row], districts)) == [Reject(7, "该行有误", ("甲医院",))]


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        ({"registration_no": "PDY00002-X"}, {"name": "乙", "registration_no": "pdy00002x"}, "登记号与第 2 行重复"),
        ({"uscc": USCC}, {"address": "昌平区二号", "uscc": USCC}, "统一社会信用代码和名称与第 2 行重复"),
        ({}, {}, "区、名称和地址与第 2 行重复"),
        ({"name": "甲（分院）"}, {"name": "甲(分院) ", "address": "昌平区 一号"}, "区、名称和地址与第 2 行重复"),
        ({"registration_no": "123"}, {}, "区、名称和地址与第 2 行重复"),
    ],
)
def test_second_row_for_an_institution_is_rejected(
    districts: Districts, first: dict[str, str], second: dict[str, str], says: str
) -> None:
    base = {"name": "甲", "address": "昌平区一号"}
    found = reasons(run(districts, {**base, **first}, {**base, **second}))
    assert found[0] is None
    assert says in (found[1] or "")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        # A centre and its station are one organisation with one credit code.
        ({"uscc": USCC}, {"name": "甲卫生服务站", "uscc": USCC}),
        ({"registration_no": "123"}, {"registration_no": "456"}),
        ({"registration_no": "123", "uscc": USCC}, {"registration_no": "456", "uscc": USCC}),
        ({}, {"address": "昌平区二号"}),
        ({"address": "昌平区"}, {"address": "朝阳区"}),
    ],
)
def test_different_institutions_are_kept_apart(
    districts: Districts, first: dict[str, str], second: dict[str, str]
) -> None:
    base = {"name": "甲", "address": "昌平区一号"}
    assert reasons(run(districts, {**base, **first}, {**base, **second})) == [None, None]


def test_a_rejected_row_does_not_stand_in_the_way_of_a_good_one(districts: Districts) -> None:
    bad = {"name": "甲", "address": "昌平区一号", "registration_no": "123", "phone": "无"}
    good = {**bad, "phone": "67891234"}
    assert [reason is None for reason in reasons(run(districts, bad, good))] == [False, True]


@given(
    st.lists(st.dictionaries(st.sampled_from(["name", "address", "uscc", "phone", "district"]), st.text(max_size=8)))
)
def test_every_row_comes_out_once_in_order(rows: list[dict[str, str]]) -> None:
    values = run(Districts([]), *rows)
    assert [value.line for value in values] == list(range(2, len(rows) + 2))


def test_fifty_thousand_rows_are_all_told_apart(districts: Districts) -> None:
    lines = "".join(f"第{n}社区卫生服务站,昌平区{n}号,R{n}\n" for n in range(50_000))
    with reading.opened(io.BytesIO(f"名称,地址,登记号\n{lines}".encode())) as sheet:
        values = list(candidates.candidates(sheet.rows, districts))
    assert len(values) == 50_000
    assert all(isinstance(value, Candidate) for value in values)
