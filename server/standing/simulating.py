"""What would be otherwise: one version against another over a district's institutions.  Nothing is stored, nobody told."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from server.kit.errors import BadInput
from server.policy.amend import NewValue, amend
from server.policy.documents import Register
from server.policy.evaluate import CompiledPolicy, compile_policy
from server.policy.events import History
from server.policy.judge import Book
from server.policy.model import PolicyVersion
from server.policy.problems import PolicyRejected
from server.policy.simulate import Simulation, facts_from, simulate
from server.policy.store import Fetch
from server.policy.terms import SCOPE_OF, FactScope, Kind
from server.standing.gather import Subject, gather, population


@dataclass(frozen=True)
class Ground:
    """A district's institutions with their histories, gathered once for any number of simulations.

    ``book``: the district's published versions of the kind, None where it has none.
    """

    kind: Kind
    book: Book | None
    histories: dict[Subject, History]
    known_at: datetime

    def simulate(self, before: CompiledPolicy | None, after: CompiledPolicy, on: date) -> Simulation:
        """Both versions over all institutions on the day; subjects are row ids as text."""
        published = self.book.versions if self.book is not None else ()
        names = dict.fromkeys([*(before.fact_names if before is not None else ()), *after.fact_names])
        people = (
            (history.subject, facts_from(history, published, names, as_of=on, known_at=self.known_at))
            for history in self.histories.values()
        )
        return simulate(before, after, people)

    def in_force(self, on: date) -> CompiledPolicy | None:
        """The published version that holds on the day."""
        held = self.book.in_force(on) if self.book is not None else None
        return None if held is None or self.book is None else self.book.compiled(held)


async def ground(fetch: Fetch, tenant_id: int, kind: Kind, book: Book | None, known_at: datetime) -> Ground:
    """The district as it is known at the instant, in a fixed number of statements.

    Raises: BadInput for a kind that does not judge institutions.
    """
    if SCOPE_OF.get(kind) is not FactScope.INSTITUTION:
        raise BadInput(f"{kind.label}政策不对机构作判定，不能模拟；可模拟：负面清单、绩效考核、退出")
    return Ground(kind, book, await gather(fetch, await population(fetch, tenant_id)), known_at)


async def simulate_version(
    place: Ground, draft: PolicyVersion, register: Register, days: Sequence[date]
) -> list[Simulation]:
    """The draft against what is in force, on each of the days."""
    compiled = compile_policy(draft, register)
    return await asyncio.to_thread(lambda: [place.simulate(place.in_force(day), compiled, day) for day in days])


async def sensitivity(
    place: Ground, version: PolicyVersion, register: Register, key: str, values: Sequence[str], on: date
) -> list[Simulation]:
    """For each value of the parameter, the version with that value against the version as it is.

    Raises: BadInput for an unknown parameter or a value that it cannot take.
    """
    variants = []
    for index, value in enumerate(values):
        try:
            changed = amend(
                version,
                number=version.number,
                effective_from=version.effective_from,
                effective_until=version.effective_until,
                parameters=[NewValue(key, value)],
            )
        except PolicyRejected as rejected:
            first = rejected.problems[0]
            path: tuple[str | int, ...] = ("parameter",) if first.path[-1:] == ("key",) else ("values", index)
            raise BadInput(first.message, path=path) from None
        variants.append(compile_policy(changed, register))
    before = compile_policy(version, register)
    return await asyncio.to_thread(lambda: [place.simulate(before, one, on) for one in variants])


def borrowed(version: PolicyVersion, jurisdiction: str, since: date | None) -> PolicyVersion:
    """Another's version or a template as if the jurisdiction had it, in force ``since``.

    Without a day of its own it counts everything that is known: what if it had always held.
    """
    start = since or version.effective_from or date.min
    return replace(version, jurisdiction=jurisdiction, effective_from=start, effective_until=None, shortened_until=None)
