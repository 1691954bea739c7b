"""Runs operations that cannot be answered by one statement: planned root fields by one statement each, everything else
through graphql-core.

What the planner answers is finished (nulls, lists, aliases and all) and passes through untouched.  Where a resolver hands
out a ``Ref``, the object is read by the planner with the very selection that was asked, so a mutation and a query answer
alike; the Refs of one list are read together.
"""

import asyncio
from collections.abc import Awaitable, Hashable
from functools import cached_property
from typing import Any

import orjson
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
from schema.computing import fill_in
from schema.lookahead import TYPENAME, Details, Operation, Outline, identity
from schema.reading import read_nodes, read_root
from server.kit.errors import NotFound
from server.kit.ids import NodeId
from server.planner.selection import Selection


class PlanningExecutor(StrawberryGraphQLCoreExecutionContext):
    """One operation's execution.

    ``planned`` is the operation as the planner's side knows it, ``shape`` that of its variables; without one, statements are
    compiled for these values alone.
    """

    def __init__(self, *args: Any, planned: Operation, shape: Hashable | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._planned = planned
        self._shape = shape
        self._variables: dict[str, Any] = self.variable_values.coerced
        self._batches: dict[Hashable, _Batch] = {}

    @cached_property
    def _outline(self) -> Outline:
        if self._shape is None:
            return Outline(self._planned, self.variable_values)
        request: Request = self.context_value
        return request.engine.plans.outline(self._planned, self._variables, self._shape)

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: Details,
        path: Path,
        position_context: Any,
    ) -> Any:
        """A planned root field from the planner; any other as graphql-core does."""
        if path.prev is None and parent_type is self.schema.query_type:
            name = field_details_list[0].node.name.value
            if name in self._planned.fields and name != TYPENAME:
                answer = self._root(path)
                return self._guarded(answer, parent_type, field_details_list, path)
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

    async def _root(self, path: Path) -> Any:
        outline, key = self._outline, str(path.key)
        value = await read_root(self.context_value, outline, key, self._variables)
        if not outline.computes:
            return value
        told = orjson.loads(orjson.dumps(value))  # a fragment shows its content in no other way
        await fill_in(self, [(outline.root(key), told, path)])
        return told

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

    def _read(self, return_type: GraphQLOutputType, details: Details, node: NodeId) -> Awaitable[Any]:
        # Not a coroutine itself: all Refs of a list are in the batch before any is awaited.
        part = (identity(details), get_named_type(return_type).name)
        batch = self._batches.get(part)
        if batch is None:
            batch = self._batches[part] = _Batch(lambda ids: self._read_batch(part, return_type, details, ids))
        return self._one_of(batch, batch.add(node), required=is_non_null_type(return_type))

    async def _one_of(self, batch: "_Batch", place: int, *, required: bool) -> Any:
        found = (await batch.answers())[place]
        if found is None and required:
            raise NotFound()
        return found

    async def _read_batch(
        self, part: Hashable, return_type: GraphQLOutputType, details: Details, ids: list[NodeId]
    ) -> list[Any]:
        del self._batches[part]
        children, cases = self._outline.under(return_type, details)
        selection = Selection("nodes", "nodes", cases=cases or {get_named_type(return_type).name: children})
        objects = await read_nodes(self.context_value, self._outline, part, selection, ids, self._variables)
        if self._outline.computes:
            await fill_in(self, [(selection, objects, Path(None, "nodes", None))])
        return objects


class _Batch:
    """Objects that are read together: those that were added until the event loop came round again."""

    def __init__(self, read: Any) -> None:
        self._ids: list[NodeId] = []
        self._task: asyncio.Task[list[Any]] = asyncio.ensure_future(read(self._ids))

    def add(self, node: NodeId) -> int:
        """The place of this object in the answers."""
        self._ids.append(node)
        return len(self._ids) - 1

    async def answers(self) -> list[Any]:
        """The objects, in the order in which they were added."""
        return await asyncio.shield(self._task)
