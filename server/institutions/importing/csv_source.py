"""Rows of a CSV file: UTF-8 with or without mark, GB18030, or UTF-16 with mark; comma, tab or semicolon."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import BinaryIO, Final

from server.institutions.importing import headers
from server.institutions.importing.headers import Header
from server.kit.errors import Invalid

#: The header stands in one of the first rows; titles may stand above it.
HEADER_ROWS: Final = 10

_CHUNK: Final = 1 << 16
_DELIMITERS: Final = ",\t;"

#: How Excel keeps leading zeros in a CSV: ="00123".
_KEPT_TEXT: Final = re.compile(r'="(.*)"', re.DOTALL)
#: How our reject files keep Excel from running a cell as a formula.
_GUARDED: Final = re.compile(r"'(?=[=+\-@\t\r])")


@contextmanager
def rows(stream: BinaryIO) -> Iterator[tuple[Header, Iterator[tuple[int, list[str]]]]]:
    """The header, and after it every row with the line on which it begins.

    Raises: ``Invalid`` for another encoding, damaged text, a missing header, or quotes that do not pair, here or while
    the rows are read.
    """
    encoding = _encoding(stream)
    header, delimiter = _header(stream, encoding)
    with _lines(stream, encoding, delimiter) as every:
        for line, _ in every:
            if line == header.line:
                break
        yield header, every


def _header(stream: BinaryIO, encoding: str) -> tuple[Header, str]:
    """The header under the delimiter that makes most of it."""
    found: list[tuple[Header, str]] = []
    first_row: list[str] | None = None
    broken: Invalid | None = None
    for delimiter in _DELIMITERS:
        with _lines(stream, encoding, delimiter) as every:
            try:
                for line, cells in islice(every, HEADER_ROWS):
                    first_row = first_row or cells
                    if header := headers.recognise(line, cells):
                        found.append((header, delimiter))
                        break
            except Invalid as refused:
                broken = broken or refused
    if found:
        return max(found, key=lambda one: one[0].known_count)
    raise broken or headers.missing_name(first_row)


@contextmanager
def _lines(stream: BinaryIO, encoding: str, delimiter: str) -> Iterator[Iterator[tuple[int, list[str]]]]:
    stream.seek(0)
    text = io.TextIOWrapper(stream, encoding=encoding, newline="")
    try:
        yield _numbered(text, delimiter)
    finally:
        # Without this the wrapper would close the caller's stream.
        text.detach()


def _numbered(text: io.TextIOWrapper, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as broken:
            limit = csv.field_size_limit()
            message = f"第 {line} 行起无法读取：引号未配对，或一格超过 {limit} 个字符，请检查该行的英文双引号"
            raise Invalid(message, path=("file",), line=line) from broken
        yield line, [_plain(cell) for cell in cells]


def _plain(cell: str) -> str:
    kept = _KEPT_TEXT.fullmatch(cell)
    return kept[1] if kept else _GUARDED.sub("", cell, count=1) if _GUARDED.match(cell) else cell


def _encoding(stream: BinaryIO) -> str:
    """The encoding under which the whole file reads.

    GB18030 gives some reading to almost any bytes, so it is tried only when UTF-8 fails, and a file that is UTF-8 but
    for a few damaged bytes is refused instead of being read as gibberish.
    """
    stream.seek(0)
    start = stream.read(4)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        _require(stream, "utf-16", "不是有效的 UTF-16 编码")
        return "utf-16"
    damaged_at = _first_damage(stream, "utf-8-sig")
    if damaged_at is None:
        return "utf-8-sig"
    if _is_mostly_utf8(stream):
        message = f"文件是 UTF-8 编码，但第 {damaged_at} 行有损坏的字节，请重新导出后再导入"
        raise Invalid(message, path=("file",), line=damaged_at)
    _require(stream, "gb18030", "既不是 UTF-8 也不是 GB18030（GBK）编码")
    return "gb18030"


def _require(stream: BinaryIO, encoding: str, refusal: str) -> None:
    if damaged_at := _first_damage(stream, encoding):
        message = f"文件{refusal}（第 {damaged_at} 行无法识别），请另存为 UTF-8 编码的 CSV 或 Excel 文件"
        raise Invalid(message, path=("file",), line=damaged_at)


def _first_damage(stream: BinaryIO, encoding: str) -> int | None:
    """The line with the first bytes that do not belong to the encoding; None when all do."""
    stream.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    while True:
        chunk = stream.read(_CHUNK)
        try:
            line += decoder.decode(chunk, final=not chunk).count("\n")
        except UnicodeDecodeError as broken:
            return line + broken.object[: broken.start].count(b"\n")
        if not chunk:
            return None


def _is_mostly_utf8(stream: BinaryIO) -> bool:
    """True when, read as UTF-8, the file has more Chinese characters than damaged places."""
    stream.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    chinese = damaged = 0
    while chunk := stream.read(_CHUNK):
        text = decoder.decode(chunk)
        damaged += text.count("\ufffd")
        chinese += len(re.findall("[\u4e00-\u9fff]", text))
    return chinese > damaged
