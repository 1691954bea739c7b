"""Which column is which: headers in Chinese or English, as districts write them, to our canonical columns."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from server.kit import names
from server.kit.errors import Invalid

NAME: Final = "name"
ADDRESS: Final = "address"
DISTRICT: Final = "district"
REGISTRATION_NO: Final = "registration_no"
USCC: Final = "uscc"
KIND: Final = "kind"
OPERATING_NATURE: Final = "operating_nature"
PHONE: Final = "phone"
PARENT_NAME: Final = "parent_name"
#: Written by us into reject files; ignored on reading.
REASON: Final = "reason"

REASON_HEADER: Final = "原因"

#: More columns than any list has; a sheet with more is not a list of institutions.
MOST_COLUMNS: Final = 100

_WRITINGS: Final[Mapping[str, str]] = {
    NAME: "名称 机构名称 单位名称 医疗机构名称 医院名称 机构全称 name institution_name",
    ADDRESS: "地址 机构地址 详细地址 执业地址 执业地点 注册地址 单位地址 address",
    DISTRICT: "区 区县 所属区 所属区县 所在区 所在区县 行政区 行政区划 辖区 属地 district district_code jurisdiction",
    REGISTRATION_NO: "登记号 机构登记号 医疗机构登记号 执业登记号 许可证号 执业许可证号 执业许可证登记号 "
    "registration_no registration_number licence_no license_no",
    USCC: "统一社会信用代码 社会信用代码 信用代码 统一信用代码 uscc unified_social_credit_code credit_code",
    KIND: "类别 机构类别 机构类型 医疗机构类别 医疗机构类型 类型 kind type category",
    OPERATING_NATURE: "经营性质 营利性质 机构性质 分类管理 分类管理类别 operating_nature nature",
    PHONE: "电话 联系电话 机构电话 办公电话 固定电话 电话号码 phone telephone tel",
    PARENT_NAME: "上级机构 上级机构名称 上级单位 所属中心 所属社区卫生服务中心 主管中心 隶属机构 parent parent_name "
    "parent_institution",
    REASON: f"{REASON_HEADER} 退回原因 reason",
}


def _key(header: str) -> str:
    """Equal for 名称*, 机构名称（必填） and their like; for registrationNo and registration_no."""
    bare = re.sub(r"\((?:必填|选填|可选|required|optional)\)", "", names.match_key(header))
    return re.sub(r"[*:_\-/、]", "", bare)


_COLUMNS: Final[Mapping[str, str]] = {
    _key(writing): column for column, writings in _WRITINGS.items() for writing in writings.split()
}


@dataclass(frozen=True, slots=True)
class Header:
    """The header row: ``written`` as in the file, and for each column what it is, ``None`` where we do not know."""

    line: int
    written: tuple[str, ...]
    columns: tuple[str | None, ...]

    @property
    def unknown(self) -> tuple[str, ...]:
        """Headers that were not recognised; their columns are kept in the reject file and otherwise not read."""
        pairs = zip(self.written, self.columns, strict=True)
        return tuple(written for written, column in pairs if written and column is None)

    @property
    def known_count(self) -> int:
        return sum(column is not None for column in self.columns)


def recognise(line: int, cells: Sequence[str]) -> Header | None:
    """The header, if the row is one: it has a column for the name.  Empty cells at the end are dropped.

    Raises: ``Invalid`` when two columns mean the same or there are more than ``MOST_COLUMNS``.
    """
    written = [cell.strip() for cell in cells]
    while written and not written[-1]:
        written.pop()
    columns = [_COLUMNS.get(_key(cell)) for cell in written]
    if NAME not in columns:
        return None
    if len(written) > MOST_COLUMNS:
        raise Invalid(f"表头超过 {MOST_COLUMNS} 列，请只保留需要导入的列", path=("file",), limit=MOST_COLUMNS)
    for column in dict.fromkeys(columns):
        same = [cell for cell, one in zip(written, columns, strict=True) if one == column]
        if column is not None and len(same) > 1:
            raise Invalid(f"表头有含义相同的列：{'、'.join(same)}，请只保留一列", path=("file",), column=column)
    return Header(line, tuple(written), tuple(columns))


def missing_name(first_row: Sequence[str] | None) -> Invalid:
    """The refusal of a file in whose first rows no column for the name was found."""
    shown = "、".join(cell.strip()[:20] for cell in first_row or () if cell.strip())[:200]
    seen = f"；文件首行为：{shown}" if shown else ""
    return Invalid(f"未找到“名称”列（可写作：机构名称、名称、name），请补充表头后重新导入{seen}", path=("file",))
