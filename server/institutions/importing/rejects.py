"""The rejected rows as a file for the people who must mend them."""

import csv
import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, BinaryIO, Final

from server.institutions.importing import headers
from server.institutions.importing.headers import Header
from server.institutions.importing.model import Reject
from server.kit import names

if TYPE_CHECKING:
    from _csv import Writer

#: A cell that begins so would be run by Excel as a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def write(stream: BinaryIO, header: Header, rejects: Iterable[Reject]) -> int:
    """The number of rows written: CSV in UTF-8 with mark, so that Excel opens it, the file's own columns and 原因 last.

    Once mended the file can be imported as it is: 原因 is not read.  A 原因 column that the file brought is replaced.
    Control characters become U+FFFD and cells that Excel would run get an apostrophe, which reading takes off again.
    Cells beyond the header stand after 原因, where the row stays rejected until they are gone.  The stream stays open.
    """
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="")
    try:
        return _write(csv.writer(text), header, rejects)
    finally:
        # Detaching writes out what is left, and keeps the wrapper from closing the caller's stream.
        text.detach()


def _write(writer: "Writer", header: Header, rejects: Iterable[Reject]) -> int:
    width = len(header.written)
    kept = [index for index, column in enumerate(header.columns) if column != headers.REASON]
    writer.writerow([*(_safe(header.written[index]) for index in kept), headers.REASON_HEADER])
    count = 0
    for reject in rejects:
        cells = [*reject.raw[:width], *[""] * (width - len(reject.raw))]
        own = (_safe(cells[index]) for index in kept)
        writer.writerow([*own, f"第 {reject.line} 行：{reject.reason}", *map(_safe, reject.raw[width:])])
        count += 1
    return count


def _safe(cell: str) -> str:
    visible = "".join("\ufffd" if names.is_forbidden(char) and char not in names.AROUND else char for char in cell)
    return f"'{visible}" if visible.startswith(_FORMULA) else visible
