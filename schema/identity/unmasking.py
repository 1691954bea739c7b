"""Showing personal values in the clear, one at a time: the mutation ``unmask``, for every sealed column there is.

Why a mutation, and why without an idempotency key: docs/decisions/personal-data.md.
"""

from collections.abc import Mapping
from typing import Annotated, Any

import strawberry

from schema.acting import mutation, perform, ref, request_of
from schema.connections import Node
from schema.problems import InvalidInput
from schema.reading import sees
from server.db.metadata import OPENABLE_BY, metadata
from server.identity.disclosing import unmask
from server.kit.errors import Invalid, NotFound
from server.kit.ids import NodeId
from server.planner.binding import Masked
from server.record.acts import Act


@strawberry.input(description="查看个人信息明文")
class UnmaskInput:
    """What unmasking takes."""

    object: strawberry.ID = strawberry.field(description="对象 whose personal value it is")
    field: str = strawberry.field(description="字段 the name of one of its `MaskedText` fields, such as `phone`")
    purpose: str = strawberry.field(description="用途 4 to 200 characters, kept in the audit; never a number itself")


@strawberry.type(description="个人信息明文 shown once, and recorded in the audit")
class Unmasked:
    """A disclosure."""

    object: Node = strawberry.field(description="对象")
    field: str = strawberry.field(description="字段")
    value: str | None = strawberry.field(description="明文 null where none is recorded; not to be kept")


UnmaskResult = Annotated[Unmasked | InvalidInput, strawberry.union("UnmaskResult")]


@strawberry.type
class UnmaskingMutations:
    """Root fields that belong to no area."""

    @mutation(
        "查看个人信息明文 by those the field is open to, for a purpose; every time leaves an entry in the audit",
        by=OPENABLE_BY,
    )
    async def unmask(self, info: strawberry.Info, input: UnmaskInput) -> UnmaskResult:
        request = request_of(info)
        node = NodeId.parse(input.object, path=("input", "object"))
        tenant = request.tenant_of(node)

        async def verb(act: Act) -> Mapping[str, Any]:
            type_ = request.engine.catalogue.by_tag(node.tag)
            if type_ is None or not await sees(request, node):
                raise NotFound(path=("input", "object"))
            field = type_.fields.get(input.field)
            if not isinstance(field, Masked):
                names = [name for name, one in type_.fields.items() if isinstance(one, Masked)]
                known = f"；该类对象的脱敏字段：{'、'.join(names)}" if names else ""
                raise Invalid(f"该对象没有这个名称的脱敏字段{known}", path=("input", "field"))
            value = await unmask(act, metadata.tables[type_.table], field.of, node.id, input.purpose)
            return {"object": str(node), "field": input.field, "value": value}

        return await perform(info, tenant, input, verb, _shown)


def _shown(**told: Any) -> Unmasked:
    return Unmasked(object=ref(told["object"]), field=told["field"], value=told["value"])
