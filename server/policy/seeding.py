"""Putting versions in force that were reviewed outside the platform: shipped packs, and configuration kept as files.

The second person is whoever approved the files; the audit entry names the command and the person who ran it.
"""

from collections.abc import Iterable, Mapping

from server.kit import clock
from server.kit.actor import Actor, Grant, Role
from server.kit.ids import new_id
from server.policy import store
from server.policy.check import check_version
from server.policy.errors import refuse
from server.policy.model import PolicyPack, PolicyVersion
from server.policy.shelf import Library
from server.policy.terms import Status
from server.policy.timeline import check_succession, in_force
from server.record.acts import Act

PROVISION = "shequ provision"


async def seed_packs(act: Act, library: Library, packs: Iterable[PolicyPack]) -> int:
    """The packs' versions in force where the act's tenant has none of the kind yet; the number of versions added."""
    added = 0
    for pack in packs:
        await store.hold_pack(act.connection, act.tenant_id, pack.kind)
        if await store.list_versions(act.connection, act.tenant_id, pack.kind):
            continue
        for version in pack.versions:
            await put_in_force(act, library, version, reason="随平台交付", erratum=True)
            added += 1
    return added


async def put_in_force(
    act: Act, library: Library, version: PolicyVersion, *, reason: str, erratum: bool = False
) -> PolicyVersion | None:
    """The version published, its pack held by the caller's transaction; the predecessor that it shortened, if any.

    Raises: PolicyFlawed, BackDated, PeriodRefused.
    """
    await store.hold_pack(act.connection, act.tenant_id, version.kind)
    known = await store.list_versions(act.connection, act.tenant_id, version.kind)
    published = [one for one in known if one.status is Status.PUBLISHED]
    versions = [one.version for one in published]
    refuse(check_version(version, library.register))
    refuse(check_succession(versions, version, today=clock.today(), erratum=erratum))
    start = version.period.from_on
    holding = next((one for one in published if start in one.version.period), None)
    if holding is not None:
        await store.update_until(act.connection, act.tenant_id, holding.id, start)
    base = in_force(versions, start)
    version_id, subject = new_id(), act.actor.subject
    await store.insert_version(
        act.connection,
        act.tenant_id,
        version_id,
        version,
        {
            "effective_until": version.period.until,
            "status": Status.PUBLISHED,
            "base_digest": None if base is None else base.digest,
            "author": subject,
            "writers": [],
            "published_by": subject,
            "published_at": clock.now(),
            "reason": reason,
            "created_by": subject,
            "source": "FILE",
        },
    )
    after = {"number": version.number, "kind": version.kind, "effective_from": start, "reason": reason}
    await act.note("published", "policy_version", version_id, after=after, policy_digest=version.digest)
    return None if holding is None else holding.version.shortened(start)


def operator(tenant_id: int, subject: str) -> Actor:
    """Who a command acts as, in one tenant."""
    return Actor(subject, subject, (Grant(tenant_id, Role.PLATFORM_OPERATOR),))


def packs_of(library: Library, tenants: Mapping[str, int]) -> dict[int, list[PolicyPack]]:
    """The shipped packs by tenant; a pack of a jurisdiction that is not among the tenants is left out."""
    found: dict[int, list[PolicyPack]] = {}
    for pack in library.catalogue.packs:
        tenant_id = tenants.get(pack.jurisdiction or "")
        if tenant_id is not None:
            found.setdefault(tenant_id, []).append(pack)
    return found
