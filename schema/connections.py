"""Relay connections, nodes and ordering."""

from typing import Annotated, Generic, TypeVar

import strawberry

from schema.terms import term
from server.kit.terms import Term

T = TypeVar("T")


@strawberry.interface(description="对象 anything that has an opaque id and can be read again by it")
class Node:
    """The Relay node interface."""

    id: strawberry.ID = strawberry.field(description="标识 opaque; the same for the life of the object")


@strawberry.type(description="翻页信息 where this page stands in the whole list")
class PageInfo:
    """Relay's page info."""

    has_next_page: bool = strawberry.field(description="是否有下一页")
    has_previous_page: bool = strawberry.field(description="是否有上一页")
    start_cursor: str | None = strawberry.field(description="首条游标 null on an empty page")
    end_cursor: str | None = strawberry.field(description="末条游标 null on an empty page")


@strawberry.type(description="列表项 one item of a page with its cursor")
class Edge(Generic[T]):
    """Relay's edge."""

    cursor: str = strawberry.field(description="游标 where to go on from; valid for the same list and order only")
    node: T = strawberry.field(description="对象")


@strawberry.type(description="分页列表 a page of a list, by cursor")
class Connection(Generic[T]):
    """Relay's connection, with the nodes alone for callers who need no cursors."""

    edges: list[Edge[T]] = strawberry.field(description="列表项")
    nodes: list[T] = strawberry.field(description="对象 the page's objects, without cursors")
    page_info: PageInfo = strawberry.field(description="翻页信息")
    total_count: int = strawberry.field(description="总数 of all pages under the same filter; counted only when asked")


class OrderDirection(Term):
    """Up or down."""

    ASC = "ASC", "升序"
    DESC = "DESC", "降序"


term(OrderDirection, "排序方向 nulls come last either way")


First = Annotated[
    int | None, strawberry.argument(description="每页条数（向后） 0 to 100; 20 where neither first nor last is given")
]
FirstGroups = Annotated[
    int | None,
    strawberry.argument(
        description="最多分组数 0 to 1000; without it all groups, an error where they are more than 1000"
    ),
]
Last = Annotated[int | None, strawberry.argument(description="每页条数（向前） 0 to 100")]
After = Annotated[str | None, strawberry.argument(description="起始游标 rows after it")]
Before = Annotated[str | None, strawberry.argument(description="截止游标 rows before it")]
