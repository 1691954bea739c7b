"""How fast policy decides, replays and simulates.  Part of ``make bench``; alone: ``python -m tests.benchmarks.policy``.

One thousand invented institutions with cards, points, complaints and assessments, against the ten exit rules of a
shipped pack: ten thousand explained decisions.  No test times anything.
"""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

import orjson

from server.kit.clock import BEIJING
from server.policy.amend import NewValue, amend
from server.policy.catalogue import read_catalogue
from server.policy.evaluate import compile_policy
from server.policy.events import Event, EventKind, History
from server.policy.judge import Book
from server.policy.replay import replay
from server.policy.simulate import facts_from, simulate
from server.policy.terms import Kind, WindowKind
from server.policy.windows import Period
from tests.benchmarks.showing import console

ROOT = Path(__file__).resolve().parents[2]

AS_OF = date(2028, 3, 1)
KNOWN_AT = datetime(2028, 3, 1, 23, tzinfo=BEIJING)
CYCLES = {WindowKind.VERIFICATION_CYCLE: (Period(date(2027, 7, 1), date(2028, 7, 1)),)}


@contextmanager
def timed(what: str) -> Iterator[None]:
    start = time.process_time()
    yield
    console.print(f"{what:<62}{time.process_time() - start:8.2f} s of CPU", highlight=False)


def history(number: int, chance: random.Random) -> History:
    def event(kind: EventKind, index: int, day: date, **attributes: object) -> Event:
        at = datetime.combine(day, datetime.min.time(), BEIJING)
        return Event(f"{number}-{kind}-{index}", kind, day, at, day, attributes=attributes)

    operator = chance.choice(["SOCIAL_ORGANISATION", "GOVERNMENT", "NON_GOV_ENTERPRISE"])
    events = [event(EventKind.REGISTRATION, 0, date(2026, 5, 1), operator_kind=operator)]
    for index in range(chance.randint(0, 4)):
        day = date(2026, 6, 1) + timedelta(days=chance.randint(0, 700))
        events.append(event(EventKind.YELLOW_CARD, index, day, issued_on=day))
        events.append(event(EventKind.PRACTICE_POINTS, index, day, points=chance.randint(1, 4)))
        grave = chance.random() < 0.7
        complaint = {"matter": str(index), "substantiated": True, "serious_adverse_effect": grave}
        events.append(event(EventKind.COMPLAINT, index, day, **complaint))
    for year in (2026, 2027):
        cycle = {"cycle_from": date(year, 1, 1), "cycle_until": date(year + 1, 1, 1)}
        result = chance.choice(["QUALIFIED", "NOT_QUALIFIED"])
        events.append(event(EventKind.ASSESSMENT_RESULT, year, date(year, 12, 31), result=result, **cycle))
    return History(f"institution-{number}", tuple(events), frozenset(EventKind), CYCLES)


def main() -> None:
    """Decide, record, replay, simulate; print what each took."""
    with timed("read, check and compile all of tenants/"):
        catalogue = read_catalogue(ROOT / "tenants")
        packs = [pack for pack in catalogue.packs if pack.kind is Kind.EXIT]
        version = max((pack.versions[0] for pack in packs), key=lambda version: len(version.rules))
        book = Book([version], catalogue.register)
        policy = book.compiled(version)
    chance = random.Random(1)
    population = [history(number, chance) for number in range(1000)]
    with timed(f"{1000 * len(version.rules)} explained decisions, facts derived, with digest"):
        decisions = [d for h in population for d in book.standing(h, as_of=AS_OF, known_at=KNOWN_AT)]
        digests = {decision.digest for decision in decisions}
    with timed("records to JSON and back"):
        records = [orjson.loads(orjson.dumps(decision.record())) for decision in decisions]
    with timed("replay"):
        mismatches = sum(not replay(record, policy).same for record in records)
    changed = [NewValue("points_to_exit", "5"), NewValue("complaints_to_exit", "3")]
    draft = compile_policy(
        amend(version, number=2, effective_from=date(2028, 1, 1), parameters=changed), catalogue.register
    )
    sources = [
        (h.subject, facts_from(h, [version], policy.fact_names, as_of=AS_OF, known_at=KNOWN_AT)) for h in population
    ]
    with timed("simulate a draft over 1,000 institutions"):
        found = simulate(policy, draft, sources)
    console.print(f"{len(decisions)} decisions, {len(digests)} digests, {mismatches} mismatches")
    console.print(f"{found.evaluated} evaluated, {found.changed} changed, {found.indeterminate} indeterminate")


if __name__ == "__main__":
    main()
