"""What happens in a jurisdiction, as it happens: a subscription that tells what the caller may read, and nothing else."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import strawberry

from schema.access import Request
from schema.acting import Ref, request_of
from schema.areas import SUBJECTS
from schema.connections import Node
from schema.districts import District
from schema.filters import UNSET
from schema.reading import read_nodes
from schema.tags import DISTRICT_TAG
from schema.within import InDistrict
from server.kit.errors import BadInput, NotAllowed, Unauthenticated
from server.kit.ids import NodeId, stable_id
from server.planner.selection import Selection
from server.record import events
from server.record.events import Event

#: How long a listener waits for news before looking again whether the caller still may listen.
_PATIENCE_S = 4.0
_TYPES_MOST = 20

#: Objects of any kind, read for nothing but whether they are there for this caller.
_THERE = Selection("there", "nodes")


@strawberry.type(description="辖区事件 something was done to an object that the caller may read")
class DistrictEvent:
    """An event of the outbox."""

    sequence: str = strawberry.field(description="序号 to resume after: opaque, and of this jurisdiction alone")
    at: datetime = strawberry.field(description="时间")
    subject_type: str = strawberry.field(description="对象类别 as in the audit trail: `institution`")
    action: str = strawberry.field(description="事项 as in the audit trail: `renamed`")
    subject: Node = strawberry.field(description="对象 as it is when the event is told")
    district: District = strawberry.field(description="辖区")


@strawberry.type
class EventSubscriptions:
    """Root fields of subscriptions."""

    @strawberry.subscription(  # type: ignore[untyped-decorator]
        description="辖区事件 in the order in which they were committed, each once; only about objects that the caller may"
        " read; ends with the connection closed (4403) when the caller's rights in the jurisdiction do"
    )
    async def district_events(
        self,
        info: strawberry.Info,
        district: InDistrict = UNSET,
        after: Annotated[
            str | None,
            strawberry.argument(
                description="从此序号之后续传 the `sequence` of the last event received; null from now on"
            ),
        ] = UNSET,
        subject_types: Annotated[
            list[str] | None, strawberry.argument(description="只订阅这些对象类别 `institution`, `review` …")
        ] = UNSET,
    ) -> AsyncGenerator[DistrictEvent, None]:
        request = request_of(info)
        kinds = _kinds(subject_types or ())
        tenant = await _tenant(request, district or None)
        engine, scope = request.engine, await request.scope(tenant)
        place = engine.sequences.open(tenant, after) if after else await events.find_now(engine.pools, scope.db_role)
        code = await engine.directory.code_of(tenant)
        home = Ref(NodeId(DISTRICT_TAG, tenant, stable_id("district", code or "")))
        async with engine.listening.to(tenant) as news:
            while True:
                # Anew at each look: whoever was revoked a moment ago reads nothing more.
                request = await request.renewed()
                await _tenant(request, district or None, must_be=tenant)
                scope = await request.scope(tenant)
                batch = await events.list_after(engine.pools, scope.db_role, tenant, place, kinds)
                there = await _there(request, tenant, batch)
                for event in batch:
                    place = event.place
                    node = _node(tenant, event)
                    if node in there:
                        yield DistrictEvent(
                            sequence=engine.sequences.seal(tenant, place),
                            at=event.at,
                            subject_type=event.subject_type,
                            action=event.action,
                            subject=Ref(node),  # type: ignore[arg-type]
                            district=home,  # type: ignore[arg-type]
                        )
                if len(batch) < events.BATCH:
                    await news(_PATIENCE_S)


async def _tenant(request: Request, district: str | None, *, must_be: int | None = None) -> int:
    """The tenant whose events the caller listens to. Raises: Unauthenticated, NotAllowed, BadInput."""
    actor = request.actor
    if actor is None:
        raise Unauthenticated()
    tenant = actor.home if district is None else await request.engine.directory.find(district)
    if district is not None and tenant is None:
        raise BadInput(f"没有代码为“{district[:40]}”的辖区", path=("district",))
    if must_be is not None and district is None:
        tenant = must_be  # a right elsewhere that came or went does not move a listener
    if tenant is None or not (actor.roles_in(tenant) or actor.is_municipal):
        raise NotAllowed("您在该辖区没有权限")
    return tenant


def _kinds(wanted: Sequence[str]) -> list[str]:
    unknown = [one for one in wanted if one not in SUBJECTS]
    if unknown or len(wanted) > _TYPES_MOST:
        raise BadInput(f"subjectTypes 可选：{'、'.join(SUBJECTS)}", path=("subjectTypes",))
    return list(wanted)


def _node(tenant: int, event: Event) -> NodeId | None:
    tag = SUBJECTS.get(event.subject_type)
    return None if tag is None else NodeId(tag, tenant, event.subject_id)


async def _there(request: Request, tenant: int, batch: Sequence[Event]) -> frozenset[NodeId | None]:
    """The subjects of these events that the caller reads now."""
    nodes = list(dict.fromkeys(node for one in batch if (node := _node(tenant, one)) is not None))
    if not nodes:
        return frozenset()
    types = (request.engine.catalogue.by_tag(tag) for tag in SUBJECTS.values())
    cases: Mapping[str, Any] = {one.name: (Selection("id", "id"),) for one in types if one is not None}
    selection = Selection(_THERE.key, _THERE.name, cases=cases)
    found = await read_nodes(request, "events", "there", selection, nodes, {})
    return frozenset(node for node, one in zip(nodes, found, strict=True) if one is not None)
