"""Reads districts from ``tenants/``: one folder a district, its ``district.yaml`` inside.

Adding a district is adding a folder: nothing here knows how many there are or what they are called.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from server.districts.model import Authority, AuthorityKind, District, DistrictKind, InsuranceAgency

TENANTS = Path(__file__).resolve().parents[2] / "tenants"


class DistrictFileError(Exception):
    """A district's file cannot be used; the message names file and field."""


def load_districts(folder: Path = TENANTS) -> Sequence[District]:
    """Every district of the folder, the municipality first, then by tenant number.

    Raises: DistrictFileError for a file that cannot be read, a missing or wrong field, or a number or code used twice.
    """
    if not folder.is_dir():
        raise DistrictFileError(f"{folder}：找不到 tenants 目录")
    districts = sorted((_load(path) for path in sorted(folder.glob("*/district.yaml"))), key=lambda one: one.tenant_id)
    for attribute in ("tenant_id", "code", "name"):
        seen: dict[Any, District] = {}
        for one in districts:
            other = seen.setdefault(getattr(one, attribute), one)
            if other is not one:
                raise DistrictFileError(f"{one.code}/district.yaml：{attribute} 与 {other.code} 重复")
    return districts


def _load(path: Path) -> District:
    shown = f"{path.parent.name}/{path.name}"
    try:
        data = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
        if not isinstance(data, dict):
            raise DistrictFileError(f"{shown}：应为若干“字段: 值”")
        agency = data.get("agency")
        district = District(
            tenant_id=data["tenant_id"],
            code=data["code"],
            name=data["name"],
            name_en=data["name_en"],
            kind=DistrictKind(data["kind"]),
            division_code=data["division_code"],
            statistics_code=data["statistics_code"],
            display_order=data["display_order"],
            aliases=tuple(data["aliases"]),
            address_markers=tuple(data["address_markers"]),
            lies_in=tuple(data.get("lies_in", ())),
            authorities=tuple(Authority(AuthorityKind(one["kind"]), one["name"]) for one in data["authorities"]),
            agency=agency and InsuranceAgency(agency["name"], tuple(agency["phones"]), agency["email"]),
        )
    except KeyError as error:
        raise DistrictFileError(f"{shown}：缺少字段 {error.args[0]}") from None
    except (ValueError, TypeError, YAMLError) as error:
        raise DistrictFileError(f"{shown}：{error}") from None
    if district.code != path.parent.name:
        raise DistrictFileError(f"{shown}：code 应与目录名 {path.parent.name} 相同，实际为 {district.code}")
    if not isinstance(district.tenant_id, int) or not 0 <= district.tenant_id < 2**31:
        raise DistrictFileError(f"{shown}：tenant_id 应为 0 到 2147483647 的整数")
    return district
