"""Rules of validation as one: a document is gone through once, and each rule is called where it has something to say.

graphql-core asks every rule about every kind of node anew for each document, and goes through the document a second time to
find where variables are used; together that is half of what a document's first sight costs.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from graphql import (
    ASTValidationRule,
    NoUndefinedVariablesRule,
    NoUnusedVariablesRule,
    OperationDefinitionNode,
    ValidationContext,
    ValidationRule,
    VariableNode,
)
from graphql.language import BREAK, SKIP
from graphql.language.visitor import EnterLeaveVisitor
from graphql.pyutils.ref_map import RefMap
from graphql.validation.validation_context import VariableUsage

_Method = Callable[..., Any]

#: What a context keeps by node.
_BY_NODE = (
    "_variable_usages",
    "_recursive_variable_usages",
    "_fragment_spreads",
    "_recursively_referenced_fragments",
)


def together(rules: Sequence[type[ASTValidationRule]]) -> type[ValidationRule]:
    """One rule that says what all of these say, in their order."""
    all_rules: Sequence[type[Any]] = (_Usages, *(_LATER.get(one, one) for one in rules))

    @cache
    def named(kind: str) -> tuple[Sequence[tuple[int, str]], Sequence[tuple[int, str]]]:
        """Which of the rules enter and leave nodes of this kind, by which method."""
        found: tuple[list[tuple[int, str]], list[tuple[int, str]]] = ([], [])
        for n, rule in enumerate(all_rules):
            for which, listed in zip(("enter", "leave"), found, strict=True):
                name = next((one for one in (f"{which}_{kind}", which) if getattr(rule, one, None)), None)
                if name is not None:
                    listed.append((n, name))
        return found

    class Together(ValidationRule):
        def __init__(self, context: ValidationContext) -> None:
            super().__init__(context)
            # Kept by the node itself: its hash is that of all that is below it.
            for name in _BY_NODE:
                setattr(context, name, RefMap())
            self._rules = [rule(context) for rule in all_rules]
            #: Rules that look away until this node is left; for good where it is ``BREAK``.
            self._away: dict[int, Any] = {}

        def get_enter_leave_for_kind(self, kind: str) -> EnterLeaveVisitor:
            known = self.enter_leave_map.get(kind)
            if known is None:
                entering, leaving = (
                    [(n, getattr(self._rules[n], name)) for n, name in methods] for methods in named(kind)
                )
                if entering or leaving:
                    known = EnterLeaveVisitor(self._enter(entering), self._leave(leaving))
                else:
                    known = EnterLeaveVisitor(None, None)
                self.enter_leave_map[kind] = known
            return known

        def _enter(self, methods: Sequence[tuple[int, _Method]]) -> _Method:
            away = self._away

            def enter(node: Any, *args: Any) -> None:
                for n, method in methods:
                    if n not in away:
                        result = method(node, *args)
                        if result is not None:
                            away[n] = BREAK if result in (BREAK, True) else node

            return enter

        def _leave(self, methods: Sequence[tuple[int, _Method]]) -> _Method:
            away = self._away

            def leave(node: Any, *args: Any) -> None:
                for n, method in methods:
                    if n not in away and method(node, *args) in (BREAK, True):
                        away[n] = BREAK
                if away:
                    for n in [n for n, until in away.items() if until is node]:
                        del away[n]

            return leave

    return Together


class _Usages(ValidationRule):
    """Where variables are used, found on the way: graphql-core's own rules ask the context for it."""

    context: ValidationContext

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self._found: list[VariableUsage] = []

    def enter_operation_definition(self, *_: Any) -> None:
        self._found = []

    def enter_variable_definition(self, *_: Any) -> Any:
        return SKIP

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        told = self.context._type_info
        self._found.append(
            VariableUsage(node, told.get_input_type(), told.get_parent_input_type(), told.get_default_value(), None)
        )

    def leave_operation_definition(self, node: OperationDefinitionNode, *_: Any) -> None:
        self.context._variable_usages[node] = self._found

    def enter_fragment_definition(self, *_: Any) -> Any:
        return SKIP  # asked for by the operations that spread it, most often before it is come to


# The same rules once an operation has been gone through, when all usages in it are known.


class _Undefined(NoUndefinedVariablesRule):
    enter_operation_definition = None  # type: ignore[assignment]

    def leave_operation_definition(self, node: OperationDefinitionNode, *_: Any) -> None:
        NoUndefinedVariablesRule.enter_operation_definition(self, node)


class _Unused(NoUnusedVariablesRule):
    enter_operation_definition = None  # type: ignore[assignment]

    def leave_operation_definition(self, node: OperationDefinitionNode, *_: Any) -> None:
        NoUnusedVariablesRule.enter_operation_definition(self, node)


_LATER: dict[type[Any], type[Any]] = {
    NoUndefinedVariablesRule: _Undefined,
    NoUnusedVariablesRule: _Unused,
}
