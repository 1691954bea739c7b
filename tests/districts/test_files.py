"""A district's file is taken whole or refused with the file, the field and what should stand there."""

import shutil
from pathlib import Path

import pytest

from server.districts.files import TENANTS, DistrictFileError, load_districts
from server.districts.model import AuthorityKind, DistrictKind

GOOD = """
tenant_id: 99
code: xinqu
name: 新区
name_en: New District
kind: DISTRICT
division_code: "110199"
statistics_code: null
display_order: 99
aliases: [新区]
address_markers: []
authorities:
  - {kind: HEALTH_COMMISSION, name: 北京市新区卫生健康委员会}
agency:
  name: 新区医疗保障经办机构
  phones: ["12345678"]
  email: xinqu@example.com
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two of the installation's tenants with one more district."""
    tenants = tmp_path / "tenants"
    for code in ("beijing", "dongcheng"):
        shutil.copytree(TENANTS / code, tenants / code)
    write(tenants, GOOD)
    return tenants


def write(folder: Path, text: str, *, code: str = "xinqu", name: str = "district.yaml") -> None:
    (folder / code).mkdir(exist_ok=True)
    (folder / code / name).write_text(text, encoding="utf-8")


def refusal(folder: Path) -> str:
    with pytest.raises(DistrictFileError) as refused:
        load_districts(folder)
    return str(refused.value)


def test_the_installation_has_the_municipality_and_seventeen_districts():
    districts = load_districts()
    assert [one.tenant_id for one in districts] == list(range(18))
    assert districts[0].kind is DistrictKind.MUNICIPALITY
    assert [one.division_code for one in districts if one.kind is DistrictKind.DEVELOPMENT_ZONE] == [None]
    assert all(one.agency for one in districts[1:])


def test_one_more_district_is_one_more_folder(folder: Path):
    added = load_districts(folder)[-1]
    assert (added.tenant_id, added.code, added.name) == (99, "xinqu", "新区")
    assert added.authorities[0].kind is AuthorityKind.HEALTH_COMMISSION
    assert added.agency
    assert added.agency.phones == ("12345678",)


def test_a_district_may_have_no_agency(folder: Path):
    write(folder, GOOD[: GOOD.index("agency:")])
    assert load_districts(folder)[-1].agency is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("tenant_id: 99\n", "", "缺少字段 tenant_id"),
        ("tenant_id: 99", "tenant_id: 九十九", "tenant_id 应为整数，实际为 九十九"),
        ("tenant_id: 99", "tenant_id: true", "tenant_id 应为整数，实际为 True"),
        ("tenant_id: 99", "tenant_id: -1", "tenant_id 应不小于 0，实际为 -1"),
        ("tenant_id: 99", f"tenant_id: {2**31}", f"tenant_id 应小于 {2**31}"),
        ("code: xinqu", "code: Xin-Qu", "code：district code 'Xin-Qu'"),
        ("code: xinqu", "code: jiuqu", "code 应与目录名 xinqu 相同，实际为 jiuqu"),
        ("name: 新区\n", "name: ''\n", "name 不能为空"),
        ("name: 新区\n", "name: 5\n", "name 应为文字（数字请加引号），实际为 5"),
        (
            "kind: DISTRICT\n",
            "kind: COUNTY\n",
            "kind 应为 DISTRICT、DEVELOPMENT_ZONE、MUNICIPALITY 之一，实际为 COUNTY",
        ),
        ('"110199"', "110199", "division_code 应为文字（数字请加引号），实际为 110199"),
        ('"110199"', '"1101"', r"division_code 的格式应为 ^\d{6}$，实际为 1101"),
        ("[新区]", "新区", "aliases 应为列表，实际为 新区"),
        ("aliases:", "alias:", "没有字段 alias，请检查拼写"),
        ("{kind: HEALTH_COMMISSION,", "{kind: HEALTH,", "authorities.1.kind 应为"),
        ("{kind: HEALTH_COMMISSION,", "{", "缺少字段 authorities.1.kind"),
        ('phones: ["12345678"]', 'phones: "12345678"', "agency.phones 应为列表，实际为 12345678"),
        ('phones: ["12345678"]', "phones: []", "agency.phones 至少 1 项"),
        ("xinqu@example.com", "xinqu", "agency.email 的格式应为"),
        ("agency:\n", "agency: 无\nother:\n", "agency应为若干“字段: 值”"),
        ("name_en: New District", "name_en: [", "不是正确的 YAML，第"),
        ("name_en: New District", "name: 又一个", "不是正确的 YAML，第 5 行"),
    ],
)
def test_a_wrong_file_is_refused_by_file_and_field(folder: Path, old: str, new: str, said: str):
    assert old in GOOD
    write(folder, GOOD.replace(old, new))
    refused = refusal(folder)
    assert refused.startswith("xinqu/district.yaml：")
    assert said in refused


def test_every_wrong_field_is_named_at_once(folder: Path):
    write(folder, GOOD.replace("display_order: 99", "display_order: 末").replace("name_en", "english"))
    refused = refusal(folder)
    assert "display_order" in refused
    assert "缺少字段 name_en" in refused
    assert "没有字段 english" in refused


@pytest.mark.parametrize("text", ["", "- 新区", "新区"])
def test_a_file_that_is_no_fields_is_refused(folder: Path, text: str):
    write(folder, text)
    assert refusal(folder) == "xinqu/district.yaml：应为若干“字段: 值”" + ("，实际为 新区" if text == "新区" else "")


def test_another_encoding_is_refused(folder: Path):
    (folder / "xinqu" / "district.yaml").write_bytes(GOOD.encode("gb18030"))
    assert refusal(folder) == "xinqu/district.yaml：应为 UTF-8 编码"


@pytest.mark.parametrize(
    ("own", "other", "said"),
    [
        ("tenant_id: 99", "tenant_id: 1", "tenant_id 与 dongcheng 重复"),
        ("name: 新区", "name: 东城区", "name 与 dongcheng 重复"),
    ],
)
def test_what_another_district_has_is_refused(folder: Path, own: str, other: str, said: str):
    write(folder, GOOD.replace(own, other))
    assert refusal(folder) == f"xinqu/district.yaml：{said}"


@pytest.mark.parametrize("name", ["district.yml", "District.yaml"])
def test_a_file_of_nearly_the_right_name_is_not_passed_over(folder: Path, name: str):
    (folder / "xinqu" / "district.yaml").unlink()
    write(folder, GOOD, name=name)
    assert refusal(folder) == f"xinqu/{name}：文件名应为 district.yaml"


def test_a_folder_without_districts_is_refused(tmp_path: Path):
    (tmp_path / "empty").mkdir()
    assert "没有任何辖区" in refusal(tmp_path / "empty")
    assert "找不到" in refusal(tmp_path / "none")


def test_a_district_lies_in_districts_that_there_are(folder: Path):
    write(folder, GOOD + "lies_in: [dongcheng]\n")
    assert load_districts(folder)[-1].lies_in == ("dongcheng",)
    write(folder, GOOD + "lies_in: [dongchen]\n")
    assert refusal(folder) == "xinqu/district.yaml：lies_in 中的 dongchen 不是任何辖区的 code"
