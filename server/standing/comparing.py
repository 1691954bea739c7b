"""Districts side by side: what was found and done there, beside how closely they look and what their policies say.

Counts alone would compare districts that differ in what they count; so each row bears the intensity of assessment and the
parameters in force, and hard exits are never added to soft ones (X-9).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from server.institutions.facts import OUTSIDE
from server.institutions.model import COMMUNITY_KINDS
from server.policy.grounds import find_enabled
from server.policy.model import Parameter
from server.policy.shelf import Shelved
from server.policy.store import Fetch
from server.policy.terms import Kind

#: Parameters whose difference makes counts differ, in the order in which they are shown.
COMPARED = (
    "cards_to_transform",
    "card_window_years",
    "card_window_kind",
    "card_window_anchor",
    "card_per",
    "failed_cycles_to_exit",
    "missing_cycle",
    "assessment_cycle_months",
    "points_to_exit",
    "points_cycle",
    "complaints_to_exit",
    "complaint_unit",
    "accident_min_grade",
    "rectification_days",
)

_COMMUNITY = (
    "SELECT tenant_id, count(*)::int4 FROM institution"
    " WHERE kind = ANY($1::text[]) AND status <> ALL($2::text[]) GROUP BY tenant_id"
)
_ASSESSED = (
    "SELECT tenant_id, count(DISTINCT institution_id)::int4, count(*)::int4,"
    " count(*) FILTER (WHERE outcome = 'FAILED')::int4 FROM review"
    " WHERE kind = 'ASSESSMENT' AND annulled_on IS NULL AND outcome <> 'UNDETERMINED'"
    " AND decided_on >= $1::date AND decided_on < $2::date GROUP BY tenant_id"
)
_FOUND = (
    "SELECT tenant_id, count(*) FILTER (WHERE status = 'CONFIRMED')::int4,"
    " count(*) FILTER (WHERE status = 'REVERSED')::int4 FROM negative_finding"
    " WHERE confirmed_on >= $1::date AND confirmed_on < $2::date GROUP BY tenant_id"
)
_CARDED = (
    "SELECT tenant_id, count(*) FILTER (WHERE status <> 'VOIDED')::int4,"
    " count(*) FILTER (WHERE status = 'VOIDED')::int4 FROM yellow_card"
    " WHERE issued_on >= $1::date AND issued_on < $2::date GROUP BY tenant_id"
)
_EXITED = (
    "SELECT tenant_id,"
    " count(*) FILTER (WHERE effect IN ('ORDER_EXIT', 'TERMINATE_AGREEMENTS', 'CANCEL_LICENCE', 'REVOKE_LICENCE'))::int4,"
    " count(*) FILTER (WHERE effect = 'GUIDE_TRANSFORMATION')::int4 FROM exit_case"
    " WHERE decided_on >= $1::date AND decided_on < $2::date AND status <> 'WITHDRAWN' GROUP BY tenant_id"
)


@dataclass(frozen=True, slots=True)
class Compared:
    """One district over the period ``[from_on, until)``.

    ``institutions``: within the community health system now.  ``assessed_institutions``: those assessed at least once, so
    that the share of them is the intensity of assessment.  ``parameters``: what its policies say, by key; a key that is
    absent is not counted there at all.
    """

    tenant_id: int
    institutions: int
    assessed_institutions: int
    assessments: int
    failed_assessments: int
    findings: int
    reversed_findings: int
    cards: int
    voided_cards: int
    hard_exits: int
    soft_exits: int
    kinds: tuple[Kind, ...]
    parameters: tuple[Parameter, ...]

    @property
    def intensity_percent(self) -> float | None:
        """How many of a hundred institutions were assessed; None where there are none."""
        return round(100 * self.assessed_institutions / self.institutions, 1) if self.institutions else None


async def compare(
    fetch: Fetch, shelved: Shelved, tenants: Sequence[int], *, from_on: date, until: date, on: date
) -> list[Compared]:
    """The districts in the order given, in five statements; ``on``: the day whose policies are shown."""
    period = [from_on, until]
    community = await _by_tenant(
        fetch, _COMMUNITY, [[one.value for one in COMMUNITY_KINDS], [one.value for one in OUTSIDE]]
    )
    assessed = await _by_tenant(fetch, _ASSESSED, period)
    found = await _by_tenant(fetch, _FOUND, period)
    carded = await _by_tenant(fetch, _CARDED, period)
    exited = await _by_tenant(fetch, _EXITED, period)
    rows = []
    for tenant in tenants:
        packs = [find_enabled(shelved, tenant, kind, on) for kind in _KINDS]
        looked, held = assessed.get(tenant, _NONE), found.get(tenant, _NONE)
        cards, exits = carded.get(tenant, _NONE), exited.get(tenant, _NONE)
        stated = {one.key: one for pack in packs if pack is not None for one in pack.version.parameters}
        rows.append(
            Compared(
                tenant,
                institutions=community.get(tenant, _NONE)[0],
                assessed_institutions=looked[0],
                assessments=looked[1],
                failed_assessments=looked[2],
                findings=held[0],
                reversed_findings=held[1],
                cards=cards[0],
                voided_cards=cards[1],
                hard_exits=exits[0],
                soft_exits=exits[1],
                kinds=tuple(kind for kind, pack in zip(_KINDS, packs, strict=True) if pack is not None),
                parameters=tuple(stated[key] for key in COMPARED if key in stated),
            )
        )
    return rows


_NONE = (0, 0, 0)
_KINDS = (Kind.ASSESSMENT, Kind.NEGATIVE_LIST, Kind.EXIT)


async def _by_tenant(fetch: Fetch, sql: str, parameters: Sequence[object]) -> dict[int, tuple[int, ...]]:
    return {tenant: tuple(numbers) for tenant, *numbers in await fetch(sql, parameters)}
