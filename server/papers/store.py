"""Every statement on official documents."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, insert, literal, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from server.districts.model import AuthorityKind
from server.districts.tables import authority
from server.kit.actor import MUNICIPALITY
from server.kit.clause import Clause
from server.kit.errors import NotFound
from server.kit.ids import stable_id
from server.papers.model import Paper, PaperKind
from server.papers.tables import paper, paper_counter, paper_remedy, paper_service
from server.policy.store import Fetch


async def next_serial(connection: AsyncConnection, tenant_id: int, kind: PaperKind, year: int) -> int:
    """The next serial number, from 1; who asks meanwhile waits until this transaction ends, so that none is left out."""
    row = {
        "tenant_id": tenant_id,
        "id": stable_id("paper-counter", str(tenant_id), kind, str(year)),
        "kind": kind,
        "year": year,
        "last": 1,
    }
    given: int = await connection.scalar(
        upsert(paper_counter)
        .values(row)
        .on_conflict_do_update(
            index_elements=["tenant_id", "kind", "year"], set_={"last": paper_counter.c.last + literal(1)}
        )
        .returning(paper_counter.c.last)
    )
    return given


async def insert_paper(connection: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Add what was issued."""
    await connection.execute(insert(paper), [row])


async def load_paper(connection: AsyncConnection, tenant_id: int, paper_id: UUID) -> RowMapping:
    """The document.

    Raises: NotFound.
    """
    rows = await connection.execute(
        select(paper).where(paper.c.tenant_id == literal(tenant_id), paper.c.id == paper_id)
    )
    row = rows.mappings().one_or_none()
    if row is None:
        raise NotFound()
    return row


async def find_number(connection: AsyncConnection, tenant_id: int, subject_id: UUID, kind: PaperKind) -> str | None:
    """The number of the latest document of this kind in a case."""
    number: str | None = await connection.scalar(
        select(paper.c.number)
        .where(paper.c.tenant_id == literal(tenant_id), paper.c.subject_id == subject_id, paper.c.kind == kind.value)
        .order_by(paper.c.id.desc())
        .limit(1)
    )
    return number


async def hold_paper(connection: AsyncConnection, paper_id: UUID) -> None:
    """Wait until nobody else notes a service of this document; held until the transaction ends."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(6, hashtext(:paper))"), {"paper": str(paper_id)})


async def list_services(connection: AsyncConnection, tenant_id: int, paper_id: UUID) -> Sequence[RowMapping]:
    """How the document was served, first to last."""
    rows = await connection.execute(
        select(paper_service)
        .where(paper_service.c.tenant_id == literal(tenant_id), paper_service.c.paper_id == paper_id)
        .order_by(paper_service.c.sequence)
    )
    return rows.mappings().all()


async def insert_service(connection: AsyncConnection, row: Mapping[str, Any]) -> None:
    """Note that it was served."""
    await connection.execute(insert(paper_service), [row])


async def insert_remedies(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add the remedies of one service; none is fine."""
    if rows:
        await connection.execute(insert(paper_remedy), rows)


async def find_authority(connection: AsyncConnection, tenant_id: int, kind: AuthorityKind) -> str | None:
    """The full name of the authority of this kind, the district's own before the municipality's."""
    name: str | None = await connection.scalar(
        select(authority.c.name)
        .where(authority.c.tenant_id.in_([tenant_id, MUNICIPALITY]), authority.c.kind == kind.value)
        .order_by(authority.c.tenant_id.desc(), authority.c.id)
        .limit(1)
    )
    return name


async def find_issued(fetch: Fetch, tenant_id: int, paper_id: UUID) -> Paper | None:
    """The document as it was issued."""
    rows = await fetch(
        "SELECT kind, number, title, addressee, issuer, issued_on, content, digest FROM paper"
        " WHERE tenant_id = $1 AND id = $2",
        [tenant_id, paper_id],
    )
    for kind, number, title, addressee, issuer, issued_on, content, digest in rows:
        return Paper(
            paper_id,
            PaperKind(kind),
            number,
            title,
            addressee,
            issuer,
            issued_on,
            tuple((label, text) for label, text in content["fields"]),
            tuple(Clause(document, anchor) for document, anchor in content["clauses"]),
            content["remedies"],
            digest,
        )
    return None


async def find_last_day(
    connection: AsyncConnection, tenant_id: int, subject_id: UUID, kind: PaperKind, remedy: str
) -> date | None:
    """The last day of a remedy against the case's latest document of this kind; None while it was not served."""
    found: date | None = await connection.scalar(
        select(paper_remedy.c.last_on)
        .join(paper, (paper.c.tenant_id == paper_remedy.c.tenant_id) & (paper.c.id == paper_remedy.c.paper_id))
        .where(
            paper.c.tenant_id == literal(tenant_id),
            paper.c.subject_id == subject_id,
            paper.c.kind == kind.value,
            paper_remedy.c.kind == remedy,
        )
        .order_by(paper_remedy.c.id.desc())
        .limit(1)
    )
    return found
