"""Written values with their places: YAML read defensively, or JSON as it came, in one shape.

YAML is read as events, so a bomb is refused before it is built: no anchors and aliases, no tags, one document, limits
on size, depth and number of nodes, no key twice.  Scalars stay text until a reader says what it expects; there is no
guessing of types (``no``, ``08`` and ``1_000`` are texts).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from server.policy.problems import PolicyRejected, Problem

MAX_BYTES = 512 * 1024
MAX_DEPTH = 32
MAX_NODES = 20_000

_INT = re.compile(r"-?(0|[1-9][0-9]{0,17})")


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value.  From YAML: its text, whether it stood bare, and the slice of source it was read from."""

    value: Any
    bare: bool = False
    line: int | None = None
    column: int | None = None
    raw: str = ""

    @property
    def empty(self) -> bool:
        return self.value is None or (self.bare and self.value in ("", "null", "~"))

    def as_int(self) -> int | None:
        if self.bare:
            return int(self.value) if _INT.fullmatch(self.value) else None
        return self.value if type(self.value) is int else None

    def as_bool(self) -> bool | None:
        if self.bare:
            return {"true": True, "false": False}.get(self.value)
        return self.value if isinstance(self.value, bool) else None

    def as_text(self) -> str | None:
        return self.value if isinstance(self.value, str) and self.value.strip() else None

    def as_date(self) -> date | None:
        if isinstance(self.value, date):
            return self.value
        if isinstance(self.value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", self.value, re.ASCII):
            try:
                return date.fromisoformat(self.value)
            except ValueError:
                return None
        return None

    def place(self, line: int, column: int) -> tuple[int, int] | None:
        """Line and column in the file of a line and column in the text; None where it did not come from a file.

        Walks text and source side by side: the source is the text with quotes, escapes, indentation and line breaks put
        in, so every visible character of the text stands in the source in the same order.
        """
        if self.line is None or self.column is None:
            return None
        wanted = sum(len(part) for part in self.value.splitlines(keepends=True)[: line - 1]) + column - 1
        row, col, at = self.line, self.column, 0
        if self.raw[:1] in ("|", ">"):
            at = self.raw.find("\n") + 1
            row, col = row + 1, 1
        for index, character in enumerate(self.value[: wanted + 1]):
            if character.isspace():
                continue
            while at < len(self.raw) and self.raw[at] != character:
                row, col = (row + 1, 1) if self.raw[at] == "\n" else (row, col + 1)
                at += 1
            if index == wanted:
                return row, col
            at, col = at + 1, col + 1
        return row, col


@dataclass(frozen=True, slots=True)
class Listing:
    """A sequence of values."""

    items: tuple["Tree", ...]
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """Keys with values, in the order written."""

    entries: tuple[tuple[Scalar, "Tree"], ...]
    line: int | None = None
    column: int | None = None

    def find(self, key: str) -> "Tree | None":
        return next((value for name, value in self.entries if name.value == key), None)


Tree = Scalar | Listing | Table


def of_plain(value: Any) -> Tree:
    """The same shape over JSON's types, without places."""
    if isinstance(value, dict):
        return Table(tuple((Scalar(str(key)), of_plain(item)) for key, item in value.items()))
    if isinstance(value, (list, tuple)):
        return Listing(tuple(map(of_plain, value)))
    return Scalar(value)


@lru_cache(maxsize=256)  # several parts of a process read the folder; a tree never changes
def read_yaml(source: bytes | str, file: str) -> Tree:
    """The one document of the source: a file of the operator's.  Raises: PolicyRejected with file, line and column."""
    raw = source.encode() if isinstance(source, str) else source
    if len(raw) > MAX_BYTES:
        message = f"文件 {len(raw)} 字节，超过上限 {MAX_BYTES} 字节；请拆分文件"
        raise PolicyRejected([Problem("YAML_TOO_LARGE", message, file=file, line=1, column=1)])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = raw[: problem.start].count(b"\n") + 1
        message = "文件不是有效的 UTF-8 文本；请以 UTF-8 编码保存"
        raise PolicyRejected([Problem("YAML_ENCODING", message, file=file, line=line, column=1)]) from problem
    reader = _Reader(text.replace("\r\n", "\n"), file)
    try:
        return reader.read()
    except MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        reader.refuse("YAML_SYNTAX", f"YAML 格式有误：{problem.problem or problem.context}", mark)
    except YAMLError as problem:
        position = getattr(problem, "position", 0)
        line = reader.text[: position if isinstance(position, int) else 0].count("\n") + 1
        message = f"YAML 格式有误：{str(problem).splitlines()[0]}"
        raise PolicyRejected([Problem("YAML_SYNTAX", message, file=file, line=line, column=1)]) from problem
    raise AssertionError("unreachable")


class _Reader:
    def __init__(self, text: str, file: str) -> None:
        self.text, self.file = text, file
        self.nodes = self.depth = self.documents = 0

    def refuse(self, code: str, message: str, mark: Any) -> None:
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        raise PolicyRejected([Problem(code, message, file=self.file, line=line, column=column)])

    def read(self) -> Tree:
        events = self._events()
        root = next((self._build(event, events) for event in events), None)
        if root is None:
            self.refuse("YAML_EMPTY", "文件没有内容", None)
            raise AssertionError("unreachable")
        for event in events:
            self.refuse("YAML_SYNTAX", "一个文件只能有一份文档", event.start_mark)
        return root

    def _events(self) -> Iterator[Any]:
        kept = (ScalarEvent, MappingStartEvent, MappingEndEvent, SequenceStartEvent, SequenceEndEvent)
        for event in YAML(typ="safe", pure=True).parse(self.text):
            mark = event.start_mark
            if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
                self.refuse("YAML_ALIAS", "不允许使用 YAML 锚点和别名（& 与 *）；请写出完整内容", mark)
            if getattr(event, "tag", None):
                self.refuse("YAML_TAG", f"不允许使用 YAML 标签 {event.tag!s:.40}", mark)
            if isinstance(event, DocumentStartEvent):
                self.documents += 1
                if self.documents > 1:
                    self.refuse("YAML_SYNTAX", "一个文件只能有一份文档", mark)
            if isinstance(event, kept):
                self._count(event)
                yield event

    def _count(self, event: Any) -> None:
        if isinstance(event, (MappingEndEvent, SequenceEndEvent)):
            self.depth -= 1
            return
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self.refuse("YAML_TOO_LARGE", f"文件超过 {MAX_NODES} 个节点；请拆分文件", event.start_mark)
        if not isinstance(event, ScalarEvent):
            self.depth += 1
            if self.depth > MAX_DEPTH:
                self.refuse("YAML_TOO_DEEP", f"嵌套超过 {MAX_DEPTH} 层；请简化规则", event.start_mark)

    def _build(self, event: Any, events: Iterator[Any]) -> Tree:
        mark = event.start_mark
        line, column = mark.line + 1, mark.column + 1
        if isinstance(event, ScalarEvent):
            raw = self.text[mark.index : event.end_mark.index]
            return Scalar(event.value, event.style in (None, ""), line, column, raw)
        if isinstance(event, SequenceStartEvent):
            return Listing(tuple(self._until(SequenceEndEvent, events)), line, column)
        return self._table(events, line, column)

    def _until(self, end: type, events: Iterator[Any]) -> Iterator[Tree]:
        for event in events:
            if isinstance(event, end):
                return
            yield self._build(event, events)

    def _table(self, events: Iterator[Any], line: int, column: int) -> Table:
        entries: list[tuple[Scalar, Tree]] = []
        seen: dict[str, int] = {}
        for event in events:
            if isinstance(event, MappingEndEvent):
                break
            if not isinstance(event, ScalarEvent):
                self.refuse("YAML_SYNTAX", "键必须是简单的名称", event.start_mark)
            key = event.value
            if key in seen:
                self.refuse("DUPLICATE_KEY", f"键“{key:.40}”重复，第 {seen[key]} 行已经写过", event.start_mark)
            seen[key] = event.start_mark.line + 1
            name = Scalar(key, False, event.start_mark.line + 1, event.start_mark.column + 1)
            entries.append((name, self._build(next(events), events)))
        return Table(tuple(entries), line, column)
