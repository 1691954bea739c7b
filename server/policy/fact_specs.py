"""What is declared about a fact."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from server.policy.events import EventKind
from server.policy.terms import FactScope
from server.policy.values import ValueType


@dataclass(frozen=True)
class WindowBinding:
    """The parameters that say how a fact is counted; a None years or anchor is fixed by the derivation."""

    kind: str
    years: str | None = None
    anchor: str | None = None


@dataclass(frozen=True)
class FactSpec:
    """``events``: the kinds it is derived from.  ``ask``: what a person is asked to find out while it is missing.

    ``needs``: parameters its derivation reads (its window's included).  ``aggregate``: it adds up over several
    events, so the version in force when the last of them was decided judges it (A-X-2); a single finding is judged by
    the version in force when it occurred.  ``determined``: only the authority can say; a declaration is a claim.
    ``occurrence``: when one finding is judged, it is derived from that finding's own events only.
    """

    name: str
    label: str
    type: ValueType
    scopes: frozenset[FactScope]
    events: frozenset[EventKind]
    ask: str
    unit: str | None = None
    choices: Mapping[str, str] = field(default_factory=dict)
    window: WindowBinding | None = None
    needs: tuple[str, ...] = ()
    aggregate: bool = False
    determined: bool = False
    occurrence: bool = False
