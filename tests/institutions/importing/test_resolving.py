"""A row belongs to the district that somebody named; everything else is refused with the reason."""

import pytest

from server.institutions.importing.model import District
from server.institutions.importing.resolving import Districts
from server.kit.errors import Invalid

ZONE = "110115403"


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("昌平区南口镇南辛路2号", "110114"),
        ("北京市东城区崇外大街100号", "110101"),
        ("北京朝阳区雅宝路2号", "110105"),
        ("中国北京市海淀区花园北路49号", "110108"),
        ("北京市市辖区石景山区石景山路5号", "110107"),
        ("北京市密云县鼓楼东大街1号", "110118"),
        ("西城区　永安路９５号", "110102"),
        ("昌平 南口镇南辛路2号", "110114"),
        ("北京市 昌平，南口镇", "110114"),
        ("昌平", "110114"),
        ("城市副中心通州区新华南路82号", "110112"),
        ("北京经济技术开发区荣华中路15号", ZONE),
        ("顺义区林河经济技术开发区双河大街1号", "110113"),
    ],
)
def test_district_named_in_the_address(districts: Districts, address: str, code: str) -> None:
    assert districts.resolve(name="某医院", address=address, column=None) == code


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "北京朝外高井甲一号",
        "复兴门外大街甲20号",
        # Short names inside the names of roads, gates and towns of other districts.
        "朝阳门北大街8号",
        "北京市朝阳门南小街10号",
        "北京昌平路97号",
        "大兴庄镇良庄子村",
        "通州北苑路口",
        "丰台南路99号",
        "北京市崇文门外大街1号",
    ],
)
def test_address_without_a_district_is_never_guessed(districts: Districts, address: str | None) -> None:
    with pytest.raises(Invalid, match="未写明所属区"):
        districts.resolve(name="某医院", address=address, column=None)


def test_name_alone_does_not_place_a_row_but_helps_to_mend_it(districts: Districts) -> None:
    with pytest.raises(Invalid, match="名称提到西城区，如确属该区请在“区”列写明"):
        districts.resolve(name="北京市西城区广外医院", address="三义里甲2号", column=None)


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("首都医科大学附属北京朝阳医院西院", "石景山区京原路5号院"),
        ("北京怀柔医院", "怀柔区永泰北街9号"),
        ("北京市延庆区医院（北京大学第三医院延庆医院）", "延庆区东顺城街28号"),
        ("清华大学玉泉医院", "石景山区石景山路5号"),
    ],
)
def test_short_names_in_an_institution_name_contradict_nothing(districts: Districts, name: str, address: str) -> None:
    assert districts.resolve(name=name, address=address, column=None) in {"110107", "110116", "110119"}


@pytest.mark.parametrize("address", ["吉林省长春市朝阳区人民大街1号", "长春市朝阳区人民大街1号", "内蒙古自治区海淀区"])
def test_address_in_another_city_is_refused(districts: Districts, address: str) -> None:
    with pytest.raises(Invalid, match="不属本市"):
        districts.resolve(name="某医院", address=address, column=None)


@pytest.mark.parametrize(
    ("column", "code"),
    [
        ("昌平区", "110114"),
        ("昌平", "110114"),
        ("北京市昌平区", "110114"),
        ("110114", "110114"),
        (" 昌平 区 ", "110114"),
        ("开发区", ZONE),
        ("北京经济技术开发区", ZONE),
        ("１１０１１５４０３", ZONE),
    ],
)
def test_district_column(districts: Districts, column: str, code: str) -> None:
    assert districts.resolve(name="某医院", address="某路1号", column=column) == code


@pytest.mark.parametrize("column", ["长安区", "北京市", "朝阳门", "1101"])
def test_unknown_district_in_the_column_is_refused_with_the_known_ones(districts: Districts, column: str) -> None:
    with pytest.raises(Invalid, match="不是已知的区，应为：东城区、西城区、朝阳区"):
        districts.resolve(name="某医院", address="昌平区某路1号", column=column)


def test_district_given_for_the_file_places_rows_that_name_none(districts: Districts) -> None:
    assert districts.resolve(name="民航总医院", address="北京朝外高井甲一号", column=None, given="110105") == "110105"


@pytest.mark.parametrize(
    ("name", "address", "column", "given", "says"),
    [
        ("某医院", "昌平区某路", "朝阳区", None, "地址中的昌平区与“区”列或导入时指定的区（朝阳区）不一致"),
        ("某医院", "昌平区某路", None, "110105", "地址中的昌平区与“区”列或导入时指定的区（朝阳区）不一致"),
        ("某医院", "某路", "朝阳区", "110114", "“区”列为朝阳区，导入时指定的是昌平区"),
        ("北京市昌平区某医院", "朝阳区某路", None, None, "名称中的昌平区与地址（朝阳区）不一致"),
        ("北京市昌平区某医院", "某路", "朝阳区", None, "名称中的昌平区与“区”列或导入时指定的区（朝阳区）不一致"),
        ("某医院", "朝阳区某路（原昌平区某路）", None, None, "地址中有不止一个区：朝阳区、昌平区"),
        ("某医院", "朝阳区某路（原昌平区某路）", "朝阳区", None, "地址中有不止一个区：朝阳区、昌平区"),
    ],
)
def test_contradictions_are_refused(
    districts: Districts, name: str, address: str, column: str | None, given: str | None, says: str
) -> None:
    with pytest.raises(Invalid, match=says):
        districts.resolve(name=name, address=address, column=column, given=given)


@pytest.mark.parametrize(
    ("name", "address", "marker"),
    [
        ("某医院", "大兴区经济技术开发区西环南路2号", "经济技术开发区"),
        ("某医院", "北京市大兴区亦庄镇成寿寺路1号", "亦庄"),
        ("某医院", "通州区经开区科创十四街1号", "经开区"),
        ("某医院", "大兴区北京经济技术开发区荣华中路15号", "北京经济技术开发区"),
        ("北京同仁医院亦庄院区", "大兴区西环南路2号", "亦庄"),
        ("某医院", "亦庄西环南路2号", "亦庄"),
    ],
)
def test_place_inside_another_district_needs_a_word_from_a_person(
    districts: Districts, name: str, address: str, marker: str
) -> None:
    with pytest.raises(Invalid, match=rf"提到“{marker}”，可能属北京经济技术开发区.*请在“区”列写明"):
        districts.resolve(name=name, address=address, column=None)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("大兴区经济技术开发区西环南路2号", ZONE),
        ("大兴区经济技术开发区西环南路2号", "110115"),
        ("大兴区北京经济技术开发区荣华中路15号", "110115"),
        ("通州区科创十四街1号", ZONE),
    ],
)
def test_a_person_may_place_it_in_either(districts: Districts, address: str, told: str) -> None:
    assert districts.resolve(name="北京同仁医院亦庄院区", address=address, column=told) == told
    assert districts.resolve(name="北京同仁医院亦庄院区", address=address, column=None, given=told) == told


def test_but_not_in_a_district_that_is_no_neighbour(districts: Districts) -> None:
    with pytest.raises(Invalid, match="地址中的昌平区"):
        districts.resolve(name="某医院", address="昌平区某路1号", column=ZONE)


@pytest.mark.parametrize("lies_in", [(), ("9",)])
def test_markers_need_the_districts_in_which_they_put_a_row_in_doubt(lies_in: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="lies in known districts"):
        Districts([District("1", "甲区"), District("2", "乙开发区", (), ("乙",), lies_in)])


def test_short_name_of_two_districts_is_no_name() -> None:
    twins = Districts([District("1", "甲东区", ("甲",)), District("2", "甲西区", ("甲",))])
    with pytest.raises(Invalid, match="对应不止一个区"):
        twins.resolve(name="某医院", address=None, column="甲")
    with pytest.raises(Invalid, match="不止一个区：甲东区、甲西区"):
        twins.resolve(name="某医院", address="甲 某路", column=None)
