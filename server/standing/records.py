"""Decisions that are kept, said again and derived again.

*Replay*: from the kept facts, under the policy of the kept digest, must come the same digest.  *Re-derivation*: from the
events as they were known then must come the same facts; where they do not, the events themselves have been altered, or a
register keeps only what is so now.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from server.kit.ids import new_id
from server.policy import store
from server.policy.decision import Decision, plain_fact
from server.policy.events import History
from server.policy.facts import Facts
from server.policy.judge import Book
from server.policy.replay import Replay, replay, stored_facts
from server.record.acts import Act


@dataclass(frozen=True)
class Rederivation:
    """``differences``: names of facts that come out otherwise, with what was kept and what comes now, as text."""

    facts: Facts
    differences: tuple[tuple[str, str | None, str | None], ...]

    @property
    def same(self) -> bool:
        """Whether every fact is as it was kept."""
        return not self.differences


async def record_decisions(act: Act, institution_id: UUID | None, decisions: Sequence[Decision]) -> list[UUID]:
    """The decisions kept, inside the act that rests on them; their ids in order."""
    rows = [(new_id(), institution_id, decision) for decision in decisions]
    await store.insert_decisions(act.connection, act.tenant_id, rows, act.actor.subject)
    return [row_id for row_id, _, _ in rows]


def replay_record(record: Mapping[str, Any], book: Book) -> Replay:
    """The kept decision, decided again.  Raises: ValueError where the book has no version of the kept digest."""
    _, digest = record["policy"]
    for version in book.versions:
        if version.digest == digest:
            return replay(record, book.compiled(version))
    raise ValueError(f"no published version has the digest {digest}")


def rederive(record: Mapping[str, Any], book: Book, history: History) -> Rederivation:
    """The kept decision's facts, derived again from the events, on the same day and as known at the same instant.

    Raises: ValueError where the book has no version of the kept digest.
    """
    number, digest = record["policy"]
    version = next((one for one in book.versions if one.digest == digest), None)
    if version is None:
        raise ValueError(f"no published version has the digest {digest}, number {number}")
    kept = stored_facts(record)
    facts = book.facts(version, history, as_of=kept.as_of, known_at=kept.known_at)
    differences = []
    for name in (*kept.known, *kept.missing):
        before, after = _told(kept, name), _told(facts, name)
        if before != after:
            differences.append((name, before, after))
    return Rederivation(facts, tuple(differences))


def _told(facts: Facts, name: str) -> str | None:
    """Value, sources and all of a fact as text; None where it was missing."""
    return str(plain_fact(facts.known[name])) if name in facts.known else None
