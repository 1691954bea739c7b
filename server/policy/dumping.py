"""Model → YAML as an official reads it.  Loading the text gives back an equal model, and dumping that an equal text."""

import io
import re
from enum import Enum
from typing import Any

from ruamel.yaml import YAML

from server.kit.clause import Clause
from server.policy.documents import Document
from server.policy.model import PolicyPack, PolicyVersion

_PACK_LEGEND = """\
# 政策文件。平台可导入、导出；导出的文件与导入的一致。
#   effective      施行期间：from 起施行，until 当日起不再施行
#   source_status  FROM_CLAUSE 原文规定 | PLATFORM_DEFAULT 平台默认，原文没有 | UNVERIFIED 未核实
#   parameters     可调整的数值，各有出处；ambiguity 为原文歧义的编号
#   rules          规则：when 为触发条件（all 同时满足，any 满足之一，atLeast 至少几项，not 不满足），每个条件一个 expr
#   expr           facts.* 为平台从登记事件推算的事实，params.* 为本文件的参数；条件中不直接写数字
#   effects        触发后向经办人提出的建议，均由人作出决定
"""
_TEMPLATE_LEGEND = """\
# 样板：供尚无本类政策的区采用、调整。数值均来自样板所引文件，标为 UNVERIFIED；
# 采用时须填写本区施行日期，登记本区文件，逐项核实数值并改引本区条款。
"""
_DOCUMENT_LEGEND = """\
# 政策文件登记。每个文件登记一次，条款照录原文，sha256 为条款文字的校验值。
#   requirements   需求编号        handled_by     承办该条款的业务模块
#   not_a_rule     不作为判定规则的理由（有规则或参数引用的条款不写）
"""


def dump_pack(pack: PolicyPack) -> str:
    """The pack as its file stands in ``tenants/``."""
    plain: dict[str, Any] = {"pack": pack.code, "kind": pack.kind}
    if pack.jurisdiction is not None:
        plain["jurisdiction"] = pack.jurisdiction
    plain["title"] = pack.title
    plain["versions"] = [_version(version, pack.title) for version in pack.versions]
    legend = _PACK_LEGEND if pack.jurisdiction is not None else _TEMPLATE_LEGEND + _PACK_LEGEND
    return legend + _spaced(_yaml(plain))


def _version(version: PolicyVersion, title: str) -> dict[str, Any]:
    """``shortened_until`` is no part of the content, and a title that is the pack's own is not said again."""
    named = {} if version.title == title else {"title": version.title}
    ended = {} if version.shortened_until is None else {"shortened_until": version.shortened_until}
    return {"version": version.number, **named, **ended, **version.plain()}


def dump_document(document: Document) -> str:
    """The document as its file stands in ``tenants/documents/``."""
    return _DOCUMENT_LEGEND + _spaced(_yaml(document.plain()))


def _yaml(plain: dict[str, Any]) -> str:
    yaml = YAML(typ="rt", pure=True)
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 100_000  # one value, one line: no folding that would depend on the length of a Chinese text
    yaml.allow_unicode = True
    buffer = io.StringIO()
    yaml.dump(_native(plain), buffer)
    return buffer.getvalue()


def _native(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _native(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_native(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Clause) or type(value).__name__ == "Decimal":
        return str(value)
    return value


def _spaced(text: str) -> str:
    """An empty line before each main section, parameter, rule and clause, where a reader's eye wants one."""
    spaced = re.sub(
        r"\n(?=(?: {4}(?:parameters|rules|applies_to):| {6}- (?:key|code): |  - anchor: |clauses:|versions:))",
        "\n\n",
        text,
    )
    return re.sub(r"((?:parameters|rules|clauses):\n)\n", r"\1", spaced)
