"""What a jurisdiction asks for and binds to: required materials and institutions' obligations, read from ``tenants/``.

``licensing.yaml`` of the municipality holds for every district; a district's own adds to it, and replaces what bears the
same code.  Lists are data because districts differ in them; every obligation cites its clause, and every material says where
the requirement comes from (BJ17-2-2a: no condition without a ground).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from server.institutions.model import OperatorKind
from server.kit.clause import Clause
from server.kit.terms import Term
from server.licensing.model import ObligationNature
from server.policy.documents import Register
from server.policy.shelf import Library
from server.policy.terms import SourceStatus

FILE = "licensing.yaml"
CITY = "beijing"


class MaterialFor(Term):
    """What a material is handed in for."""

    SETUP = "SETUP", "设置审批"
    REGISTRATION = "REGISTRATION", "执业登记"
    VERIFICATION = "VERIFICATION", "校验"


@dataclass(frozen=True, slots=True)
class Material:
    """One line of a checklist.  ``code`` is also the purpose under which the document is used, in every procedure.

    ``of_operator``: it tells of who runs institutions, so that it serves for every one of theirs.
    """

    code: str
    title: str
    required: bool
    source: SourceStatus
    clause: Clause | None
    note: str | None
    of_operator: bool = False


@dataclass(frozen=True, slots=True)
class Duty:
    """One obligation of institutions, in force in ``[from_on, until)``; for these operators, or for all."""

    code: str
    title: str
    nature: ObligationNature
    clause: Clause
    from_on: date
    until: date | None
    operators: frozenset[OperatorKind]

    def binds(self, operator: OperatorKind | None, on: date) -> bool:
        """Whether it holds on the day for an institution that this operator runs."""
        in_force = self.from_on <= on and (self.until is None or on < self.until)
        return in_force and (not self.operators or operator in self.operators)


@dataclass(frozen=True)
class Lists:
    """The lists of one district, the city's included."""

    materials: Mapping[MaterialFor, Mapping[str, Material]]
    duties: tuple[Duty, ...]

    def checklist(self, purpose: MaterialFor) -> Mapping[str, Material]:
        """The materials of a procedure by code, in the order in which they are asked."""
        return self.materials.get(purpose, {})


class ListsError(Exception):
    """A jurisdiction's lists cannot be used; the message names file and field."""


def lists_of(library: Library, code: str) -> Lists:
    """The lists that hold in the district.  Raises: ListsError."""
    return _read(library.folder, code, _Cited(library.register))


class _Cited:
    """The register as part of a cache key: one process has one."""

    def __init__(self, register: Register) -> None:
        self.register = register

    def __hash__(self) -> int:
        return hash(type(self))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Cited) and other.register.documents.keys() == self.register.documents.keys()


class _Part(BaseModel):
    """Strict: a misspelt field is not passed over."""

    model_config = ConfigDict(extra="forbid")


def _clause(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    document, _, anchor = value.partition(" ")
    return Clause(document, anchor)


def _in_capitals(value: str) -> str:
    if not value.replace("_", "A").isalnum() or value != value.upper() or not value.isascii():
        raise ValueError("代号只能用大写英文字母、数字和下划线")
    return value


_Code = Annotated[str, AfterValidator(_in_capitals)]
_Cite = Annotated[Clause, BeforeValidator(_clause)]
_Words = Annotated[str, Field(min_length=1)]


class _Material(_Part):
    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)
    code: _Code
    title: _Words
    purposes: Annotated[list[MaterialFor], Field(min_length=1, alias="for")]
    required: bool = True
    source_status: SourceStatus
    clause: _Cite | None = None
    note: str | None = None
    of_operator: bool = False


class _Duty(_Part):
    code: _Code
    title: _Words
    nature: ObligationNature
    clause: _Cite
    from_on: Annotated[date, Field(alias="from")]
    until: date | None = None
    operators: list[OperatorKind] = []


class _File(_Part):
    materials: list[_Material] = []
    obligations: list[_Duty] = []


@cache
def _read(folder: Path, code: str, cited: _Cited) -> Lists:
    materials: dict[MaterialFor, dict[str, Material]] = {one: {} for one in MaterialFor}
    duties: dict[str, Duty] = {}
    for place in dict.fromkeys((CITY, code)):
        read = _load(folder / place / FILE, cited.register)
        for one in read.materials:
            material = Material(
                one.code, one.title, one.required, one.source_status, one.clause, one.note, one.of_operator
            )
            for purpose in one.purposes:
                materials[purpose][one.code] = material
        for duty in read.obligations:
            duties[duty.code] = Duty(
                duty.code, duty.title, duty.nature, duty.clause, duty.from_on, duty.until, frozenset(duty.operators)
            )
    return Lists(materials, tuple(duties.values()))


def _load(path: Path, register: Register) -> _File:
    """What the file says; a jurisdiction without one adds nothing."""
    if not path.is_file():
        return _File()
    name = f"{path.parent.name}/{path.name}"
    try:
        found = _File.model_validate(YAML(typ="safe").load(path) or {})
    except YAMLError as error:
        raise ListsError(f"{name}：不是有效的 YAML：{error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise ListsError(f"{name}：{'.'.join(map(str, first['loc']))}：{first['msg']}") from None
    cites = [one.clause for one in found.materials] + [duty.clause for duty in found.obligations]
    for cite in cites:
        if cite is not None and register.find(cite) is None:
            raise ListsError(f"{name}：引用的条款 {cite} 没有登记在 documents 中")
    for one in found.materials:
        if one.source_status is SourceStatus.FROM_CLAUSE and one.clause is None:
            raise ListsError(f"{name}：材料 {one.code} 标为原文规定，须引用条款")
    return found
