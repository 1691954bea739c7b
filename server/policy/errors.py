"""What can stand in a policy's way."""

from collections.abc import Iterable

from server.kit.errors import Conflict, Invalid, Refusal
from server.policy.problems import Path, PolicyRejected, Problem, errors_in


class PolicyFlawed(Invalid):
    """What the draft says is not acceptable: a value, a rule, a citation."""

    code = "POLICY_FLAWED"


class PeriodRefused(Conflict):
    """The draft's period does not fit those already published."""

    code = "POLICY_OVERLAP"


class BackDated(Conflict):
    """The draft would hold before the day of its publication; only an erratum may."""

    code = "POLICY_BACK_DATED"


class OwnDraft(Conflict):
    """Publication is the second person's approval; whoever wrote into the draft is not that person."""

    code = "POLICY_OWN_DRAFT"


class Immutable(Conflict):
    """A version that was published or withdrawn does not change any more."""

    code = "POLICY_IMMUTABLE"


class BaseChanged(Conflict):
    """Another version was published since the draft was made; publishing it would undo what that one changed."""

    code = "POLICY_BASE_CHANGED"


class CasesFailed(Conflict):
    """Worked cases that the draft should not have touched come out otherwise under it."""

    code = "POLICY_CASES_FAILED"


class NotOurs(Conflict):
    """The kind belongs to the other level of government."""

    code = "POLICY_NOT_OURS"


_DATES = {"BACK_DATED": BackDated, "OVERLAP": PeriodRefused}
_INPUT_FIELDS: dict[Path, tuple[str, ...]] = {
    ("effective", "from"): ("input", "effectiveFrom"),
    ("effective", "until"): ("input", "effectiveUntil"),
}


def refuse(problems: Iterable[Problem], *, within: tuple[str, ...] = ("policy",)) -> None:
    """Pass where no problem stands in the way.  Raises: what the first error says, with all of them in its words.

    The path leads to the first error: to the caller's own field where the dates are wrong, else into what ``within``
    names (``policy``: the version; ``input``: what the caller sent).
    """
    errors = errors_in(problems)
    if not errors:
        return
    first, message = errors[0], PolicyRejected(errors).message if len(errors) > 1 else errors[0].message
    path = _INPUT_FIELDS.get(first.path[:2]) or (*within, *map(str, first.path))
    refusal: type[Refusal] = _DATES.get(first.code, PolicyFlawed)
    raise refusal(message, path=path, problems=[str(problem) for problem in errors])
