"""Public notices 公告与公示: what everybody reads, with the results as they stood."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from server.kit import clock
from server.kit.ids import new_id
from server.record.acts import Act
from server.selection import store, tables
from server.selection.model import NoticeKind
from server.tasks.model import Due


async def publish(
    act: Act,
    call_id: UUID,
    kind: NoticeKind,
    paper_id: UUID,
    number: str,
    title: str,
    body: str,
    url: str | None,
    *,
    until: Due | None = None,
    results: Sequence[Mapping[str, Any]] = (),
) -> UUID:
    """A notice, public from today; ``until``: the last day of a publicity.  Published once, never changed."""
    today: date = clock.today()
    notice_id = new_id()
    row = {
        "tenant_id": act.tenant_id,
        "id": notice_id,
        "call_id": call_id,
        "paper_id": paper_id,
        "kind": kind,
        "number": number,
        "title": title,
        "body": body,
        "url": url,
        "from_on": today,
        "ends_on": until and until.on,
        "working_days": until and until.days,
        "source": until and until.source,
        "provisional": until is not None and until.provisional,
        "published_on": today,
        "created_by": act.actor.subject,
    }
    await store.add(act.connection, tables.public_notice, [row])
    mine = {"tenant_id": act.tenant_id, "notice_id": notice_id, "published_on": today}
    await store.add(act.connection, tables.notice_result, [mine | {"id": new_id()} | dict(one) for one in results])
    await act.note(
        "published", "public_notice", notice_id, after={key: row[key] for key in ("kind", "number", "ends_on")}
    )
    return notice_id
