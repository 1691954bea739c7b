"""Masks: what everyone sees of a personal value, and that a value of the wrong shape is hidden whole."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.kit import masking


@pytest.mark.parametrize(
    ("mask", "value", "shown"),
    [
        (masking.identity_number, "110105194912310021", "110105********0021"),
        (masking.identity_number, " 11010519491231002x ", "110105********002X"),
        (masking.identity_number, "110105491231002", "110105*****1002"),
        (masking.identity_number, "E12345678", "****"),
        (masking.identity_number, "", "****"),
        (masking.mobile, "13812345678", "138****5678"),
        (masking.mobile, "+86 138-1234-5678", "138****5678"),
        (masking.mobile, "0086１３８12345678", "138****5678"),
        (masking.mobile, "010-67891234", "****"),
        (masking.landline, "010-67891234", "***-****1234"),
        (masking.landline, "(010)67891234", "(***)****1234"),
        (masking.landline, "67891234转801", "*******4转801"),
        (masking.landline, "120", "****"),
        (masking.landline, "张三", "****"),
        (masking.telephone, "13812345678", "138****5678"),
        (masking.telephone, "010-67891234", "***-****1234"),
        (masking.person_name, "张三", "张*"),
        (masking.person_name, "张三丰", "张**"),
        (masking.person_name, "欧阳修", "欧阳*"),
        (masking.person_name, "欧阳中石", "欧阳**"),
        (masking.person_name, "欧阳", "欧*"),
        (masking.person_name, "张", "*"),
        (masking.person_name, "买买提·吐尔逊", "买***"),
        (masking.person_name, "John Smith", "J***"),
        (masking.person_name, "", "****"),
        (masking.bank_account, "6222 0212 3456 7891 234", "**** **** **** 1234"),
        (masking.bank_account, "1234", "****"),
        (masking.email, "fengguan@bjft.gov.cn", "f***@bjft.gov.cn"),
        (masking.email, "a@b.cn", "a***@b.cn"),
        (masking.email, "not an address", "****"),
        (masking.address, "北京市丰台区长辛店街道东山坡三里甲60号", "北京市丰台区长辛店街道***"),
        (masking.address, "昌平区南口镇南辛路2号", "昌平区南口镇***"),
        (masking.address, "朝阳区工体南路6号", "朝阳区工体南路***"),
        (masking.address, "丰台区万源北路七号", "丰台区万源北路***"),
        (masking.address, "海淀区知春里小区5号楼3单元", "海淀区***"),
        (masking.address, "知春里小区5号楼3单元", "****"),
        (masking.address, "3号楼", "****"),
    ],
)
def test_masks(mask: Callable[[str], str], value: str, shown: str) -> None:
    assert mask(value) == shown


MASKS = st.sampled_from(
    [
        masking.identity_number,
        masking.mobile,
        masking.landline,
        masking.telephone,
        masking.bank_account,
        masking.person_name,
        masking.email,
        masking.address,
    ]
)


@given(MASKS, st.text(max_size=60))
def test_every_mask_takes_any_text_and_hides_something(mask: Callable[[str], str], value: str) -> None:
    assert "*" in mask(value)


@given(st.from_regex(r"[0-9]{6}(19|20)[0-9]{9}[0-9X]", fullmatch=True))
def test_birth_date_never_shows(number: str) -> None:
    shown = masking.identity_number(number)
    assert len(shown) == len(number)
    assert shown[6:14] == "*" * 8


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_middle_of_a_mobile_number_never_shows(number: str) -> None:
    assert masking.mobile(number) == number[:3] + "****" + number[7:]


@given(st.from_regex(r"[0-9]{12,19}", fullmatch=True))
def test_length_of_an_account_never_shows(number: str) -> None:
    assert len(masking.bank_account(number)) == len("**** **** **** 1234")
