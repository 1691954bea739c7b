"""Writing a score sheet.  Imported by whoever makes one: the library takes its memory."""

import io
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from server.assessment.sheets.model import (
    ASSESSMENT,
    CODE,
    FIRST_COLUMN,
    FIRST_ROW,
    MARK,
    NAME,
    SHEET,
    VERSION,
    Column,
    Known,
)

_HOW = (
    "只填写白色单元格：数字，0 至满分，至多两位小数。留空的不录入，与已有得分相同的不重复录入。"
    "灰色单元格、隐藏列和表头请勿改动。下载后他人又更改了考核的机构，须重新下载后填写。"
)
_GREY = PatternFill("solid", fgColor="FFE7E6E6")
_BOLD = Font(bold=True)
_WRAPPED = Alignment(wrap_text=True, vertical="center")
_OPEN = Protection(locked=False)


def written(cycle_id: UUID, title: str, columns: Sequence[Column], rows: Sequence[Known]) -> bytes:
    """The workbook: a row for each assessment, a column for each indicator, what was scored so far filled in.

    All but the scores is locked, without a password: the lock is there against slips, what is sent is checked anyway.
    """
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(SHEET)
    sheet.freeze_panes = f"{get_column_letter(FIRST_COLUMN)}{FIRST_ROW}"
    widths = {NAME: 36, CODE: 20, ASSESSMENT: 38, VERSION: 8}
    for at in range(1, FIRST_COLUMN + len(columns)):
        letter = get_column_letter(at)
        sheet.column_dimensions[letter].width = widths.get(at, 14)
        sheet.column_dimensions[letter].hidden = at in (ASSESSMENT, VERSION)
    for one in _validations(columns, len(rows)):
        sheet.data_validations.append(one)
    sheet.protection.sheet = True
    sheet.protection.formatColumns = False
    sheet.protection.deleteRows = False
    sheet.append([_cell(sheet, title, bold=True), None, _cell(sheet, MARK), _cell(sheet, str(cycle_id))])
    sheet.append([_cell(sheet, _HOW)])
    sheet.append(_head(sheet, ["机构名称", "登记号", "考核标识", "版本"], [one.title for one in columns]))
    sheet.append(_head(sheet, ["指标编号", None, None, None], [one.code for one in columns]))
    sheet.append(_head(sheet, ["满分", None, None, None], [one.most for one in columns]))
    sheet.append(_head(sheet, ["权重", None, None, None], [one.weight for one in columns]))
    for row in rows:
        sheet.append(
            [
                _cell(sheet, row.name),
                _cell(sheet, row.code or ""),
                _cell(sheet, str(row.assessment_id)),
                row.version,
                *(_score(sheet, row, one) for one in columns),
            ]
        )
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _validations(columns: Sequence[Column], rows: int) -> list[DataValidation]:
    made = []
    for at, one in enumerate(columns, FIRST_COLUMN):
        most, letter = f"{one.most.normalize():f}", get_column_letter(at)
        rule = DataValidation(
            type="decimal",
            operator="between",
            formula1="0",
            formula2=most,
            allow_blank=True,
            showErrorMessage=True,
            showInputMessage=True,
        )
        rule.errorTitle, rule.error = "得分有误", f"应为 0 至 {most} 的数字，至多两位小数"
        rule.promptTitle, rule.prompt = one.title[:30], f"满分 {most}"
        rule.add(f"{letter}{FIRST_ROW}:{letter}{FIRST_ROW + max(rows, 1) - 1}")
        made.append(rule)
    return made


def _head(sheet: Any, before: Sequence[str | None], told: Sequence[str | Decimal]) -> list[Any]:
    return [None if one is None else _cell(sheet, one, bold=True) for one in (*before, *told)]


def _score(sheet: Any, row: Known, column: Column) -> Any:
    given = row.scores.get(column.indicator_id)
    cell = WriteOnlyCell(sheet, None if given is None else float(given))
    if column.indicator_id in row.mine:
        cell.protection = _OPEN
    else:
        cell.fill = _GREY
    return cell


def _cell(sheet: Any, value: str | Decimal, *, bold: bool = False) -> Any:
    if isinstance(value, str):
        cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", value))
        cell.data_type = "s"  # else "=…" would be a formula
    else:
        cell = WriteOnlyCell(sheet, float(value))
    if bold:
        cell.font, cell.fill, cell.alignment = _BOLD, _GREY, _WRAPPED
    return cell
