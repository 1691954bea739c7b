"""Sample cases for development: told in ``tenants/sample_cases.yaml``, handled by the verbs that officers use.

What comes of them, cards and proposals, is what the district's own policy makes of them; nothing is written past the rules.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from ruamel.yaml import YAML
from sqlalchemy import func, select

from server.development.samples import Samples
from server.districts.files import TENANTS
from server.institutions.model import InstitutionStatus, Ownership
from server.kit import clock
from server.policy.shelf import Shelf
from server.record.acts import Act
from server.sites.actions.gaps import Gap, identify_gaps
from server.sites.tables import service_gap
from server.standing.confirming import Confirmation, Found, confirm_findings
from server.standing.proposing import propose_for
from server.supervision.actions.facts import Said, record_fact
from server.supervision.model import FactKind
from server.supervision.tables import negative_finding, supervision_fact

Told = Mapping[str, Any]

_TABLES = (supervision_fact, negative_finding, service_gap)
_OF_FACT = ("institution", "kind", "days_ago", "decided_days_ago", "source_name", "summary")


def load_cases(path: Path = TENANTS / "sample_cases.yaml") -> Mapping[str, Told]:
    """What is told of each district, by code."""
    cases: Mapping[str, Told] = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    return cases


async def play(act: Act, shelf: Shelf, samples: Samples, told: Told) -> int:
    """The district's cases, once: the number of steps taken now, none where the act's district has cases already.

    Raises: Refusal, where the district's policy does not allow what is told.
    """
    for table in _TABLES:
        if await act.connection.scalar(
            select(func.count()).select_from(table).where(table.c.tenant_id == act.tenant_id)
        ):
            return 0
    stations = [
        row["id"]
        for row in samples.institutions
        if row["parent_id"] and row["ownership"] is Ownership.PRIVATE and row["status"] is InstitutionStatus.OPERATING
    ]
    steps = 0
    for one in told.get("facts", ()):
        institution = stations[one["institution"]]
        await record_fact(act, await shelf.current(), _said(institution, one))
        await propose_for(act, shelf, [institution])
        steps += 1
    for one in told.get("findings", ()):
        day = _ago(one["days_ago"])
        found = Found(one["item"], day, one["evidence"])
        await confirm_findings(act, shelf, Confirmation(stations[one["institution"]], day, day, [found]))
        steps += 1
    if gaps := told.get("gaps"):
        await identify_gaps(act, gaps["batch"], _gaps(gaps["areas"]))
        steps += 1
    return steps


def _said(institution: UUID, one: Told) -> Said:
    decided = one.get("decided_days_ago")
    return Said(
        institution,
        FactKind(one["kind"]),
        _ago(one["days_ago"]),
        one["source_name"],
        decided_on=None if decided is None else _ago(decided),
        summary=one["summary"],
        attributes={name: value for name, value in one.items() if name not in _OF_FACT},
    )


def _gaps(areas: Sequence[Told]) -> list[Gap]:
    return [Gap(one["name"], one["area"], one["population"]) for one in areas]


def _ago(days: int) -> date:
    return clock.today() - timedelta(days=days)
