"""Reads districts from ``tenants/``: one folder a district, its ``district.yaml`` inside.

Adding a district is adding a folder: nothing here knows how many there are or what they are called.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from server.db.roles import district_role
from server.districts.model import Authority, AuthorityKind, District, DistrictKind, InsuranceAgency

TENANTS = Path(__file__).resolve().parents[2] / "tenants"

_FILE = "district.yaml"


class DistrictFileError(Exception):
    """A district's file cannot be used; the message names file and field."""


def _fit_for_a_role(code: str) -> str:
    district_role(code)
    return code


_Words = Annotated[str, Field(min_length=1)]


class _Part(BaseModel):
    """Strict: a number is not taken for a text nor a text for a list, and a misspelt field is not passed over."""

    model_config = ConfigDict(extra="forbid", strict=True)


class _Authority(_Part):
    kind: Annotated[AuthorityKind, Field(strict=False)]
    name: _Words


class _Agency(_Part):
    name: _Words
    phones: Annotated[list[_Words], Field(min_length=1, max_length=5)]
    email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]


class _District(_Part):
    tenant_id: Annotated[int, Field(ge=0, lt=2**31)]
    code: Annotated[str, AfterValidator(_fit_for_a_role)]
    name: _Words
    name_en: _Words
    kind: Annotated[DistrictKind, Field(strict=False)]
    division_code: Annotated[str, Field(pattern=r"^\d{6}$")] | None
    statistics_code: Annotated[str, Field(pattern=r"^\d{9}$")] | None
    display_order: int
    aliases: list[_Words]
    address_markers: list[_Words]
    lies_in: list[_Words] = []
    authorities: list[_Authority]
    agency: _Agency | None = None


def load_districts(folder: Path = TENANTS) -> Sequence[District]:
    """Every district of the folder, the municipality first, then by tenant number.

    Raises: DistrictFileError for a folder without districts, a file that cannot be read, a missing, wrong or unknown
    field, or a number, code or name used twice.
    """
    if not folder.is_dir():
        raise DistrictFileError(f"{folder}：找不到 tenants 目录")
    for path in sorted(folder.glob("*/*")):
        if path.name != _FILE and path.name.lower() in (_FILE, "district.yml"):
            raise DistrictFileError(f"{path.parent.name}/{path.name}：文件名应为 {_FILE}")
    districts = sorted((_load(path) for path in sorted(folder.glob(f"*/{_FILE}"))), key=lambda one: one.tenant_id)
    if not districts:
        raise DistrictFileError(f"{folder}：其中没有任何辖区，应为每区一个子目录，内有 {_FILE}")
    for attribute in ("tenant_id", "code", "name"):
        seen: dict[Any, District] = {}
        for one in districts:
            other = seen.setdefault(getattr(one, attribute), one)
            if other is not one:
                raise DistrictFileError(f"{one.code}/{_FILE}：{attribute} 与 {other.code} 重复")
    known = {one.code for one in districts}
    for one in districts:
        for code in one.lies_in:
            if code not in known:
                raise DistrictFileError(f"{one.code}/{_FILE}：lies_in 中的 {code} 不是任何辖区的 code")
    return districts


def _load(path: Path) -> District:
    shown = f"{path.parent.name}/{path.name}"
    try:
        return _read(path.parent.name, shown, path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise DistrictFileError(f"{shown}：应为 UTF-8 编码") from None
    except OSError as error:
        raise DistrictFileError(f"{shown}：{error}") from None


@lru_cache(maxsize=256)  # commands read the folder several times, and a district never changes
def _read(folder: str, shown: str, text: str) -> District:
    try:
        one = _District.model_validate(YAML(typ="safe").load(text))
    except MarkedYAMLError as error:
        line = f"第 {error.problem_mark.line + 1} 行：" if error.problem_mark else ""
        raise DistrictFileError(f"{shown}：不是正确的 YAML，{line}{error.problem}") from None
    except YAMLError as error:
        raise DistrictFileError(f"{shown}：{error}") from None
    except ValidationError as error:
        raise DistrictFileError(f"{shown}：" + "；".join(_said(each) for each in error.errors())) from None
    if one.code != folder:
        raise DistrictFileError(f"{shown}：code 应与目录名 {folder} 相同，实际为 {one.code}")
    agency = one.agency
    return District(
        tenant_id=one.tenant_id,
        code=one.code,
        name=one.name,
        name_en=one.name_en,
        kind=one.kind,
        division_code=one.division_code,
        statistics_code=one.statistics_code,
        display_order=one.display_order,
        aliases=tuple(one.aliases),
        address_markers=tuple(one.address_markers),
        lies_in=tuple(one.lies_in),
        authorities=tuple(Authority(each.kind, each.name) for each in one.authorities),
        agency=InsuranceAgency(agency.name, tuple(agency.phones), agency.email) if agency else None,
    )


#: What pydantic says, by its code; any other is shown in its own words.
_SAID: Mapping[str, str] = {
    "missing": "缺少字段 {field}",
    "extra_forbidden": "没有字段 {field}，请检查拼写",
    "model_type": "{field}应为若干“字段: 值”",
    "int_type": "{field} 应为整数",
    "string_type": "{field} 应为文字（数字请加引号）",
    "list_type": "{field} 应为列表",
    "string_too_short": "{field} 不能为空",
    "too_short": "{field} 至少 {min_length} 项",
    "too_long": "{field} 至多 {max_length} 项",
    "greater_than_equal": "{field} 应不小于 {ge}",
    "less_than": "{field} 应小于 {lt}",
    "string_pattern_mismatch": "{field} 的格式应为 {pattern}",
    "enum": "{field} 应为 {expected} 之一",
    "value_error": "{field}：{error}",
}


def _said(error: ErrorDetails) -> str:
    field = ".".join(str(part + 1) if isinstance(part, int) else part for part in error["loc"])
    context = {name: str(value) for name, value in error.get("ctx", {}).items()}
    if error["type"] == "enum":
        context["expected"] = context["expected"].replace(" or ", ", ").replace(", ", "、").replace("'", "")
    known = _SAID.get(error["type"])
    said = known.format(field=field, **context) if known else f"{field}：{error['msg']}"
    value = error["input"]
    return f"{said}，实际为 {value}" if isinstance(value, str | int | float) and value != "" else said
