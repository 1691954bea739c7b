"""Holding a filled sheet against what is known: the scores to enter, or everything that stands in their way."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from server.assessment.rules import exact
from server.assessment.sheets.model import CODE, CODE_ROW, NAME, TITLE_ROW, Cell, Column, Filled, Known, Line
from server.kit.cells import CellProblem

_AGAIN: Final = "请重新下载评分表，在新表中填写"


@dataclass(frozen=True, slots=True)
class Checked:
    """``entries``: new scores by assessment and indicator; ``unchanged``: rows that change nothing.

    Where there are ``problems``, in the order of the sheet, nothing is to be entered.
    """

    entries: Mapping[UUID, Mapping[UUID, Decimal]]
    unchanged: int
    problems: tuple[CellProblem, ...]


def check(filled: Filled, columns: Sequence[Column], known: Sequence[Known]) -> Checked:
    """What the sheet says that is new, and all that is wrong with it.

    A blank cell says nothing, and a score that is there already says nothing new: a row without news is taken whatever
    became of its assessment since.
    """
    heads = dict(_heads(filled, columns))
    problems = [*_problems_of_merging(filled), *_problems_of_heads(filled, columns, known)]
    by_id = {str(one.assessment_id): one for one in known}
    seen: dict[str, int] = {}
    entries: dict[UUID, Mapping[UUID, Decimal]] = {}
    unchanged = 0
    for line in filled.lines:
        row = _Row(filled, line, heads, by_id.get(line.assessment), seen.setdefault(line.assessment, line.number))
        wrong = list(row.problems())
        problems += wrong
        if row.known is not None and not wrong:
            news = row.news()
            unchanged += not news
            if news:
                entries[row.known.assessment_id] = news
    return Checked({} if problems else entries, unchanged, tuple(sorted(problems, key=_place)))


def address(column: int, row: int) -> str:
    """``D7``; columns and rows count from 1."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row}"


def _place(one: CellProblem) -> tuple[int, int, str]:
    letters = (one.cell or "").rstrip("0123456789")
    digits = (one.cell or "")[len(letters) :]
    return int(digits or 0), len(letters), letters


def _heads(filled: Filled, columns: Sequence[Column]) -> Iterator[tuple[int, Column]]:
    """The indicators by column of the sheet; of two with the same code the first."""
    by_code = {one.code: one for one in columns}
    taken: set[str] = set()
    for at, (_, code) in sorted(filled.heads.items()):
        if code in by_code and code not in taken:
            taken.add(code)
            yield at, by_code[code]


def _problems_of_merging(filled: Filled) -> Iterator[CellProblem]:
    for first in filled.merged:
        yield CellProblem(
            filled.sheet, first, "单元格已合并，合并区域中的得分无法逐格读取", "请取消合并，在每个单元格中分别填写"
        )


def _problems_of_heads(filled: Filled, columns: Sequence[Column], known: Sequence[Known]) -> Iterator[CellProblem]:
    by_code = {one.code: one for one in columns}
    first: dict[str, int] = {}
    for at, (title, code) in sorted(filled.heads.items()):
        cell = address(at, CODE_ROW)
        if code not in by_code:
            message = "本次考核的方案没有该编号的指标" if code else "该列没有指标编号"
            yield CellProblem(filled.sheet, cell, message, f"请删除该列；{_AGAIN}", column=title, found=code or None)
        elif code in first:
            where = address(first[code], CODE_ROW)
            yield CellProblem(
                filled.sheet, cell, f"指标编号与 {where} 重复", "同一指标只能有一列，请删除其中一列", None, title, code
            )
        elif title != by_code[code].title.strip():
            yield CellProblem(
                filled.sheet,
                address(at, TITLE_ROW),
                "指标名称与其编号不符",
                f"表头可能被移动；{_AGAIN}",
                column=by_code[code].title,
                found=title or None,
                limit=by_code[code].title,
            )
        first.setdefault(code, at)
    mine = frozenset[UUID]().union(*(one.mine for one in known if one.obstacle is None))
    for one in columns:
        if one.indicator_id in mine and one.code not in first:
            yield CellProblem(
                filled.sheet, None, f"缺少指标 {one.code} 一列", f"列可能被删除；{_AGAIN}", column=one.title
            )


@dataclass(frozen=True, slots=True)
class _Row:
    filled: Filled
    line: Line
    heads: Mapping[int, Column]
    known: Known | None
    first: int

    def news(self) -> dict[UUID, Decimal]:
        """The scores of the row that are not there already."""
        if self.known is None:
            return {}
        found = {}
        for at, cell in self.line.cells.items():
            if at in self.heads and cell.number is not None:
                indicator = self.heads[at].indicator_id
                if self.known.scores.get(indicator) != cell.number:
                    found[indicator] = cell.number
        return found

    def problems(self) -> Iterator[CellProblem]:
        for at, cell in self.line.cells.items():
            yield from self._of_cell(at, cell)
        yield from self._of_row()

    def _of_row(self) -> Iterator[CellProblem]:
        line, known = self.line, self.known
        if known is None:
            message = "该行不是本周期的考核对象" if line.assessment else "该行缺少考核标识（隐藏列 C）"
            yield self._problem(NAME, message, f"请勿增行或改动标识；{_AGAIN}", line.assessment or None)
        elif self.first != line.number:
            yield self._problem(
                NAME, f"与第 {self.first} 行是同一机构", "同一机构只能有一行，请删除其中一行", line.name
            )
        elif not known.mine:
            yield self._problem(NAME, "该机构的考核不由您所在单位评分", f"由负责的单位评分；{_AGAIN}", line.name)
        elif line.name != known.name.strip():
            remedy = f"名称与标识可能错行；{_AGAIN}"
            yield self._problem(NAME, "机构名称与考核标识不符", remedy, line.name or None, known.name)
        elif line.code != (known.code or "").strip():
            remedy = f"登记号与标识可能错行；{_AGAIN}"
            yield self._problem(CODE, "登记号与考核标识不符", remedy, line.code or None, known.code)
        elif self.news():
            if known.obstacle is not None:
                yield self._problem(NAME, known.obstacle, "请清空该行中更改过的得分", line.name)
            elif line.version != str(known.version):
                message = "下载评分表后，该机构的考核已被他人更改"
                now = f"当前版本 {known.version}"
                yield self._problem(NAME, message, _AGAIN, f"版本 {line.version or '缺失'}", now)

    def _of_cell(self, at: int, cell: Cell) -> Iterator[CellProblem]:
        column = self.heads.get(at)
        if column is None:
            if at not in self.filled.heads:
                yield self._problem(at, "该列没有指标编号", "请清空该列，只在指标列中填写", cell.text)
            return
        limit = f"0 至 {column.most.normalize():f}，至多两位小数"
        if cell.flaw is not None:
            yield self._problem(at, *cell.flaw, cell.text, limit)
            return
        number = cell.number
        if number is None:
            return
        if self.known is not None and self.known.mine and column.indicator_id not in self.known.mine:
            if self.known.scores.get(column.indicator_id) != number:
                yield self._problem(at, "该指标不由您所在单位评分", "请清空该单元格", cell.text)
        elif number < 0:
            yield self._problem(at, "得分不能为负数", "请填写 0 或正数", cell.text, limit)
        elif number > column.most:
            remedy = "请核对得分；若填写的是百分制得分，请折算为该指标的得分"
            yield self._problem(at, "得分超过满分", remedy, cell.text, limit)
        elif not exact(number):
            yield self._problem(at, "小数位数过多", "请四舍五入到两位小数", cell.text, limit)

    def _problem(
        self, at: int, message: str, remedy: str, found: str | None = None, limit: str | None = None
    ) -> CellProblem:
        title = self.heads[at].title if at in self.heads else self.filled.heads.get(at, (None, None))[0]
        name = self.known.name if self.known is not None and self.known.mine else self.line.name or None
        return CellProblem(
            self.filled.sheet, address(at, self.line.number), message, remedy, name, title or None, found, limit
        )
