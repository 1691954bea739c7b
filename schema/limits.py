"""Limits on documents, for every role: how deep, how many aliases and directives.

Rule classes stand at module level and are the same for every request, so that validation is cached by document.
"""

from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValidationRule,
)

TOKENS_MOST = 5000
DEPTH_MOST = 12
INTROSPECTION_DEPTH_MOST = 20
ALIASES_MOST = 30
DIRECTIVES_MOST = 50


class DepthLimit(ValidationRule):
    """No selection lies deeper than the limit, fragments spread; introspection has a limit of its own."""

    def enter_document(self, node: DocumentNode, *_: Any) -> None:
        fragments = {one.name.value: one for one in node.definitions if isinstance(one, FragmentDefinitionNode)}
        depths = _Depths(fragments)
        for one in node.definitions:
            if isinstance(one, OperationDefinitionNode):
                deepest, introspection = depths.of(one.selection_set)
                if deepest > DEPTH_MOST:
                    self.report_error(GraphQLError(f"查询嵌套 {deepest} 层，上限为 {DEPTH_MOST} 层", one))
                if introspection > INTROSPECTION_DEPTH_MOST:
                    self.report_error(
                        GraphQLError(f"内省查询嵌套 {introspection} 层，上限为 {INTROSPECTION_DEPTH_MOST} 层", one)
                    )


class _Depths:
    """Depth of selection sets, each fragment measured once: (of ordinary fields, of introspection)."""

    def __init__(self, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._known: dict[str, tuple[int, int]] = {}

    def of(self, selections: SelectionSetNode | None) -> tuple[int, int]:
        deepest = introspection = 0
        for one in selections.selections if selections else ():
            if isinstance(one, FieldNode):
                plain, inner = self.of(one.selection_set)
                if one.name.value.startswith("__"):
                    plain, inner = 0, 1 + max(plain, inner)
                else:
                    plain, inner = 1 + plain, (1 + inner if inner else 0)
            elif isinstance(one, InlineFragmentNode):
                plain, inner = self.of(one.selection_set)
            elif isinstance(one, FragmentSpreadNode):
                plain, inner = self._spread(one)
            else:  # pragma: no cover  (there are no other selections)
                raise TypeError(one)
            deepest, introspection = max(deepest, plain), max(introspection, inner)
        return deepest, introspection

    def _spread(self, node: FragmentSpreadNode) -> tuple[int, int]:
        name = node.name.value
        if name not in self._known:
            self._known[name] = (0, 0)  # a cycle ends here; another rule reports it
            fragment = self._fragments.get(name)
            self._known[name] = self.of(fragment.selection_set) if fragment else (0, 0)
        return self._known[name]


class CountLimit(ValidationRule):
    """A document holds at most so many aliases and directives."""

    def __init__(self, context: Any) -> None:
        super().__init__(context)
        self._aliases = 0
        self._directives = 0

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        if node.alias is not None:
            self._aliases += 1
            if self._aliases == ALIASES_MOST + 1:
                self.report_error(GraphQLError(f"别名过多，上限为 {ALIASES_MOST} 个", node))

    def enter_directive(self, node: Any, *_: Any) -> None:
        self._directives += 1
        if self._directives == DIRECTIVES_MOST + 1:
            self.report_error(GraphQLError(f"指令过多，上限为 {DIRECTIVES_MOST} 个", node))


LIMIT_RULES: tuple[type[ValidationRule], ...] = (DepthLimit, CountLimit)
