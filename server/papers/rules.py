"""Numbers, digests and remedies of official documents: pure."""

from collections.abc import Mapping, Sequence
from datetime import date

from server.kit.clause import Clause
from server.kit.errors import PolicyNotEnabled
from server.papers.model import PaperKind, Remedy, RemedyKind
from server.policy.canonical import digest
from server.policy.terms import SourceStatus
from server.workdays.model import Calendar, CalendarStatus, DayUnit
from server.workdays.rules import last_day


def number_of(kind: PaperKind, year: int, serial: int) -> str:
    """The document's number: 责改〔2026〕3号."""
    return f"{kind.mark}〔{year}〕{serial}号"


def content_of(fields: Mapping[str, str], clauses: Sequence[Clause]) -> dict[str, list[list[str]]]:
    """Fields and clauses as they are stored, in order."""
    return {
        "fields": [[label, text] for label, text in fields.items()],
        "clauses": [[one.document, one.anchor] for one in clauses],
    }


def digest_of(row: Mapping[str, object]) -> str:
    """SHA-256 over all that the document says."""
    told = ("kind", "number", "issuer", "addressee", "title", "content", "remedies", "issued_on")
    return digest({name: row[name] for name in told})


#: Which parameter of the municipal calendar of deadlines says how long each remedy is open, in what, and how it is told.
_REMEDIES = (
    (RemedyKind.RECONSIDERATION, "reconsideration_days", DayUnit.CALENDAR, "自送达之日起 {n} 日内申请行政复议"),
    (RemedyKind.LITIGATION, "litigation_months", DayUnit.MONTHS, "自送达之日起 {n} 个月内提起行政诉讼"),
)


def remedies_from(
    calendar: Calendar, served_on: date, parameters: Mapping[str, tuple[int, SourceStatus]]
) -> tuple[Remedy, ...]:
    """What is open against an act served on this day, and until when; the day of service is not counted.

    The last day moves off free days (民法典 203).
    Raises: YearMissing; PolicyNotEnabled where the pack states no length.
    """
    found = []
    for kind, key, unit, rule in _REMEDIES:
        if key not in parameters:
            raise PolicyNotEnabled(f"全市期限政策没有写明参数 {key}（{kind.label}期限），不能登记送达")
        n, source = parameters[key]
        last = last_day(calendar, served_on, n, unit)
        provisional = last.status is CalendarStatus.PROVISIONAL
        found.append(Remedy(kind, last.on, n, unit, rule.format(n=n), provisional, source))
    return tuple(found)
