"""Rows as a file: XLSX or CSV for people, NDJSON for programs."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from schema.listing import Column
from server.kit.terms import Term

#: What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class ExportFormat(Term):
    """What a list can be exported as."""

    XLSX = "XLSX", "Excel 工作簿"
    CSV = "CSV", "CSV 文本表格（UTF-8）"
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
            # The library takes 10 MB, which a server that is never asked for one does without.
            from schema.workbooks import workbook

            return workbook(columns, rows, notes)


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
