"""Reading a written tree piece by piece, remembering where each piece stood and everything that was wrong."""

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar

from server.kit.clause import Clause
from server.policy.problems import Path, Problem
from server.policy.terms import Term
from server.policy.tree import Listing, Scalar, Table, Tree

AnyTerm = TypeVar("AnyTerm", bound=Term)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint in Chinese, or nothing where no known name is close."""
    close = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return f"，是否为 {close[0]}？" if close else ""


@dataclass
class Log:
    """What was found while reading one file (or one input, then ``file`` is None)."""

    file: str | None = None
    problems: list[Problem] = field(default_factory=list)
    places: dict[Path, Tree] = field(default_factory=dict)

    def add(self, code: str, message: str, path: Path, tree: Tree | None = None) -> None:
        self.problems.append(self.located(Problem(code, message, path), tree))

    def located(self, problem: Problem, tree: Tree | None = None) -> Problem:
        """The same problem with file, line and column: of the element itself, else of the nearest one around it."""
        path = problem.path
        while tree is None and path:
            tree, path = self.places.get(path), path[:-1]
        tree = tree if tree is not None else self.places.get(())
        if tree is None or tree.line is None:
            return replace(problem, file=self.file)
        line, column = tree.line, tree.column
        if problem.within is not None and isinstance(tree, Scalar) and isinstance(tree.value, str):
            line, column = tree.place(*problem.within) or (line, column)
        return replace(problem, file=self.file, line=line, column=column)


@dataclass(frozen=True)
class Cursor:
    """One place in a written tree.

    Readers give None where the value is not what they expect, and say so in the log.
    """

    tree: Tree
    path: Path
    log: Log

    @classmethod
    def at_root(cls, tree: Tree, log: Log) -> "Cursor":
        log.places[()] = tree
        return cls(tree, (), log)

    def refuse(self, code: str, message: str) -> None:
        self.log.add(code, message, self.path, self.tree)

    def _wrong(self, expected: str) -> None:
        name = self.path[-1] if self.path else "内容"
        self.refuse("WRONG_TYPE", f"“{name}”应为{expected}")

    def step(self, key: str | int, tree: Tree) -> "Cursor":
        path = (*self.path, key)
        self.log.places[path] = tree
        return Cursor(tree, path, self.log)

    def table(self, *known: str) -> bool:
        """Whether this is a table; keys that are not among the known are refused one by one."""
        if not isinstance(self.tree, Table):
            self._wrong("“键: 值”形式的内容")
            return False
        for name, _ in self.tree.entries:
            if name.value not in known:
                hint = did_you_mean(name.value, known) or f"；可用的键：{'、'.join(known)}"
                self.log.add("UNKNOWN_KEY", f"未知的键“{name.value:.40}”{hint}", (*self.path, name.value), name)
        return True

    def find(self, key: str) -> "Cursor | None":
        """The value of that key, or None where it is absent or empty."""
        found = self.tree.find(key) if isinstance(self.tree, Table) else None
        if found is None or (isinstance(found, Scalar) and found.empty):
            return None
        return self.step(key, found)

    def need(self, key: str) -> "Cursor | None":
        """The value of that key; its absence is a problem."""
        found = self.find(key)
        if found is None and isinstance(self.tree, Table):
            self.refuse("MISSING_KEY", f"缺少“{key}”")
        return found

    def items(self) -> "Iterator[Cursor]":
        if not isinstance(self.tree, Listing):
            self._wrong("列表")
            return
        for index, item in enumerate(self.tree.items):
            yield self.step(index, item)

    def items_of(self, key: str) -> "list[Cursor]":
        """The items of the list of that key; none where it is absent."""
        found = self.find(key)
        return [] if found is None else list(found.items())

    def text(self) -> str | None:
        value = self.tree.as_text() if isinstance(self.tree, Scalar) else None
        if value is None:
            self._wrong("文本")
        return value

    def whole(self) -> int | None:
        value = self.tree.as_int() if isinstance(self.tree, Scalar) else None
        if value is None:
            self._wrong("整数")
        return value

    def truth(self) -> bool | None:
        value = self.tree.as_bool() if isinstance(self.tree, Scalar) else None
        if value is None:
            self._wrong(" true 或 false")
        return value

    def day(self) -> date | None:
        value = self.tree.as_date() if isinstance(self.tree, Scalar) else None
        if value is None:
            self._wrong("日期（如 2026-04-02）")
        return value

    def term(self, terms: type[AnyTerm]) -> AnyTerm | None:
        value = self.text()
        if value is None:
            return None
        known = [term.value for term in terms]
        if value not in known:
            hint = did_you_mean(value, known) or f"；可用：{'、'.join(known)}"
            self.refuse("UNKNOWN_TERM", f"“{self.path[-1]}”不能是 {value}{hint}")
            return None
        return terms(value)

    def clause(self) -> Clause | None:
        """A citation, written as the document's slug, a space, and the anchor: ``some-plan 第二十条(三)``."""
        value = self.text()
        if value is None:
            return None
        document, space, anchor = value.partition(" ")
        if not space or not anchor.strip():
            self.refuse("WRONG_TYPE", f"“{value}”不是条款引用；写作“文件代号 条款”")
            return None
        return Clause(document, anchor.strip())

    def text_of(self, key: str) -> str | None:
        found = self.find(key)
        return None if found is None else found.text()

    def texts_of(self, key: str) -> tuple[str, ...]:
        return tuple(text for text in (item.text() for item in self.items_of(key)) if text is not None)

    def date_of(self, key: str) -> date | None:
        found = self.find(key)
        return None if found is None else found.day()

    def clause_of(self, key: str) -> Clause | None:
        found = self.find(key)
        return None if found is None else found.clause()
