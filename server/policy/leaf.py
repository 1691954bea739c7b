"""What one condition may say: a small part of CEL, so that every condition is one comparison that can be explained.

Only ``facts.*`` and ``params.*``, comparisons, ``in``, ``!``, ``size(…)``, sums and differences of facts and
parameters, quoted codes, and the numbers 0 and 1.  Any other number must be a parameter (districts differ by
parameters, which can be compared); ``&&`` and ``||`` belong to the tree (inside CEL they would swallow a missing
fact); functions of time, conversions and loops do not exist here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_LENGTH = 400

_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<comment>//[^\n]*)
      | (?P<text>"[^"\\\n]*"|'[^'\\\n]*')
      | (?P<number>0[xX][0-9a-fA-F]+[uU]?|(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?[uU]?)
      | (?P<name>[A-Za-z_][A-Za-z_0-9]*)
      | (?P<operator>==|!=|<=|>=|&&|\|\||[<>!()\[\],+\-*/%?:.{}])
      | (?P<other>.)""",
    re.VERBOSE,
)
_ALLOWED = frozenset({"==", "!=", "<=", ">=", "<", ">", "!", "(", ")", "[", "]", ",", "+", "-"})


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the expression with its line and column, both from 1."""

    kind: str
    text: str
    line: int
    column: int

    @property
    def place(self) -> tuple[int, int]:
        return self.line, self.column


@dataclass(frozen=True, slots=True)
class Remark:
    """Something a condition may not say."""

    code: str
    message: str
    place: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Reading:
    """What an expression names, each with its place, and what is wrong with it before CEL ever sees it."""

    facts: tuple[tuple[str, tuple[int, int]], ...]
    parameters: tuple[tuple[str, tuple[int, int]], ...]
    texts: tuple[tuple[str, tuple[int, int]], ...]
    remarks: tuple[Remark, ...]

    @property
    def fact_names(self) -> tuple[str, ...]:
        """Each fact once, in the order of first mention."""
        return tuple(dict.fromkeys(name for name, _ in self.facts))

    @property
    def parameter_names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for name, _ in self.parameters))


def _tokens(expression: str) -> Iterator[Token]:
    line, start = 1, 0
    for match in _TOKEN.finditer(expression):
        kind = match.lastgroup or "other"
        if kind != "space":
            yield Token(kind, match[0], line, match.start() - start + 1)
        breaks = match[0].count("\n")
        if breaks:
            line, start = line + breaks, match.start() + match[0].rfind("\n") + 1


def read(expression: str) -> Reading:
    """The names in the expression, and every reason to refuse it that does not need types."""
    if len(expression) > MAX_LENGTH:
        message = f"条件长 {len(expression)} 字，超过上限 {MAX_LENGTH}；请拆成多个条件"
        return Reading((), (), (), (Remark("EXPRESSION_TOO_LONG", message, (1, 1)),))
    tokens = list(_tokens(expression))
    facts: list[tuple[str, tuple[int, int]]] = []
    parameters: list[tuple[str, tuple[int, int]]] = []
    texts: list[tuple[str, tuple[int, int]]] = []
    remarks: list[Remark] = []
    sums = any(token.text in ("+", "-") for token in tokens if token.kind == "operator")
    index = 0
    while index < len(tokens):
        token = tokens[index]
        following = tokens[index + 1 : index + 3]
        index += 1
        if token.kind == "name" and token.text in ("facts", "params"):
            if len(following) == 2 and following[0].text == "." and following[1].kind == "name":
                (facts if token.text == "facts" else parameters).append((following[1].text, token.place))
                index += 2
                if index < len(tokens) and tokens[index].text == ".":
                    remarks.append(Remark("NOT_ALLOWED", "条件中不能调用方法或取下级字段", tokens[index].place))
                    index += 2
            else:
                remarks.append(Remark("NOT_ALLOWED", f"“{token.text}”之后应为“.名称”", token.place))
        elif token.kind == "text":
            texts.append((token.text[1:-1], token.place))
        else:
            remark = _objection(token, following, sums)
            if remark is not None:
                remarks.append(remark)
    if not facts and not parameters and not remarks:
        remarks.append(Remark("NO_FACT", "条件应至少涉及一个事实或参数", (1, 1)))
    return Reading(tuple(facts), tuple(parameters), tuple(texts), tuple(remarks))


def _objection(token: Token, following: list[Token], sums: bool) -> Remark | None:
    text, place = token.text, token.place
    if token.kind == "comment":
        return Remark("NOT_ALLOWED", "条件中不写注释；请写在 label 或 note 中", place)
    if token.kind == "number":
        if text in ("0", "1") and not sums:
            return None
        return Remark("NUMBER_IN_RULE", f"条件中不能直接写数字 {text}；请改用参数 params.*", place)
    if token.kind == "name":
        if text in ("true", "false", "in"):
            return None
        if text == "size" and [t.text for t in following][:1] == ["("] and following[-1].text in ("facts", "params"):
            return None
        called = bool(following) and following[0].text == "("
        what = f"函数 {text}()" if called else f"名称 {text}"
        return Remark("UNKNOWN_NAME", f"条件中不能使用{what}；只能使用 facts.* 与 params.*", place)
    if token.kind == "operator":
        if text in ("&&", "||"):
            node = "all" if text == "&&" else "any"
            return Remark("NOT_ALLOWED", f"条件中不能使用 {text}；请改用 {node} 并为每个条件写明 label", place)
        if text not in _ALLOWED:
            return Remark("NOT_ALLOWED", f"条件中不能使用 {text}", place)
        return None
    return Remark("NOT_ALLOWED", f"条件中不能使用“{text}”；名称只能用英文字母、数字和下划线", place)
