"""What kind of institution a row is: told by its column, else by its name, else OTHER_MEDICAL.

A name in brackets is a second name that the same institution bears: 某医院（某镇社区卫生服务中心） holds the duties of
a community health centre, so it counts as one, though its first name says hospital.  Where both say something the first
name goes first.
The level of a hospital never shows in its name, so LEVEL_2_HOSPITAL comes from the column alone.
"""

import re
from collections.abc import Mapping
from typing import Final

from server.institutions.importing.model import KindBasis
from server.kit import names
from server.kit.errors import Invalid

COMMUNITY_HEALTH_CENTRE: Final = "COMMUNITY_HEALTH_CENTRE"
COMMUNITY_HEALTH_STATION: Final = "COMMUNITY_HEALTH_STATION"
TOWNSHIP_HOSPITAL: Final = "TOWNSHIP_HOSPITAL"
VILLAGE_CLINIC: Final = "VILLAGE_CLINIC"
LEVEL_2_HOSPITAL: Final = "LEVEL_2_HOSPITAL"
OTHER_MEDICAL: Final = "OTHER_MEDICAL"

KINDS: Final = (
    COMMUNITY_HEALTH_CENTRE,
    COMMUNITY_HEALTH_STATION,
    TOWNSHIP_HOSPITAL,
    VILLAGE_CLINIC,
    LEVEL_2_HOSPITAL,
    OTHER_MEDICAL,
)

NON_PROFIT: Final = "NON_PROFIT"
FOR_PROFIT: Final = "FOR_PROFIT"

_IN_NAMES: Final[Mapping[str, re.Pattern[str]]] = {
    COMMUNITY_HEALTH_CENTRE: re.compile(r"社区卫生(?:服务)?(?:分)?中心"),
    COMMUNITY_HEALTH_STATION: re.compile(r"(?:社区|农村)?卫生服务站|社区卫生站"),
    TOWNSHIP_HOSPITAL: re.compile(r"卫生院"),
    VILLAGE_CLINIC: re.compile(r"村(?:第?[一二三四五六七八九十0-9]+)?(?:社区)?(?:卫生[室所站]|医疗室)"),
}

_IN_COLUMN: Final[Mapping[str, str]] = {
    **{kind.casefold(): kind for kind in KINDS},
    **dict.fromkeys(("社区卫生服务中心", "社区卫生中心"), COMMUNITY_HEALTH_CENTRE),
    **dict.fromkeys(("社区卫生服务站", "社区卫生站", "卫生服务站"), COMMUNITY_HEALTH_STATION),
    **dict.fromkeys(("乡镇卫生院", "街道卫生院", "中心卫生院", "镇卫生院", "乡卫生院", "卫生院"), TOWNSHIP_HOSPITAL),
    **dict.fromkeys(("村卫生室", "村卫生所", "村卫生站", "卫生室"), VILLAGE_CLINIC),
    **dict.fromkeys(("其他", "其它", "其他医疗机构", "其它医疗机构"), OTHER_MEDICAL),
}
#: Categories under which registers list both; the name must tell.
_UNDECIDED: Final = re.compile(
    r"社区卫生服务中心(?:\(站\)|[/、和及]?(?:社区卫生服务)?站)|社区卫生服务机构|基层医疗卫生机构"
)
_LEVEL_2: Final = re.compile(r"二级|2级")
_OTHER: Final = re.compile(
    r"[一三1-3]级|未定级|医院|门诊|诊所|保健|护理|急救|体检|疗养|医务室|卫生所|检验|检查|防治|康复|疾病预防|血站|透析|影像"
)


def kind_of(name: str, column: str | None) -> tuple[str, KindBasis]:
    """The kind and what told it.

    Raises: ``Invalid`` when the column says something that is no kind.
    """
    if column is not None and (told := _from_column(column)):
        return told, KindBasis.COLUMN
    first, second = _names(name)
    for text, basis in ((first, KindBasis.NAME), (second, KindBasis.SECOND_NAME)):
        if kind := _from_name(text):
            return kind, basis
    return OTHER_MEDICAL, KindBasis.DEFAULT


def operating_nature_of(column: str | None) -> str | None:
    """NON_PROFIT, FOR_PROFIT, or None when the row says nothing.  Raises: ``Invalid`` when it says something else."""
    if column is None:
        return None
    text = names.match_key(column)
    # 非营利 contains 营利, so it is asked first.
    if text == NON_PROFIT.casefold() or "非营利" in text:
        return NON_PROFIT
    if text == FOR_PROFIT.casefold() or "营利" in text:
        return FOR_PROFIT
    raise Invalid(f"“经营性质”应为非营利性或营利性，现为“{column[:20]}”")


def _from_column(column: str) -> str | None:
    text = names.match_key(column)
    if kind := _IN_COLUMN.get(text):
        return kind
    if _UNDECIDED.fullmatch(text):
        return None
    if _LEVEL_2.search(text):
        return LEVEL_2_HOSPITAL
    if _OTHER.search(text):
        return OTHER_MEDICAL
    shown = "社区卫生服务中心、社区卫生服务站、乡镇卫生院、村卫生室、二级医院、其他医疗机构"
    raise Invalid(f"“类别”“{column[:20]}”无法识别，应为：{shown}")


def _from_name(text: str) -> str | None:
    """The kind whose words end last: 某中心某站 is the station of a centre."""
    ends = {
        kind: max(match.end() for match in pattern.finditer(text))
        for kind, pattern in _IN_NAMES.items()
        if pattern.search(text)
    }
    return max(ends, key=lambda kind: ends[kind]) if ends else None


def _names(name: str) -> tuple[str, str]:
    """What stands outside brackets, and what stands inside."""
    key = names.match_key(name)
    return re.sub(r"\([^)]*\)?", "", key), " ".join(re.findall(r"\(([^)]*)", key))
