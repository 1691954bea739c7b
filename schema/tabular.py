"""Rows as a file: XLSX or CSV for people, NDJSON for programs."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import openpyxl
import orjson
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from schema.listing import Column
from server.kit.terms import Term

#: What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_WIDEST = 60


class ExportFormat(Term):
    """What a list can be exported as."""

    XLSX = "XLSX", "Excel 工作簿"
    CSV = "CSV", "CSV（UTF-8）"
    NDJSON = "NDJSON", "NDJSON，一行一条"

    @property
    def media_type(self) -> str:
        return {
            "XLSX": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "CSV": "text/csv; charset=utf-8",
            "NDJSON": "application/x-ndjson",
        }[self.value]


def written(
    format_: ExportFormat, columns: Sequence[Column], rows: Sequence[Mapping[str, Any]], notes: Mapping[str, str]
) -> bytes:
    """The file. NDJSON holds the rows as the API has them; the others headings, labels, and nothing that is a formula.

    ``notes`` tell where the rows come from; only a workbook has room for them.
    """
    match format_:
        case ExportFormat.NDJSON:
            return b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
        case ExportFormat.CSV:
            return _csv(columns, rows)
        case _:
            return _xlsx(columns, rows, notes)


def _csv(columns: Sequence[Column], rows: Sequence[Mapping[str, Any]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([one.heading for one in columns])
    for row in rows:
        writer.writerow([_harmless(one.cell(row)) for one in columns])
    # With a mark, without which spreadsheets take UTF-8 for something else.
    return out.getvalue().encode("utf-8-sig")


def _harmless(value: Any) -> Any:
    """Text that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _xlsx(columns: Sequence[Column], rows: Sequence[Mapping[str, Any]], notes: Mapping[str, str]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("数据")
    sheet.freeze_panes = "A2"
    cells = [[one.cell(row) for one in columns] for row in rows]
    for n, one in enumerate(columns, start=1):
        longest = max([len(one.heading), *(len(str(row[n - 1] or "")) for row in cells[:200])])
        sheet.column_dimensions[get_column_letter(n)].width = min(longest * 2 + 2, _WIDEST)
    sheet.append([_cell(sheet, one.heading, bold=True) for one in columns])
    for row in cells:
        sheet.append([_cell(sheet, value) for value in row])
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{len(cells) + 1}"
    told = book.create_sheet("说明")
    for name, text in notes.items():
        told.append([_cell(told, name, bold=True), _cell(told, text)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(sheet: Any, value: Any, *, bold: bool = False) -> Any:
    if isinstance(value, dict | list):
        value = orjson.dumps(value).decode()
    if isinstance(value, str):
        value = ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", value)
    cell = WriteOnlyCell(sheet, value)
    if isinstance(value, str):
        cell.data_type = "s"  # else "=…" would be a formula
    if bold:
        cell.font = Font(bold=True)
    return cell
