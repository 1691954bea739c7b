"""Names: stored as given, compared by key, sorted by pinyin."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.kit import names
from server.kit.errors import Invalid


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("朝阳区", "chao yang qu"),
        ("朝阳", "chao yang"),
        ("首都医科大学附属北京朝阳医院", "shou du yi ke da xue fu shu bei jing chao yang yi yuan"),
        ("朝阳门街道", "chao yang men jie dao"),
        ("长阳镇", "chang yang zhen"),
        ("长子营镇", "zhang zi ying zhen"),
        ("大栅栏街道", "da shi lan jie dao"),
        ("什刹海", "shi cha hai"),
        ("长辛店社区卫生服务中心", "chang xin dian she qu wei sheng fu wu zhong xin"),
        ("马家堡", "ma jia pu"),
        ("潭柘寺", "tan zhe si"),
        ("漷县", "huo xian"),
        ("闫村", "yan cun"),
        ("绿谷", "lv gu"),
    ],
)
def test_readings_of_the_city(name: str, key: str) -> None:
    assert names.sort_key(name) == key


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("方庄第2卫生站", "fang zhuang di 00000002 wei sheng zhan"),
        ("方庄第１０卫生站", "fang zhuang di 00000010 wei sheng zhan"),
        ("731医院", "00000731 yi yuan"),
        ("123456789012", "123456789012"),
        ("ABC Clinic（北京）", "abc clinic bei jing"),
        ("Café Ⅱ", "cafe ii"),
        ("〇五一", "ling wu yi"),
        ("𠮷田", "~020bb7 tian"),
        ("あ", "~003042"),
        ("……", ""),
    ],
)
def test_mixed_names(name: str, key: str) -> None:
    assert names.sort_key(name) == key


def test_order_is_by_syllable_and_by_number() -> None:
    ordered = ["第2站", "第10站", "东城", "丰台", "西安", "先农坛"]
    assert sorted({*ordered}, key=names.sort_key) == ordered


def test_brackets_make_no_difference_to_the_order() -> None:
    assert names.sort_key("甲医院（乙医院）") == names.sort_key("甲医院(乙医院)")


@given(st.text(max_size=60))
def test_sort_key_is_stable_lower_case_ascii(name: str) -> None:
    key = names.sort_key(name)
    assert key.isascii()
    assert key == key.lower()
    assert "  " not in key
    assert key == key.strip()
    assert names.sort_key(name) == key


@given(st.text("朝阳长辛店大栅栏医院卫生站", max_size=40))
def test_one_syllable_for_each_character(name: str) -> None:
    assert len(names.sort_key(name).split()) == len(name)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("北京华信医院（清华大学第一附属医院）", "北京华信医院(清华大学第一附属医院)"),
        ("北京华信医院【清华】", "北京华信医院〔清华〕"),
        ("ＡＢＣ 诊所", "abc诊所"),
        ("买买提·吐尔逊", "买买提・吐尔逊"),
        ("方庄\u3000社区", "方庄社区\ufeff"),
        ("第１站", "第1站"),
        ("\uf90a", "金"),
    ],
)
def test_match_key_unifies_writings(one: str, other: str) -> None:
    assert names.match_key(one) == names.match_key(other)


@pytest.mark.parametrize(("one", "other"), [("第一站", "第二站"), ("衞生站", "卫生站"), ("甲(乙)", "甲乙")])
def test_match_key_keeps_different_names_apart(one: str, other: str) -> None:
    assert names.match_key(one) != names.match_key(other)


@given(st.text(max_size=60))
def test_match_key_of_a_match_key_is_itself(name: str) -> None:
    assert names.match_key(names.match_key(name)) == names.match_key(name)


def test_stored_name_is_only_trimmed() -> None:
    given_name = "\ufeff 北京四季青医院（北京市海淀区四季青镇社区卫生服务中心）\u3000\r\n"
    assert names.normalise(given_name) == "北京四季青医院（北京市海淀区四季青镇社区卫生服务中心）"
    assert names.normalise("\ue000医院 Ａ") == "\ue000医院 Ａ"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("", "名称为空"),
        (" \u3000\u200b", "名称为空"),
        ("医\x00院", r"第 2 个字符是不可见的控制字符（U\+0000）"),
        ("医院\x00", r"第 3 个字符.*U\+0000"),
        ("医\n院", r"U\+000A"),
        ("医\u200b院", r"U\+200B"),
        ("医\u202e院", r"U\+202E"),
        ("医\ud800院", r"U\+D800"),
        ("医\uffff院", r"U\+FFFF"),
        ("院" * 201, "最长 200 个字符，现为 201 个"),
    ],
)
def test_names_that_cannot_be_stored_are_refused(name: str, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        names.normalise(name)


@given(st.text(max_size=60))
def test_a_normalised_name_is_its_own_normal_form(name: str) -> None:
    try:
        stored = names.normalise(name)
    except Invalid:
        return
    assert names.normalise(stored) == stored
    assert stored in name
    assert "\x00" not in stored
