"""From a document's text to an answer: parsed and validated once, executed, errors told as the API tells them."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    execute,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
)

from schema.access import Request
from schema.coercion import Readers
from schema.contract import bindings, graphql_schema
from schema.errors import failed, told
from schema.executing import PlanningExecutor
from schema.limits import LIMIT_RULES, TOKENS_MOST
from schema.lookahead import Operation
from schema.reading import NODE, NODES, TYPENAME
from schema.whole import answer_whole

_DOCUMENTS_KEPT = 2000


@dataclass(frozen=True, slots=True)
class Answer:
    """A response body, and whether the request got as far as being executed."""

    body: Mapping[str, Any]
    executed: bool


@dataclass(frozen=True, slots=True)
class _Document:
    tree: DocumentNode | None
    problems: tuple[dict[str, Any], ...]
    operations: dict[str | None, Operation] = field(default_factory=dict)


class Operations:
    """Answers GraphQL requests over the one schema. ``hints``: introspection and suggestions, in development only."""

    def __init__(self, *, hints: bool) -> None:
        self.schema = graphql_schema()
        self.catalogue = bindings()
        self._hints = hints
        self._rules = [*specified_rules, *LIMIT_RULES, *([] if hints else [NoSchemaIntrospectionCustomRule])]
        self.planned = frozenset((*self.catalogue.roots, NODE, NODES, TYPENAME))
        self._readers = Readers()
        self._documents: OrderedDict[str, _Document] = OrderedDict()

    async def answer(
        self,
        request: Request,
        text: str,
        variables: Mapping[str, Any] | None = None,
        operation_name: str | None = None,
        *,
        reading: bool = False,
    ) -> Answer:
        """The response to one request; ``reading`` refuses anything but a query (GET)."""
        document = self._document(text)
        if document.tree is None:
            return Answer({"errors": list(document.problems)}, executed=False)
        operation = get_operation_ast(document.tree, operation_name)
        if operation is None:
            return Answer(failed("BAD_USER_INPUT", _which(document.tree, operation_name)), executed=False)
        if reading and operation.operation is not OperationType.QUERY:
            return Answer(failed("METHOD_NOT_ALLOWED", "GET 请求只能执行查询 query"), executed=False)
        planned = self._operation(document, operation, operation_name)
        read = planned.read(variables or {})
        if planned.is_query and read is not None:
            done = await answer_whole(request, planned, *read)
            if done is not None:
                return self._told(done)
        result = execute(
            self.schema,
            document.tree,
            context_value=request,
            variable_values=dict(variables or {}),
            operation_name=operation_name,
            executor_class=PlanningExecutor,
            hide_suggestions=not self._hints,
            planned=planned,
            shape=read and read[1],
        )
        done = result if isinstance(result, ExecutionResult) else await result
        return self._told(done)

    def problems(self, text: str) -> list[str]:
        """Why this document cannot be run at all, in sentences; none where it can."""
        return [problem["message"] for problem in self._document(text).problems]

    def operation(self, text: str, name: str | None = None) -> Operation | None:
        """The operation of a valid document, as the planner's side knows it; None where there is none of this name."""
        document = self._document(text)
        node = document.tree and get_operation_ast(document.tree, name)
        return self._operation(document, node, name) if node else None

    def _operation(self, document: _Document, node: OperationDefinitionNode, name: str | None) -> Operation:
        known = document.operations.get(name)
        if known is None:
            assert document.tree is not None
            known = document.operations[name] = Operation(
                self.schema, self._readers, document.tree, node, self.planned, hide_suggestions=not self._hints
            )
        return known

    def _told(self, result: ExecutionResult) -> Answer:
        body: dict[str, Any] = {}
        if result.errors:
            body["errors"] = [told(error) for error in result.errors]
        # Without a path on any error, execution never began: variables did not fit.
        executed = result.data is not None or any(error.path for error in result.errors or ())
        if executed:
            body["data"] = result.data
        return Answer(body, executed)

    def _document(self, text: str) -> _Document:
        known = self._documents.get(text)
        if known is None:
            known = self._documents[text] = self._read(text)
            if len(self._documents) > _DOCUMENTS_KEPT:
                self._documents.popitem(last=False)
        else:
            self._documents.move_to_end(text)
        return known

    def _read(self, text: str) -> _Document:
        try:
            tree = parse(text, max_tokens=TOKENS_MOST)
        except GraphQLError as error:
            return _Document(None, ({**told(error), "extensions": {"code": "GRAPHQL_PARSE_FAILED"}},))
        errors = validate(self.schema, tree, self._rules, max_errors=20, hide_suggestions=not self._hints)
        if errors:
            coded = tuple({**told(error), "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}} for error in errors)
            return _Document(None, coded)
        return _Document(tree, ())


def _which(tree: DocumentNode, name: str | None) -> str:
    names = [
        one.name.value if one.name else "（未命名）"
        for one in tree.definitions
        if isinstance(one, OperationDefinitionNode)
    ]
    if name is None:
        return f"文档含 {len(names)} 个操作，请用 operationName 指定其一：{'、'.join(names[:10])}"
    return f"文档中没有名为“{name[:60]}”的操作"
