"""Cells of a spreadsheet that cannot be taken: each by its address, all of them at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from server.kit.errors import Invalid

#: How many are told; PLATFORM_DEFAULT.  How many there are is told besides.
TOLD_MOST = 200


@dataclass(frozen=True, slots=True)
class CellProblem:
    """What is wrong with one cell, in Chinese.

    ``cell`` is its address, ``D7``; of a merged area that of its first cell.  ``row`` and ``column`` are what its row and
    column are about: an institution, an indicator.  ``found`` is what stands there, ``limit`` what may, ``remedy`` what
    to do.
    """

    sheet: str
    cell: str | None
    message: str
    remedy: str
    row: str | None = None
    column: str | None = None
    found: str | None = None
    limit: str | None = None


class FaultyCells(Invalid):
    """A spreadsheet with cells that cannot be taken; nothing of it was.  ``problems`` are the first of ``total``."""

    code: ClassVar[str] = "FAULTY_CELLS"

    def __init__(self, problems: Sequence[CellProblem], *, path: tuple[str, ...]) -> None:
        self.problems, self.total = tuple(problems[:TOLD_MOST]), len(problems)
        more = f"，以下列出前 {TOLD_MOST} 处" if self.total > TOLD_MOST else ""
        super().__init__(f"表格中有 {self.total} 处错误{more}；全部未写入，请逐处改正后重新上传", path=path)
