"""What is wrong with a policy, said so that the person who wrote it can mend it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from server.kit.errors import Refusal

Path = tuple[str | int, ...]


class Severity(StrEnum):
    """An ERROR stands in the way of publication; a WARNING is for the second person to weigh."""

    ERROR = "ERROR"
    WARNING = "WARNING"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and where.

    ``path`` leads to the element inside the version (``("rules", 2, "when", "any", 0, "expr")``).  ``within`` is line
    and column inside an expression, both from 1.  ``file``, ``line`` and ``column`` (from 1) are set where the
    version was read from a file.
    """

    code: str
    message: str
    path: Path = ()
    within: tuple[int, int] | None = None
    file: str | None = None
    line: int | None = None
    column: int | None = None
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        where = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        if not where:
            where = ".".join(str(part) for part in self.path)
        return f"{where}: {self.message}" if where else self.message


class PolicyRejected(Refusal):
    """A policy, a document or a set of worked cases that cannot be accepted; carries every problem, not just the
    first.
    """

    code = "POLICY_REJECTED"

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        shown = [str(problem) for problem in self.problems[:5]]
        more = f"；另有 {len(self.problems) - 5} 处" if len(self.problems) > 5 else ""
        super().__init__(f"发现 {len(self.problems)} 处问题：" + "；".join(shown) + more)


def errors_in(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(problem for problem in problems if problem.severity is Severity.ERROR)
