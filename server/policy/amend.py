"""Making a draft: from the version in force with other values, or from a template.

Pure: numbers, storage and who may do it are the caller's.  Every refusal names the field in the caller's spelling.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from server.kit.clause import Clause
from server.policy import values
from server.policy.check_parameters import check_value
from server.policy.cursor import did_you_mean
from server.policy.model import Parameter, PolicyVersion
from server.policy.problems import PolicyRejected, Problem
from server.policy.terms import SourceStatus


@dataclass(frozen=True, slots=True)
class NewValue:
    """A parameter's new value as text (``3``, ``true``, ``1,4,7,10``), and where it comes from, where that is
    stated.
    """

    key: str
    value: str
    source_status: SourceStatus | None = None
    clause: Clause | None = None
    note: str | None = None


def amend(
    version: PolicyVersion,
    *,
    number: int,
    effective_from: date | None,
    effective_until: date | None = None,
    parameters: Iterable[NewValue] = (),
    effective_note: str | None = None,
) -> PolicyVersion:
    """The version with other values, as a draft that begins on another day.

    A changed value no longer comes from the clause that gave the old one: unless the caller says where it comes from,
    it is marked UNVERIFIED, keeps the clause as the place where it differs, and says so in its note.  A draft that
    states no end of its own keeps the version's, if that still lies ahead of its beginning.
    Raises: PolicyRejected; paths begin with ``parameters``.
    """
    changed: dict[str, Parameter] = {}
    problems: list[Problem] = []
    for index, new in enumerate(parameters):
        path = ("parameters", index)
        known = [parameter.key for parameter in version.parameters]
        if new.key not in known:
            hint = did_you_mean(new.key, known) or f"；可用：{'、'.join(known)}"
            problems.append(Problem("UNKNOWN_PARAMETER", f"本政策没有参数 {new.key}{hint}", (*path, "key")))
            continue
        if new.key in changed:
            problems.append(Problem("DUPLICATE_PARAMETER", f"参数 {new.key} 重复", (*path, "key")))
            continue
        amended = _amended(version.parameter(new.key), new)
        found = (
            list(check_value(amended, (*path, "value")))
            if isinstance(amended, Parameter)
            else [Problem("WRONG_TYPE", amended, (*path, "value"))]
        )
        problems += found
        if isinstance(amended, Parameter):
            changed[new.key] = amended
    if problems:
        raise PolicyRejected(problems)
    until = effective_until
    if until is None and version.effective_until is not None and effective_from is not None:
        until = version.effective_until if version.effective_until > effective_from else None
    moved = effective_from != version.effective_from
    return replace(
        version,
        number=number,
        effective_from=effective_from,
        effective_until=until,
        effective_status=SourceStatus.UNVERIFIED if moved else version.effective_status,
        effective_clause=None if moved else version.effective_clause,
        effective_note=effective_note or ("由本区在修订草案中填写" if moved else version.effective_note),
        parameters=tuple(changed.get(parameter.key, parameter) for parameter in version.parameters),
        shortened_until=None,
    )


def _amended(parameter: Parameter, new: NewValue) -> Parameter | str:
    try:
        value = values.parse(parameter.type, new.value.strip())
    except ValueError:
        return f"参数 {parameter.key} 的值应为{values.label(parameter.type)}；现为 {new.value[:40]}"
    status, clause, note = new.source_status, new.clause or parameter.clause, new.note or parameter.note
    if status is None and new.clause is not None:
        status = SourceStatus.FROM_CLAUSE
    if status is None:
        status = parameter.source_status
        if value != parameter.value and status is SourceStatus.FROM_CLAUSE:
            status = SourceStatus.UNVERIFIED
            note = new.note or f"本区修订值，原文所定为 {parameter.text}"
    return replace(parameter, value=value, source_status=status, clause=clause, note=note)


def adopt(
    template: PolicyVersion,
    *,
    jurisdiction: str,
    pack: str,
    title: str,
    effective_from: date,
    effective_until: date | None = None,
    effective_note: str = "由本区采用样板时填写",
) -> PolicyVersion:
    """A district's first draft after a template: the district's own name and day, everything else as the template has
    it.

    The template's values stay UNVERIFIED and its citations another district's until the district replaces them;
    ``check.check_version`` says so with warnings.
    """
    return replace(
        template,
        pack=pack,
        jurisdiction=jurisdiction,
        title=title,
        number=1,
        effective_from=effective_from,
        effective_until=effective_until,
        effective_status=SourceStatus.UNVERIFIED,
        effective_clause=None,
        effective_note=effective_note,
        shortened_until=None,
    )


def next_number(versions: Sequence[PolicyVersion]) -> int:
    """The number that follows."""
    return max((version.number for version in versions), default=0) + 1
