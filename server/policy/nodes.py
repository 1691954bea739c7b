"""The tree of conditions: ``all / any / atLeast / not`` outside, one CEL condition per leaf inside.

Every leaf has a label and may cite a clause, so that the explanation of a decision is the tree itself with what
became of each node.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from server.kit.clause import Clause


@dataclass(frozen=True, slots=True)
class Leaf:
    """One condition: a CEL expression over ``facts.*`` and ``params.*`` that is true or false."""

    expr: str
    label: str
    cite: Clause | None = None


@dataclass(frozen=True, slots=True)
class AllOf:
    """Met when every part is met."""

    parts: tuple["Node", ...]
    label: str | None = None


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Met when one part is met."""

    parts: tuple["Node", ...]
    label: str | None = None


@dataclass(frozen=True, slots=True)
class AtLeast:
    """Met when ``count`` parts are met."""

    count: int
    parts: tuple["Node", ...]
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Not:
    """Met when its part is not; unknown stays unknown."""

    part: "Node"
    label: str | None = None


Node = AllOf | AnyOf | AtLeast | Not | Leaf

STEP: dict[type, str] = {AllOf: "all", AnyOf: "any", AtLeast: "of", Not: "not"}
"""The key below which a node's parts stand in the written form, and so in the path of a problem or a change."""


def parts_of(node: Node) -> tuple[Node, ...]:
    """The nodes directly below; none below a leaf."""
    if isinstance(node, Leaf):
        return ()
    return (node.part,) if isinstance(node, Not) else node.parts


def walk(node: Node) -> Iterator[tuple[tuple[str | int, ...], int, Node]]:
    """Every node depth first, with its path in the written form and its depth (the root's is 1).

    Keeps its own stack: a tree of any depth can be walked, so that one that is too deep can be refused.
    """
    pending: list[tuple[tuple[str | int, ...], int, Node]] = [((), 1, node)]
    while pending:
        path, depth, current = pending.pop()
        yield path, depth, current
        if isinstance(current, Leaf):
            continue
        step = STEP[type(current)]
        below = [
            ((*path, step) if isinstance(current, Not) else (*path, step, index), depth + 1, part)
            for index, part in enumerate(parts_of(current))
        ]
        pending.extend(reversed(below))


def leaves_of(node: Node) -> Iterator[Leaf]:
    """Every leaf, depth first."""
    return (current for _, _, current in walk(node) if isinstance(current, Leaf))


def plain(node: Node) -> dict[str, Any]:
    """The written form of the tree, as it stands in YAML and in canonical JSON."""
    if isinstance(node, Leaf):
        written: dict[str, Any] = {"label": node.label, "expr": node.expr}
        if node.cite is not None:
            written["cite"] = str(node.cite)
        return written
    written = {} if node.label is None else {"label": node.label}
    if isinstance(node, AtLeast):
        written["atLeast"] = node.count
    if isinstance(node, Not):
        written["not"] = plain(node.part)
    else:
        written[STEP[type(node)]] = [plain(part) for part in node.parts]
    return written
