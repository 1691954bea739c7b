"""The form to begin with, and everything that can be said before an application: obstacles, findings, checks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from uuid import UUID

from server.db.pools import fetch_within
from server.institutions.model import InstitutionKind
from server.institutions.rules import check_active
from server.insurance import applicants, checks, form_rules, holders, rules, store
from server.insurance.actions import stepping
from server.insurance.actions.filing import running_bars
from server.insurance.actions.stepping import Ground
from server.insurance.form import Form
from server.insurance.form_rules import Finding
from server.insurance.model import PASSAGES, FieldSource, PersonRole, Step
from server.insurance.parameters import Terms
from server.insurance.registry import registered_form
from server.kit import clock
from server.kit.actor import Role
from server.kit.errors import Refusal
from server.people.model import Position
from server.record.acts import Act
from server.workdays.model import Window

_OFFICIALS = frozenset({Role.AGENCY_OFFICER, Role.DISTRICT_OFFICER, Role.DISTRICT_ADMINISTRATOR})


@dataclass(frozen=True)
class Prefilled:
    """A form to begin with; ``masks``: what is shown of the numbers that the register holds, by path."""

    form: Form
    masks: Mapping[str, str]
    provenance: Mapping[str, FieldSource]
    guarantee_required: bool
    obstacles: tuple[Refusal, ...]
    findings: tuple[Finding, ...]
    checks: tuple[checks.Check, ...]
    window: Window
    terms: Terms
    on: date


async def prefill(act: Act, ground: Ground, institution_id: UUID) -> Prefilled:
    """Annex 1 as the register has it, with what would refuse an application now.

    Implements: X-14, X-16.  Raises: NotFound, PolicyNotEnabled, YearMissing.
    """
    by = PASSAGES[Step.SUBMIT].by | _OFFICIALS
    act.require(*by)
    await stepping.require_own(act, institution_id, frozenset(by))
    known = await applicants.load_registered(act.connection, act.tenant_id, institution_id)
    now, today = clock.now(), clock.today()
    terms, kind = ground.terms(today), InstitutionKind(known["kind"])
    form = registered_form(known)
    masks: dict[str, str] = {}
    for role in (PersonRole.LEGAL_REPRESENTATIVE, PersonRole.PRINCIPAL):
        row = next((one for one in known["people"] if one["position"] == Position(role.value)), None)
        for name in ("phone", "identity_number"):
            if row is not None and row[f"{name}_masked"] is not None:
                masks[f"{role.lower()}.{name}"] = row[f"{name}_masked"]
    read = partial(fetch_within, act.connection)
    line = await applicants.find_line(read, act.tenant_id, institution_id)
    bars = await running_bars(act, line, form)
    held = await holders.find_designation(act.connection, act.tenant_id, institution_id)
    number = await store.find_open(act.connection, act.tenant_id, institution_id)
    designated = held is not None and held["status"] in holders.STANDING
    obstacles: list[Refusal] = []
    for check in (
        lambda: rules.check_window(ground.calendar, terms, now),
        lambda: check_active(known["status"]),
        lambda: rules.check_kind(kind, terms, known["annotations"]),
        lambda: rules.check_bars(bars, today),
        lambda: rules.check_single(number, designated=designated),
    ):
        try:
            check()
        except Refusal as refusal:
            obstacles.append(refusal)
    found = form_rules.findings(form, received_on=today, needs_guarantee=kind in terms.guarantee_kinds)
    # A number that the register holds is carried over, not asked for again.
    held_back = {form_rules.spelled(path) for path in masks}
    return Prefilled(
        form=form,
        masks=masks,
        provenance={
            path: source
            for path, source in form_rules.provenance(form, form).items()
            if source is FieldSource.PREFILLED
        },
        guarantee_required=kind in terms.guarantee_kinds,
        obstacles=tuple(obstacles),
        findings=tuple(one for one in found if one.field not in held_back),
        checks=await checks.check(read, act.tenant_id, line, bars, as_of=today, terms=terms),
        window=rules.window_of(ground.calendar, terms, today),
        terms=terms,
        on=today,
    )
