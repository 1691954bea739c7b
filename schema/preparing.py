"""From a document's text to an operation as the planner knows it: parsed and validated once, and kept."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DeferStreamDirectiveLabel,
    DeferStreamDirectiveOnRootField,
    DeferStreamDirectiveOnValidOperationsRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    StreamDirectiveOnListField,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
)
from graphql.execution.executor import Executor

from schema.coercion import Readers
from schema.cost import Cost, cost_of
from schema.errors import failed, refused
from schema.limits import COMMENTS_MOST, SOURCE_MOST, TOKENS_MOST, document_problems
from schema.lookahead import TYPENAME, Operation
from schema.masked import Masks, masks_of
from schema.reading import NODE, NODES
from schema.validating import together
from server.planner.binding import Catalogue, Computed

#: Characters of all documents kept; a syntax tree takes some 250 bytes for each.
_KEPT_MOST = 500_000
_ERRORS_MOST = 10

#: Each rule costs a document's first sight; the schema has neither ``@defer`` nor ``@stream``, which is refused elsewhere.
_WITHOUT_MEANING = frozenset(
    {
        DeferStreamDirectiveLabel,
        DeferStreamDirectiveOnRootField,
        DeferStreamDirectiveOnValidOperationsRule,
        StreamDirectiveOnListField,
    }
)


@dataclass(frozen=True, slots=True)
class Document:
    """A document that was read: its tree, or the response that says why there is none."""

    tree: DocumentNode | None
    problems: Mapping[str, Any]
    #: Its operations that were asked for, by the name they were asked for with.
    prepared: dict[str | None, "Prepared"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Prepared:
    """One operation as the planner knows it, and what it costs."""

    node: OperationDefinitionNode
    planned: Operation
    cost: Cost
    #: How long it may take.
    seconds: float
    #: Where its answer holds masked values.
    masks: Masks


class Documents:
    """Documents as their texts are read against the one schema: the latest are kept, and with each what was asked for of it.

    ``hints``: introspection and suggestions.  ``seconds``: how long an operation of each type may take.
    """

    def __init__(
        self, schema: GraphQLSchema, catalogue: Catalogue, *, hints: bool, seconds: Mapping[OperationType, float]
    ) -> None:
        self._schema = schema
        self._computed = frozenset(
            (type_.name, name)
            for type_ in catalogue.types.values()
            for name, field in type_.fields.items()
            if isinstance(field, Computed)
        )
        self._hints = hints
        self._seconds = seconds
        rules = [one for one in specified_rules if one not in _WITHOUT_MEANING]
        self._rules = [together([*rules, *([] if hints else [NoSchemaIntrospectionCustomRule])])]
        self.planned = frozenset((*catalogue.roots, NODE, NODES, TYPENAME))
        self._readers = Readers()
        self._documents: OrderedDict[str, Document] = OrderedDict()
        self._kept = 0

    def document(self, text: str) -> Document:
        """The document of this text, with its tree or with why it has none."""
        known = self._documents.get(text)
        if known is not None:
            self._documents.move_to_end(text)
            return known
        if len(text) > SOURCE_MOST:
            message = f"GraphQL 文档过长：{len(text)} 个字符，上限为 {SOURCE_MOST} 个"
            return Document(None, failed("GRAPHQL_PARSE_FAILED", message))
        known = self._documents[text] = self._read(text)
        self._kept += len(text)
        while self._kept > _KEPT_MOST:
            oldest, _ = self._documents.popitem(last=False)
            self._kept -= len(oldest)
        return known

    def prepare(self, document: Document, name: str | None) -> Prepared | None:
        """The operation that is asked for with this name; None where there is none, or without a name several."""
        tree = document.tree
        assert tree is not None
        node = get_operation_ast(tree, name)
        if node is None:
            return None
        known = next((one for one in document.prepared.values() if one.node is node), None)
        if known is None:
            planned = Operation(
                self._schema,
                self._readers,
                tree,
                node,
                self.planned,
                computed=self._computed,
                hide_suggestions=not self._hints,
            )
            seconds = self._seconds.get(node.operation, 0.0)
            cost, masks = cost_of(self._schema, tree, node), masks_of(self._schema, tree, node)
            known = Prepared(node, planned, cost, seconds, masks)
        document.prepared[name] = known
        return known

    def misfits(
        self, document: Document, variables: Mapping[str, Any] | None, operation_name: str | None
    ) -> list[GraphQLError]:
        """Why these variables do not fit, in the words of graphql-core."""
        assert document.tree is not None
        built = Executor.build(
            self._schema,
            document.tree,
            raw_variable_values=dict(variables or {}),
            operation_name=operation_name,
            max_coercion_errors=_ERRORS_MOST,
            hide_suggestions=not self._hints,
        )
        assert isinstance(built, list)
        return built

    def _read(self, text: str) -> Document:
        try:
            tree = parse(
                text, max_lexical_tokens=TOKENS_MOST, max_comments=COMMENTS_MOST, allow_empty_selection_sets=False
            )
        except GraphQLError as error:
            return Document(None, refused([error], "GRAPHQL_PARSE_FAILED"))
        # Limits first: what they refuse would keep the other rules busy for long.
        errors = document_problems(self._schema, tree) or validate(
            self._schema, tree, self._rules, max_errors=_ERRORS_MOST, hide_suggestions=not self._hints
        )
        if errors:
            return Document(None, refused(errors, "GRAPHQL_VALIDATION_FAILED"))
        return Document(tree, {})
