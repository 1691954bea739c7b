"""A file, whatever it is, as rows of recognised columns."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Final

from server.institutions.importing import csv_source, headers, xlsx_source
from server.institutions.importing.headers import Header
from server.institutions.importing.model import Row
from server.kit import names
from server.kit.errors import Invalid

MOST_BYTES: Final = 64 * 1024 * 1024
MOST_ROWS: Final = 100_000
#: Longest cell of a usable row; a longer one is not a name or an address.
LONGEST_CELL: Final = 4000

_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A list of institutions being read: its header, and its rows as a stream that is read once."""

    header: Header
    rows: Iterator[Row]


@contextmanager
def opened(stream: BinaryIO) -> Iterator[Sheet]:
    """The list in a seekable stream, told by its first bytes: Excel or CSV; the stream stays the caller's to close.

    The header is found among the first ten rows.  Empty rows are skipped.  At most ``MOST_ROWS`` rows.

    Raises: ``Invalid`` for a file that cannot be read as a whole, here or while the rows are read.
    """
    stream.seek(0, 2)
    size = stream.tell()
    if size == 0:
        raise Invalid("文件为空，请重新选择", path=("file",))
    if size > MOST_BYTES:
        limit = MOST_BYTES // 1024 // 1024
        raise Invalid(f"文件最大 {limit} MB，请拆分后分批导入", path=("file",), limit_mb=limit)
    stream.seek(0)
    start = stream.read(4)
    if start == _OLE:
        raise Invalid("文件是旧版 .xls 或加了密码，请另存为不加密的 .xlsx 或 CSV 再导入", path=("file",))
    source = xlsx_source if start == _ZIP else csv_source
    with source.rows(stream) as (header, numbered):
        yield Sheet(header, _rows(header, numbered))


def _rows(header: Header, numbered: Iterator[tuple[int, list[str]]]) -> Iterator[Row]:
    count = 0
    for line, cells in numbered:
        if not any(cell.strip() for cell in cells):
            continue
        count += 1
        if count > MOST_ROWS:
            raise Invalid(f"一次最多导入 {MOST_ROWS} 行，请拆分后分批导入", path=("file",), limit=MOST_ROWS)
        yield _row(header, line, cells)


def _row(header: Header, line: int, cells: Sequence[str]) -> Row:
    # One character more than is allowed is kept, so that the row is refused again if it comes back unmended.
    raw = tuple(cell[: LONGEST_CELL + 1] for cell in cells)
    known: dict[str, str] = {}
    width = len(header.written)
    problem = None
    if any(cell.strip() for cell in cells[width:]):
        problem = f"该行单元格多于表头的 {width} 列，请检查是否有未加引号的逗号或错位"
    for column, written, cell in zip(header.columns, header.written, cells, strict=False):
        if column is None or column == headers.REASON:
            continue
        if text := cell.strip(names.AROUND):
            known[column] = text
            problem = problem or _problem(written, text)
    return Row(line, known, raw, problem)


def _problem(column: str, text: str) -> str | None:
    """Why no row can be used that has this text in this column, whatever it means; None when it can."""
    if len(text) > LONGEST_CELL:
        return f"“{column}”超过 {LONGEST_CELL} 个字符，请检查是否错位或引号未配对"
    if text == xlsx_source.LOST_DIGITS:
        return f"“{column}”被 Excel 存为数字，超过 15 位的部分已丢失，请把该列设为文本格式后重新录入"
    if text in xlsx_source.FORMULA_ERRORS:
        return f"“{column}”是公式错误 {text}，请改为实际内容"
    if unseen := next((char for char in text if names.is_forbidden(char)), None):
        return f"“{column}”中有换行或不可见的控制字符（U+{ord(unseen):04X}），请删除"
    return None
