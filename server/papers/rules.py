"""Numbers, digests and remedies of official documents: pure."""

from collections.abc import Mapping, Sequence
from datetime import date

from server.kit.clause import Clause
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


#: 行政复议法（2023年修订）第二十条; 行政诉讼法第四十六条.  UNVERIFIED: neither stands in the register of documents.
_RECONSIDERATION_DAYS = 60
_LITIGATION_MONTHS = 6


def remedies_from(calendar: Calendar, served_on: date) -> tuple[Remedy, ...]:
    """What is open against an act served on this day, and until when; the day of service is not counted.

    Raises: YearMissing.
    """
    wanted = (
        (RemedyKind.RECONSIDERATION, _RECONSIDERATION_DAYS, DayUnit.CALENDAR, "行政复议法第二十条：六十日"),
        (RemedyKind.LITIGATION, _LITIGATION_MONTHS, DayUnit.MONTHS, "行政诉讼法第四十六条：六个月"),
    )
    found = []
    for kind, n, unit, rule in wanted:
        last = last_day(calendar, served_on, n, unit)
        provisional = last.status is CalendarStatus.PROVISIONAL
        found.append(Remedy(kind, last.on, n, unit, rule, provisional, SourceStatus.UNVERIFIED))
    return tuple(found)
