"""Taking back what was held against an institution: a finding reversed, a fact annulled; what that changes is told."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from uuid import UUID

from server.assessment.actions import effects
from server.db.pools import fetch_within
from server.institutions import store as institutions
from server.kit import clock
from server.kit.actor import Role
from server.kit.clause import Clause
from server.papers.actions import issue
from server.papers.model import PaperKind
from server.policy.decision import Decision
from server.policy.shelf import Shelf, Shelved
from server.policy.terms import Outcome
from server.proposals import store as proposals
from server.record.acts import Act
from server.standing.gather import gather
from server.standing.judging import standing_on
from server.standing.occurrences import event_of
from server.standing.proposing import propose_for
from server.supervision import store
from server.supervision.actions import facts, findings
from server.supervision.model import ReversalGround
from server.supervision.tables import negative_finding, supervision_fact
from server.tasks.actions import cancel, open_task
from server.tasks.model import Task, TaskKind


@dataclass(frozen=True, slots=True)
class Changed:
    """One rule that says something else about the institution now."""

    rule: str
    title: str
    before: Outcome
    after: Outcome


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What followed: rules that come out otherwise today, proposals that lapsed or are new, and what to look at again.

    ``voided_card_id``: the card that no finding carries any more.  ``finding_ids``: confirmed findings on a record that no
    longer stands.
    """

    institution_id: UUID
    voided_card_id: UUID | None
    finding_ids: tuple[UUID, ...]
    changes: tuple[Changed, ...]
    lapsed_proposal_ids: tuple[UUID, ...]
    proposal_ids: tuple[UUID, ...]


async def reverse_finding(
    act: Act, shelf: Shelf, finding: UUID, *, expected_version: int, ground: ReversalGround, on: date, reason: str
) -> TakenBack:
    """The finding reversed, its card voided where no other finding carries it, and every later standing as it then is.

    Implements: state machines 9 and 10.  Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict.
    """
    act.require(*findings.FINDERS)
    row = await store.load_for_change(act.connection, negative_finding, act.tenant_id, finding, expected_version)

    async def verb() -> tuple[UUID | None, Sequence[UUID]]:
        done = await findings.reverse(
            act, finding, expected_version=expected_version, ground=ground, on=on, reason=reason
        )
        await cancel(act, subject_id=finding)
        await effects.void_by_reversal(act, finding, reason)
        if done.card_id is not None:
            await cancel(act, subject_id=done.card_id)
            await _tell(
                act, row["institution_id"], done.card_id, Clause(row["clause_document"], row["clause_anchor"]), reason
            )
        return done.card_id, ()

    return await _with_changes(act, shelf, row["institution_id"], verb)


async def annul_fact(act: Act, shelf: Shelf, fact: UUID, *, expected_version: int, reason: str) -> TakenBack:
    """The fact annulled; findings that rest on it are to be looked at again by a person, who alone reverses them.

    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict.
    """
    act.require(*facts.KEEPERS)
    row = await store.load_for_change(act.connection, supervision_fact, act.tenant_id, fact, expected_version)

    async def verb() -> tuple[UUID | None, Sequence[UUID]]:
        resting = await facts.annul_fact(act, fact, expected_version=expected_version, reason=reason)
        await cancel(act, subject_id=row["root_id"])
        await _ask_for_review(act, row["institution_id"], resting)
        return None, resting

    return await _with_changes(act, shelf, row["institution_id"], verb)


async def review_findings_on(act: Act, review_id: UUID, institution_id: UUID) -> None:
    """The review was annulled: confirmed findings that rest on it are to be looked at again by a person."""
    rows = await store.list_findings_resting_on(act.connection, act.tenant_id, event_of("review", review_id))
    await _ask_for_review(act, institution_id, [row["id"] for row in rows])


async def _ask_for_review(act: Act, institution_id: UUID, resting: Sequence[UUID]) -> None:
    for one in resting:
        title = "所依据的记录已撤销，请复核负面清单认定"
        await open_task(
            act,
            Task(TaskKind.REVIEW_FINDING, title, "negative_finding", one, institution_id, Role.DISTRICT_OFFICER),
        )


async def _with_changes(
    act: Act,
    shelf: Shelf,
    institution_id: UUID,
    verb: Callable[[], Awaitable[tuple[UUID | None, Sequence[UUID]]]],
) -> TakenBack:
    shelved = await shelf.current()
    before = await _decisions(act, shelved, institution_id)
    open_before = await proposals.list_open(act.connection, act.tenant_id, institution_id)
    card, resting = await verb()
    new = await propose_for(act, shelf, [institution_id])
    after = {(one.kind, one.rule): one for one in await _decisions(act, shelved, institution_id)}
    still = {row["id"] for row in await proposals.list_open(act.connection, act.tenant_id, institution_id)}
    return TakenBack(
        institution_id,
        card,
        tuple(resting),
        tuple(
            Changed(one.rule, one.title, one.outcome, after[one.kind, one.rule].outcome)
            for one in before
            if (one.kind, one.rule) in after and after[one.kind, one.rule].outcome is not one.outcome
        ),
        tuple(row["id"] for row in open_before if row["id"] not in still),
        tuple(new),
    )


async def _decisions(act: Act, shelved: Shelved, institution_id: UUID) -> tuple[Decision, ...]:
    """What every pack in force says about the institution today, as this act sees it."""
    subject = (act.tenant_id, institution_id)
    history = (await gather(partial(fetch_within, act.connection), [subject]))[subject]
    standing = await asyncio.to_thread(
        standing_on, shelved, act.tenant_id, history, on=clock.today(), known_at=clock.now()
    )
    return standing.decisions


async def _tell(act: Act, institution_id: UUID, card_id: UUID, clause: Clause, reason: str) -> None:
    institution = await institutions.load_for_change(act.connection, act.tenant_id, institution_id)
    await issue(
        act,
        kind=PaperKind.CARD_VOIDED,
        subject_type="yellow_card",
        subject_id=card_id,
        institution_id=institution_id,
        addressee=institution["name"],
        title="撤销黄牌警告决定书",
        fields={"撤销理由": reason.strip(), "效力": "该黄牌自始不计入"},
        issued_on=clock.today(),
        clauses=[clause],
    )
