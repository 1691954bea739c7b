"""Why a request could not be carried out: a handful of problem types, shared by all mutations."""

import dataclasses
from typing import Any

import strawberry

from server.kit import cells, errors
from server.kit.clause import Clause as Citation
from server.policy.documents import Register


@strawberry.type(description="条款 a place in a policy document")
class Clause:
    """A citation."""

    document: str = strawberry.field(description="文件 as it is registered")
    anchor: str = strawberry.field(description="条款位置 in the document's own words: 第二十条(三)")
    text: str | None = strawberry.field(default=None, description="条款原文 where the register holds it")


def cited(clause: Citation, register: Register) -> Clause:
    """The clause with its words."""
    found = register.find(clause)
    return Clause(document=clause.document, anchor=clause.anchor, text=found.text if found else None)


@strawberry.interface(description="问题 a request that could not be carried out; nothing was written")
class Problem:
    """What every problem says."""

    code: str = strawberry.field(description="代码 for programs")
    message: str = strawberry.field(description="说明 for people: what is wrong, the limit, what to do")
    path: list[str] = strawberry.field(description="字段 the input field it is about, outermost first")
    clause: Clause | None = strawberry.field(description="条款 where a rule is the reason")


@strawberry.type(description="输入有误 a value that is not acceptable in itself")
class InvalidInput(Problem):
    """``Invalid`` refusals."""


@strawberry.type(description="与现状冲突 what is already there stands in the way")
class Conflicting(Problem):
    """``Conflict`` refusals."""


@strawberry.type(description="数据已更新 somebody else changed it; read again and decide anew")
class OutOfDate(Problem):
    """A lost update, prevented."""

    current_version: int = strawberry.field(description="当前版本")


@strawberry.type(description="未启用 the district has no such policy in force, so the procedure does not exist there")
class PolicyNotEnabled(Problem):
    """``PolicyNotEnabled`` refusals."""


#: What may come of any verb on an object, and of one that a district's policy allows.
Problems = InvalidInput | Conflicting | OutOfDate
PolicyProblems = Problems | PolicyNotEnabled


@strawberry.type(description="单元格问题 one cell of a spreadsheet that cannot be taken")
class CellProblem:
    """What is wrong with it."""

    sheet: str = strawberry.field(description="工作表")
    cell: str | None = strawberry.field(description="单元格 `D7`; null where a whole column is missing")
    row: str | None = strawberry.field(description="行 what its row is about: the institution")
    column: str | None = strawberry.field(description="列 what its column is about: the indicator")
    found: str | None = strawberry.field(description="填写内容 what stands there")
    limit: str | None = strawberry.field(description="限制 what may stand there")
    message: str = strawberry.field(description="说明 what is wrong")
    remedy: str = strawberry.field(description="处理办法 what to do")


@strawberry.type(description="表格内容有误 cells of a spreadsheet that cannot be taken; nothing of it was written")
class FaultyCells(Problem):
    """``FaultyCells`` refusals."""

    total: int = strawberry.field(description="错误总数")
    cells: list[CellProblem] = strawberry.field(description="错误 the first 200, in the order of the sheet")


def problem_of(refusal: errors.Refusal, register: Register) -> Any:
    """The union member that tells this refusal, its clause with the words that the register holds."""
    told: dict[str, Any] = {
        "code": refusal.code,
        "message": refusal.message,
        "path": list(refusal.path),
        "clause": refusal.clause and cited(refusal.clause, register),
    }
    match refusal:
        case errors.OutOfDate():
            return OutOfDate(**told, current_version=refusal.current_version)
        case errors.PolicyNotEnabled():
            return PolicyNotEnabled(**told)
        case cells.FaultyCells():
            found = [CellProblem(**dataclasses.asdict(one)) for one in refusal.problems]
            return FaultyCells(**told, total=refusal.total, cells=found)
        case errors.Invalid():
            return InvalidInput(**told)
        case _:
            return Conflicting(**told)
