"""Numbers, digests and remedies of official documents: pure."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

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


def content_of(fields: Mapping[str, str], clauses: Sequence[Clause], remedies: str | None) -> dict[str, Any]:
    """Fields, clauses and what is said of remedies as they are stored, in order."""
    return {
        "fields": [[label, text] for label, text in fields.items()],
        "clauses": [[one.document, one.anchor] for one in clauses],
        "remedies": remedies,
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
#: Value and source of parameters by key.
Stated = Mapping[str, tuple[Any, SourceStatus]]


def remedy_text(parameters: Stated) -> str:
    """What a document tells its addressee.  Raises: PolicyNotEnabled where the pack states no length."""
    days, months = (_length(parameters, key, kind)[0] for kind, key, _, _ in _REMEDIES)
    return (
        f"如不服本决定，可自收到本文书之日起{days}日内依法申请行政复议，"
        f"也可自收到本文书之日起{months}个月内依法向人民法院提起行政诉讼。"
    )


def remedies_from(calendar: Calendar, served_on: date, parameters: Stated) -> tuple[Remedy, ...]:
    """What is open against an act served on this day, and until when; the day of service is not counted.

    The last day moves off free days (民法典 203).
    Raises: YearMissing; PolicyNotEnabled where the pack states no length.
    """
    found = []
    for kind, key, unit, rule in _REMEDIES:
        n, source = _length(parameters, key, kind)
        last = last_day(calendar, served_on, n, unit)
        provisional = last.status is CalendarStatus.PROVISIONAL
        found.append(Remedy(kind, last.on, n, unit, rule.format(n=n), provisional, source))
    return tuple(found)


def _length(parameters: Stated, key: str, kind: RemedyKind) -> tuple[int, SourceStatus]:
    if key not in parameters:
        raise PolicyNotEnabled(f"全市期限政策没有写明参数 {key}（{kind.label}期限），不能签发或送达有救济途径的文书")
    return parameters[key]
