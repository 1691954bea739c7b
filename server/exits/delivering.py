"""Requests to take residents over, delivered to the districts that are asked.

A district's role writes no other district's rows, so the asking district opens no task there.  The asked district's own role
does, in a transaction of its own: it reads the requests that name it (``Access.counterpart``) and opens a task for each that
waits for its answer.  It is the platform that acts, not whoever asked, and nothing that they entered decides what is written
but the request itself.  Done again it changes nothing, so what a stop in between left out, the next run makes good.

Implements: FT-2-4-8, state machine 12 (successors in other districts accept over their own tenant).
"""

from server.db.pools import Pools
from server.db.roles import district_role
from server.districts.store import find_name
from server.exits import store
from server.kit.actor import Actor, Role
from server.record.acts import Act, acting
from server.tasks.actions import cancel, open_task
from server.tasks.model import Task, TaskKind

#: In whose name tasks are opened that another district asked for.
_POST = Actor("shequ succession", "承接征询送达", ())


async def deliver(act: Act) -> int:
    """Tasks for what other districts ask of this one, and none any more for what they withdrew; how many changed."""
    await store.hold_deliveries(act.connection, act.tenant_id)
    changed = 0
    for row in await store.list_undelivered(act.connection, act.tenant_id):
        asking = await find_name(act.connection, row["tenant_id"])
        await open_task(
            act,
            Task(
                TaskKind.ANSWER_SUCCESSION,
                f"答复{asking}对{row['leaving_name']}居民的承接征询：{row['successor_name']}",
                "succession_request",
                row["id"],
                None,
                Role.DISTRICT_OFFICER,
                subject_tenant_id=row["tenant_id"],
                consequence="答复前，征询的辖区不能批准承接方案",
            ),
        )
        changed += 1
    for request in await store.list_withdrawn(act.connection, act.tenant_id):
        changed += await cancel(act, subject_id=request, kind=TaskKind.ANSWER_SUCCESSION)
    return changed


async def deliver_to(pools: Pools, code: str, tenant_id: int, request_id: str) -> int:
    """``deliver`` in the district with this code, on its own role."""
    async with acting(pools, district_role(code), tenant_id, _POST, request_id) as act:
        return await deliver(act)
