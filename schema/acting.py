"""How a mutation runs: one act, one answer under its key, refusals as problems, objects read again by the planner."""

import dataclasses
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, cast

import strawberry
from strawberry.utils.str_converters import to_camel_case

from schema.access import Request
from schema.problems import problem_of
from server.kit.actor import MUNICIPALITY, Role
from server.kit.errors import BadInput, Invalid, NotAllowed, Refusal, Unauthenticated
from server.kit.ids import NodeId
from server.record.acts import Act

_KEY_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Ref:
    """An object that Python hands out by id; the executor reads it through the planner, as a query would."""

    node: NodeId


def ref(text: str) -> Any:
    """A reference to the object with this node id, in the place of the object."""
    return Ref(NodeId.parse(text))


async def perform(
    info: strawberry.Info,
    tenant_id: int,
    request_input: Any,
    verb: Callable[[Act], Awaitable[Mapping[str, Any]]],
    payload: Callable[..., Any],
) -> Any:
    """The payload made of the verb's answer, or the problem that stood in its way.

    ``verb`` returns what is kept under the idempotency key and handed to ``payload``: plain values, objects as node ids.
    """
    request: Request = info.context
    check_right(request, tenant_id, info.field_name)
    key = getattr(request_input, "idempotency_key", None)
    try:
        if key is not None and not 1 <= len(key) <= _KEY_LONGEST:
            raise Invalid(f"幂等键长度应为 1 到 {_KEY_LONGEST} 个字符", path=("input", "idempotencyKey"))
        async with request.acting(tenant_id, anybody=Role.PUBLIC in RIGHTS[info.field_name]) as act:
            answer: Mapping[str, Any] | None = None
            if key is not None:
                answer = await act.answered(key, {"mutation": info.field_name, "input": sent(request_input)})
            if answer is None:
                answer = await verb(act)
                if key is not None:
                    await act.keep(key, answer)
    except Refusal as refusal:
        return problem_of(refusal, request.engine.policies.library.register)
    return payload(**answer)


async def perform_on(
    info: strawberry.Info,
    node: NodeId,
    request_input: Any,
    verb: Callable[[Act, NodeId], Awaitable[object]],
    payload: Callable[..., Any],
) -> Any:
    """``perform`` for a verb that changes one object: in the object's tenant, answering with the object itself."""

    async def on_node(act: Act) -> Mapping[str, str]:
        await verb(act, node)
        return {_object_field(payload): str(node)}

    return await perform(
        info, request_of(info).tenant_of(node, CITY_WIDE[info.field_name]), request_input, on_node, referring(payload)
    )


async def perform_step(
    info: strawberry.Info,
    tag: int,
    request_input: Any,
    verb: Callable[..., Awaitable[object]],
    payload: Callable[..., Any],
    **given: Any,
) -> Any:
    """``perform_on`` for a verb that takes the object's id, the version that the caller saw, and what is ``given`` besides.

    The input names the object as the payload does.
    """
    name = _object_field(payload)
    node = node_of(getattr(request_input, name), tag, to_camel_case(name))

    def on_node(act: Act, node: NodeId) -> Awaitable[object]:
        return verb(act, node.id, expected_version=request_input.expected_version, **given)

    return await perform_on(info, node, request_input, on_node, payload)


def referring(payload: Callable[..., Any]) -> Callable[..., Any]:
    """The payload made of one node id: its one field refers to that object."""
    return lambda **answer: payload(**{_object_field(payload): ref(answer[_object_field(payload)])})


def _object_field(payload: Any) -> str:
    (only,) = dataclasses.fields(payload)
    return only.name


#: Open to whoever is signed in, in any district: everybody is of the public everywhere (docs/decisions/applicants.md).
SIGNED_IN: frozenset[Role] = frozenset(Role)

#: Who may use each mutation, by its GraphQL name.
RIGHTS: dict[str, frozenset[Role]] = {}
#: Which municipal roles may besides use it in every district.
CITY_WIDE: dict[str, frozenset[Role]] = {}


def check_right(request: Request, tenant_id: int, name: str) -> None:
    """Pass when one of the caller's roles in the tenant is among those that the mutation is open to.

    Asked before anything else, so that nobody learns from a mutation that is not theirs what exists.  Whoever operates the
    platform does so in every tenant.  Raises: Unauthenticated, NotAllowed.
    """
    actor = request.actor
    if actor is None:
        raise Unauthenticated()
    if Role.PUBLIC in RIGHTS[name]:
        return
    city_wide = actor.roles_in(MUNICIPALITY) & RIGHTS[name] & {Role.PLATFORM_OPERATOR}
    if tenant_id != MUNICIPALITY:
        city_wide |= actor.roles_in(MUNICIPALITY) & CITY_WIDE[name]
    if not (actor.roles_in(tenant_id) & RIGHTS[name] or city_wide):
        raise NotAllowed("您在该辖区没有执行此操作的权限")


def mutation(
    description: str, *, by: Collection[Role], city_wide: Collection[Role] = ()
) -> Callable[[Callable[..., Any]], Any]:
    """A mutation field of a Mutations class, open to these roles of the tenant it acts in, and ``city_wide`` to these of the
    municipality, in every district.

    The verb requires its roles once more by itself, for those who call it without the API.
    """

    def field(resolver: Callable[..., Any]) -> Any:
        name = to_camel_case(resolver.__name__)
        RIGHTS[name] = frozenset(by)
        CITY_WIDE[name] = frozenset(city_wide)
        return strawberry.mutation(resolver=resolver, description=description)

    return field


def sent(value: Any) -> Any:
    """An input object as plain values, without what was not given."""
    if dataclasses.is_dataclass(value):
        pairs = ((one.name, getattr(value, one.name)) for one in dataclasses.fields(value))
        return {name: sent(one) for name, one in pairs if one is not strawberry.UNSET}
    if isinstance(value, list):
        return [sent(one) for one in value]
    return value


def given(value: Any) -> Any:
    """The value, or None where the field was not given."""
    return None if value is strawberry.UNSET else value


def node_of(text: str, tag: int, field: str) -> NodeId:
    """The node that an input names, of the type with this tag. Raises: BadInput."""
    node = NodeId.parse(text, path=("input", field))
    if node.tag != tag:
        raise BadInput(f"input.{field} 不是该类对象的 ID", path=("input", field))
    return node


def request_of(info: strawberry.Info) -> Request:
    """The request that a resolver runs in."""
    return cast(Request, info.context)
