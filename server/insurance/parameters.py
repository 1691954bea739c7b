"""The numbers of the procedure, as the municipal DESIGNATION and DEADLINES packs in force on a day give them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from server.institutions.model import InstitutionKind
from server.kit.actor import MUNICIPALITY
from server.kit.clause import Clause
from server.policy.grounds import require_enabled
from server.policy.model import Parameter
from server.policy.shelf import Shelved
from server.policy.terms import Kind, SourceStatus

_NEEDED: Final = (Kind.DESIGNATION, Kind.DEADLINES)


@dataclass(frozen=True)
class Terms:
    """Everything that the text leaves to a number, each traceable to its parameter.

    ``digests`` name the two versions.  Months and years run by the calendar, days are working days unless a name says
    otherwise.  None where the packs leave a number open (A-MIC-5).
    """

    eligible_kinds: frozenset[InstitutionKind]
    guarantee_kinds: frozenset[InstitutionKind]
    centre_evaluates_failed: bool
    false_material_bar_years: int
    clean_insurance_record_years: int
    clean_penalty_months: int
    lock_years: int
    agreement_months: int
    renewal_reminder_months: int
    suspension_calendar_days: int
    evaluation_months: int | None
    window_months: tuple[int, ...]
    window_working_days: int
    window_cutoff_hour: int
    supplement_working_days: int
    publicity_working_days: int
    publicity_counts_first_day: bool
    parameters: Mapping[str, Parameter]
    digests: Mapping[Kind, str]

    def source(self, key: str) -> SourceStatus:
        """Where the number comes from."""
        return self.parameters[key].source_status

    def clause(self, key: str) -> Clause | None:
        """The clause that gives the number."""
        return self.parameters[key].clause

    @property
    def digest(self) -> str:
        """The version of the DESIGNATION pack."""
        return self.digests[Kind.DESIGNATION]


def terms_on(shelved: Shelved, on: date) -> Terms:
    """The numbers that hold on the day.

    Raises: PolicyNotEnabled where no municipal pack holds: designation by quarter does not exist then.
    """
    packs = {kind: require_enabled(shelved, MUNICIPALITY, kind, on) for kind in _NEEDED}
    value, days = (packs[kind].value for kind in _NEEDED)
    return Terms(
        eligible_kinds=_kinds(value("eligible_institution_kinds")),
        guarantee_kinds=_kinds(value("guarantee_institution_kinds")),
        centre_evaluates_failed=value("municipal_on_district_fail") == "EVALUATE",
        false_material_bar_years=value("false_material_bar_years"),
        clean_insurance_record_years=value("clean_insurance_record_years"),
        clean_penalty_months=value("clean_penalty_months"),
        lock_years=value("address_lock_years"),
        agreement_months=value("agreement_term_months"),
        renewal_reminder_months=value("renewal_reminder_months"),
        suspension_calendar_days=value("agreement_suspension_days"),
        evaluation_months=packs[Kind.DESIGNATION].version.value("designation_evaluation_months"),
        window_months=tuple(days("window_months")),
        window_working_days=days("window_working_days"),
        window_cutoff_hour=days("window_cutoff_hour"),
        supplement_working_days=days("supplement_working_days"),
        publicity_working_days=days("designation_publicity_working_days"),
        publicity_counts_first_day=days("publicity_counts_first_day"),
        parameters={one.key: one for pack in packs.values() for one in pack.version.parameters},
        digests={kind: pack.version.digest for kind, pack in packs.items()},
    )


def _kinds(codes: Any) -> frozenset[InstitutionKind]:
    return frozenset(InstitutionKind(code) for code in codes)
