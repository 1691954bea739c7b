"""Who keeps which packs, and a draft that may still be changed."""

from uuid import UUID

from server.kit.actor import MUNICIPALITY, Role
from server.kit.errors import Invalid, OutOfDate
from server.policy import store
from server.policy.errors import Immutable, NotOurs
from server.policy.store import Kept
from server.policy.terms import MUNICIPAL_KINDS, Kind, Status
from server.record.acts import Act

_DISTRICT_KEEPERS = (Role.DISTRICT_ADMINISTRATOR,)
_MUNICIPAL_KEEPERS = (Role.MUNICIPAL_HEALTH_OFFICER, Role.MUNICIPAL_INSURANCE_OFFICER)
#: Who keeps packs in any tenant: ``require_keeper`` says which of them where.
KEEPERS = frozenset({*_DISTRICT_KEEPERS, *_MUNICIPAL_KEEPERS})
_REASON_LONGEST = 2000


def require_keeper(act: Act, kind: Kind) -> None:
    """Pass when the actor keeps packs of this kind in the act's tenant.

    Raises: NotAllowed; NotOurs where the kind belongs to the other level of government.
    """
    municipal = act.tenant_id == MUNICIPALITY
    act.require(*(_MUNICIPAL_KEEPERS if municipal else _DISTRICT_KEEPERS))
    if municipal != (kind in MUNICIPAL_KINDS):
        whose = "由市级制定，各区只读" if kind in MUNICIPAL_KINDS else "由各区制定，市级不能代为修改"
        raise NotOurs(f"{kind.label}政策{whose}", path=("input", "kind"))


def check_reason(reason: str) -> None:
    """Raises: Invalid for no reason, or one that is too long."""
    if not 1 <= len(reason.strip()) <= _REASON_LONGEST:
        raise Invalid(f"请写明理由，1 到 {_REASON_LONGEST} 个字", path=("input", "reason"))


async def open_draft(act: Act, version_id: UUID, expected_digest: str | None) -> Kept:
    """The draft, its pack held for change, as the caller has read it.

    Raises: NotFound, NotAllowed, Immutable, OutOfDate.
    """
    draft = await store.load_for_change(act.connection, act.tenant_id, version_id)
    require_keeper(act, draft.version.kind)
    if not draft.is_open:
        raise immutable(draft)
    if expected_digest is not None:
        check_digest(draft, expected_digest)
    return draft


def immutable(one: Kept) -> Immutable:
    """The refusal to change a version that is no draft any more."""
    if one.status is Status.WITHDRAWN:
        return Immutable(f"版本 {one.version.number} 已撤回，不能再改动", path=("input", "policy"))
    return Immutable(
        f"版本 {one.version.number} 已发布，内容不再改变；请起草后继版本 draftPolicy", path=("input", "policy")
    )


def check_digest(one: Kept, expected: str) -> None:
    """Raises: OutOfDate where the caller has read another content."""
    if expected != one.version.digest:
        raise OutOfDate(current_version=one.row_version, path=("input", "expectedDigest"))


async def published_of(act: Act, kind: Kind) -> list[Kept]:
    """The published versions of the act's pack, by number."""
    known = await store.list_versions(act.connection, act.tenant_id, kind)
    return [one for one in known if one.status is Status.PUBLISHED]
