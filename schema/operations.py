"""From a request to its answer: admitted within limits, executed, errors told as the API tells them."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Hashable, Mapping
from contextlib import aclosing
from inspect import isawaitable
from typing import Any, NamedTuple, cast

from graphql import DocumentNode, ExecutionResult, OperationDefinitionNode, OperationType, execute
from graphql.execution import create_source_event_stream
from orjson import Fragment

from schema.access import Request
from schema.contract import bindings, graphql_schema
from schema.cost import budget_of
from schema.errors import failed, refused, told
from schema.executing import PlanningExecutor
from schema.limits import variables_problem
from schema.lookahead import Operation
from schema.masked import masked
from schema.preparing import Document, Documents, Prepared
from schema.whole import answer_whole
from server.kit.errors import NotFound, RateLimited, TimedOut
from server.kit.meter import Meter

#: PLATFORM_DEFAULT. The database's own limit on a statement (server/db/policies.py) stands below both.
QUERY_SECONDS = 15.0
MUTATION_SECONDS = 60.0


class Answer(NamedTuple):
    """A response body, and whether the request got as far as being executed."""

    body: Mapping[str, Any]
    executed: bool


class _Admitted(NamedTuple):
    """An operation that may run, with its variables as they came and as they were read."""

    document: Document
    prepared: Prepared
    variables: Mapping[str, Any] | None
    operation_name: str | None
    coerced: Mapping[str, Any]
    shape: Hashable
    extensions: dict[str, Any]

    @property
    def tree(self) -> DocumentNode:
        """The document."""
        assert self.document.tree is not None
        return self.document.tree


class Operations:
    """Answers GraphQL requests over the one schema.

    ``hints``: introspection and suggestions, in development only.  ``meter``: how much each caller may ask for in a stretch
    of time; without one nobody is held to anything but the budget of each request.
    """

    def __init__(
        self,
        *,
        hints: bool,
        query_seconds: float = QUERY_SECONDS,
        mutation_seconds: float = MUTATION_SECONDS,
        meter: Meter | None = None,
    ) -> None:
        self.schema = graphql_schema()
        self.catalogue = bindings()
        self._hints = hints
        self._meter = meter
        self._seconds = {OperationType.QUERY: query_seconds, OperationType.MUTATION: mutation_seconds}
        self.documents = Documents(self.schema, self.catalogue, hints=hints, seconds=self._seconds)

    def answer(
        self,
        request: Request,
        text: str,
        variables: Mapping[str, Any] | None = None,
        operation_name: str | None = None,
        *,
        reading: bool = False,
    ) -> Awaitable[Answer]:
        """The response to one request; ``reading`` refuses anything but a query (GET)."""
        admitted = self._admitted(request, text, variables, operation_name, reading=reading)
        return _refusal(admitted) if isinstance(admitted, Answer) else self._answered(request, admitted)

    async def _answered(self, request: Request, admitted: "_Admitted") -> Answer:
        prepared, extensions = admitted.prepared, admitted.extensions
        operation, planned = prepared.node, prepared.planned
        if operation.operation is OperationType.SUBSCRIPTION:
            return Answer(
                failed("BAD_USER_INPUT", "订阅 subscription 请通过 WebSocket（graphql-transport-ws）发送"), False
            )
        try:
            if planned.is_query:
                told = await answer_whole(request, planned, admitted.coerced, admitted.shape, prepared.seconds)
                if isinstance(told, bytes):
                    return Answer({"data": Fragment(told), "extensions": extensions}, True)
                if told is not None:
                    return self._told(told, extensions)
            done = await self._done(request, admitted, prepared.seconds)
        except TimedOut:
            return Answer(_too_slow(operation) | {"extensions": extensions}, executed=False)
        return self._told(done, extensions)

    async def stream(
        self, request: Request, text: str, variables: Mapping[str, Any] | None = None, operation_name: str | None = None
    ) -> Answer | AsyncGenerator[Answer, None]:
        """The response to a query or a mutation; to a subscription its responses, as they come.

        Each is made for the caller with the rights that hold then (``Request.renewed``).
        Raises, while it lasts: RequestFailed once the caller has none.
        """
        admitted = self._admitted(request, text, variables, operation_name, reading=False)
        if isinstance(admitted, Answer):
            return admitted
        if admitted.prepared.node.operation is not OperationType.SUBSCRIPTION:
            return await self._answered(request, admitted)
        executor = PlanningExecutor.build(
            self.schema,
            admitted.tree,
            context_value=request,
            raw_variable_values=dict(variables or {}),
            operation_name=operation_name,
            hide_suggestions=not self._hints,
            planned=admitted.prepared.planned,
            shape=admitted.shape,
        )
        assert not isinstance(executor, list)  # its variables were read already
        source = create_source_event_stream(executor)
        if isawaitable(source):
            source = await source
        if isinstance(source, ExecutionResult):
            return Answer({"errors": [told(error) for error in source.errors or ()]}, executed=False)
        return self._told_one_by_one(request, admitted, cast(AsyncGenerator[Any, None], source))

    async def _told_one_by_one(
        self, request: Request, admitted: "_Admitted", source: AsyncGenerator[Any, None]
    ) -> AsyncGenerator[Answer, None]:
        async with aclosing(source) as events:
            async for event in events:
                request = await request.renewed()
                done = await self._done(request, admitted, self._seconds[OperationType.QUERY], event)
                # What the caller could read a moment ago and cannot now is not told, and not told of.
                if done.data is None and all(isinstance(one.original_error, NotFound) for one in done.errors or ()):
                    continue
                yield self._told(done, admitted.extensions)

    def _admitted(
        self,
        request: Request,
        text: str,
        variables: Mapping[str, Any] | None,
        operation_name: str | None,
        *,
        reading: bool,
    ) -> "Answer | _Admitted":
        """The operation that the request may run, or the answer to one that it may not."""
        request.operations = self
        document = self.documents.document(text)
        if document.tree is None:
            return Answer(document.problems, executed=False)
        prepared = document.prepared.get(operation_name) or self.documents.prepare(document, operation_name)
        if prepared is None:
            return Answer(failed("BAD_USER_INPUT", _which(document.tree, operation_name)), executed=False)
        if reading and not prepared.planned.is_query:
            return Answer(failed("METHOD_NOT_ALLOWED", "GET 请求只能执行查询 query"), executed=False)
        if variables and (problem := variables_problem(variables)):
            return Answer(failed("BAD_USER_INPUT", problem), executed=False)
        read = prepared.planned.read(variables or {})
        if read is None:  # graphql-core words what does not fit
            return Answer(
                refused(self.documents.misfits(document, variables, operation_name), "BAD_USER_INPUT"), executed=False
            )
        coerced, shape = read
        cost, budget = prepared.cost(coerced), budget_of(request.actor)
        extensions: dict[str, Any] = {"cost": {"requested": cost, "limit": budget}}
        if cost > budget:
            return Answer(_too_dear(cost, budget) | {"extensions": extensions}, executed=False)
        if self._meter is not None:
            spent = self._meter.spend(request.actor, request.peer, cost)
            extensions["cost"]["remaining"] = spent.remaining
            if spent.wait_s:
                limited = RateLimited(spent.wait_s)
                body = failed(limited.code, limited.message, **limited.facts)
                return Answer(body | {"extensions": extensions}, executed=False)
        if prepared.masks:
            extensions["masked"] = masked(prepared.masks, coerced)
        return _Admitted(document, prepared, variables, operation_name, coerced, shape, extensions)

    async def _done(
        self, request: Request, admitted: "_Admitted", seconds: float, event: Any = None
    ) -> ExecutionResult:
        """The result, root field by root field; of a subscription that of one event. Raises: TimedOut."""
        result = execute(
            self.schema,
            admitted.tree,
            root_value=event,
            context_value=request,
            variable_values=dict(admitted.variables or {}),
            operation_name=admitted.operation_name,
            executor_class=PlanningExecutor,
            hide_suggestions=not self._hints,
            planned=admitted.prepared.planned,
            shape=admitted.shape,
        )
        if isinstance(result, ExecutionResult):
            return result
        try:
            async with asyncio.timeout(seconds) as deadline:
                return await result
        except TimeoutError:
            if not deadline.expired():
                raise
            raise TimedOut from None

    def problems(self, text: str) -> list[str]:
        """Why this document cannot be run at all, in sentences; none where it can."""
        document = self.documents.document(text)
        return [] if document.tree is not None else [error["message"] for error in document.problems["errors"]]

    def operation(self, text: str, name: str | None = None) -> Operation | None:
        """The operation of a valid document, as the planner's side knows it; None where there is none of this name."""
        document = self.documents.document(text)
        prepared = self.documents.prepare(document, name) if document.tree is not None else None
        return None if prepared is None else prepared.planned

    def _told(self, result: ExecutionResult, extensions: Mapping[str, Any]) -> Answer:
        body: dict[str, Any] = {}
        if result.errors:
            body["errors"] = [told(error) for error in result.errors]
        body["data"] = result.data
        body["extensions"] = extensions
        return Answer(body, executed=True)


async def _refusal(answer: Answer) -> Answer:
    return answer


def _too_dear(cost: int, budget: int) -> dict[str, Any]:
    message = f"查询开销为 {cost}，超过您每次请求的上限 {budget}；请减小 first 或 last，或减少嵌套的列表"
    return failed("MAX_COST_EXCEEDED", message, requested=cost, limit=budget)


def _too_slow(operation: OperationDefinitionNode) -> dict[str, Any]:
    refusal = TimedOut()
    if operation.operation is OperationType.MUTATION:
        refusal = TimedOut("操作超时，已取消；同一请求中已完成的变更不会撤销，可用同一幂等键重试")
    return failed(refusal.code, refusal.message)


def _which(tree: DocumentNode, name: str | None) -> str:
    names = [
        one.name.value if one.name else "（未命名）"
        for one in tree.definitions
        if isinstance(one, OperationDefinitionNode)
    ]
    if name is None:
        return f"文档含 {len(names)} 个操作，请用 operationName 指定其一：{'、'.join(names[:10])}"
    return f"文档中没有名为“{name[:60]}”的操作"
