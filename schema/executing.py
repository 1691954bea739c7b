"""Runs operations: planned fields through the planner, everything else through graphql-core.

What the planner answers is finished (nulls, lists, aliases and all) and passes through untouched.  Where a resolver hands
out a ``Ref``, the object is read by the planner with the very selection that was asked, so a mutation and a query answer
alike.
"""

from collections.abc import Awaitable, Mapping
from typing import Any

from graphql import (
    GraphQLAbstractType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    get_named_type,
    is_non_null_type,
)
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from schema.access import Request
from schema.acting import Ref
from schema.lookahead import Details, select, under
from server.kit.errors import BadInput, NotFound
from server.kit.ids import NodeId
from server.planner.binding import Root

_NODES_MOST = 100


class PlanningExecutor(StrawberryGraphQLCoreExecutionContext):
    """One operation's execution. ``roots`` are the planned root fields of the schema, by name."""

    roots: Mapping[str, Root]

    def __init__(self, *args: Any, roots: Mapping[str, Root], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.roots = roots

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: Details,
        path: Path,
        position_context: Any,
    ) -> Any:
        """A planned root field from the planner; any other as graphql-core does."""
        name = field_details_list[0].node.name.value
        if path.prev is None and parent_type is self.schema.query_type:
            if name in self.roots:
                return self._guarded(self._root(parent_type, field_details_list), parent_type, field_details_list, path)
            if name in ("node", "nodes"):
                return self._guarded(self._node(parent_type, field_details_list), parent_type, field_details_list, path)
        return super().execute_field(parent_type, source, field_details_list, path, position_context)

    def complete_value(
        self,
        return_type: GraphQLOutputType,
        field_details_list: Details,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        """A ``Ref`` is read by the planner; any other value is completed as graphql-core does."""
        if isinstance(result, Ref):
            return self._read(return_type, field_details_list, result.node)
        return super().complete_value(return_type, field_details_list, info, path, result, position_context)

    def complete_abstract_value(
        self,
        return_type: GraphQLAbstractType,
        field_details_list: Details,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        """An object of one of our types is completed as that type; stock resolution looks into its fields instead."""
        definition = getattr(type(result), "__strawberry_definition__", None)
        runtime = self.schema.get_type(definition.name) if definition else None
        if isinstance(runtime, GraphQLObjectType) and self.schema.is_sub_type(return_type, runtime):
            return self.complete_object_value(runtime, field_details_list, info, path, result, position_context)
        return super().complete_abstract_value(return_type, field_details_list, info, path, result, position_context)

    async def _guarded(
        self, answer: Awaitable[Any], parent_type: GraphQLObjectType, details: Details, path: Path
    ) -> Any:
        try:
            return await answer
        except Exception as error:
            definition = self.schema.get_field(parent_type, details[0].node.name.value)
            assert definition is not None
            self.handle_field_error(error, definition.type, details, path)
            return None

    async def _root(self, parent_type: GraphQLObjectType, details: Details) -> Any:
        request: Request = self.context_value
        selection = select(self, parent_type, details)
        return await request.root(self.roots[selection.name], selection)

    async def _node(self, parent_type: GraphQLObjectType, details: Details) -> Any:
        request: Request = self.context_value
        selection = select(self, parent_type, details)
        if selection.name == "node":
            ids = [NodeId.parse(selection.arguments["id"])]
        else:
            texts = selection.arguments["ids"]
            if len(texts) > _NODES_MOST:
                raise BadInput(f"ids 最多 {_NODES_MOST} 个，实际为 {len(texts)} 个", path=("ids",))
            ids = [NodeId.parse(text, path=("ids", n)) for n, text in enumerate(texts)]
        answers = await request.nodes(ids, selection.cases)
        if selection.name == "nodes":
            return answers
        if answers[0] is None:
            raise NotFound(path=(selection.key,))
        return answers[0]

    async def _read(self, return_type: GraphQLOutputType, details: Details, node: NodeId) -> Any:
        request: Request = self.context_value
        children, cases = under(self, return_type, details)
        found = await request.nodes([node], cases or {get_named_type(return_type).name: children})
        if found[0] is None and is_non_null_type(return_type):
            raise NotFound()
        return found[0]
