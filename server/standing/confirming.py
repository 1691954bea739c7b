"""Confirming findings on the negative list: judged by the packs, carded, and what it sets off proposed, in one act."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from uuid import UUID

from server.assessment.actions import effects
from server.db.pools import fetch_within
from server.institutions import store as institutions
from server.kit import clock
from server.kit.errors import Conflict, Invalid, NotFound
from server.kit.ids import new_id
from server.policy.decision import Decision
from server.policy.events import Event, EventKind, History
from server.policy.grounds import Enabled, find_enabled, require_enabled
from server.policy.model import Rule
from server.policy.shelf import Shelf, Shelved
from server.policy.terms import Kind, Outcome, Truth
from server.proposals import store as proposals
from server.proposals.actions import take_up
from server.record.acts import Act
from server.reviews.facts import review_of
from server.standing.gather import gather
from server.standing.occurrences import event_of
from server.standing.proposing import propose_for
from server.standing.records import record_decisions
from server.supervision import rules
from server.supervision.actions import findings
from server.supervision.actions.issuing import Carded, issue_card
from server.supervision.facts import finding_id
from server.supervision.model import FindingStatus
from server.tasks.actions import finish


@dataclass(frozen=True, slots=True)
class Found:
    """One occurrence of an item; ``basis``: the record it rests on; ``finding_id``: the allegation that it confirms."""

    item: str
    occurred_on: date
    evidence: str
    basis: str | None = None
    finding_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Confirmation:
    """One decision of the authority about one institution; without ``issued_on`` cards are issued as it is confirmed."""

    institution_id: UUID
    discovered_on: date
    confirmed_on: date
    occurrences: Sequence[Found]
    issued_on: date | None = None
    rectify_by: date | None = None


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What it came to, by row id: findings, cards, and the proposals that are new."""

    finding_ids: tuple[UUID, ...]
    card_ids: tuple[UUID, ...]
    proposal_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class _Judged:
    found: Found
    row_id: UUID
    rule: Rule
    decision: Decision


async def basis_of(act: Act, proposal: UUID) -> str:
    """The record that a proposal to card rests on, as policy names its event.  Raises: NotFound."""
    row = await proposals.load_for_change(act.connection, act.tenant_id, proposal)
    return event_of(row["subject_type"], row["subject_id"])


async def confirm_findings(act: Act, shelf: Shelf, wanted: Confirmation) -> Confirmed:
    """The findings confirmed, a card for each item, and the proposals they set off.

    One card per item occurrence, several occurrences of one item in one decision giving one; or one per decision, as
    ``card_per`` says.  An item that rests on a record is confirmed only where the record has the item's elements.
    Implements: FT-2-3, FT-2-4-1, FT-2-4-3, A-FT-2, A-FT-8, A-FT-11, A-FT-14.
    Raises: NotAllowed, NotFound, PolicyNotEnabled, Invalid, Conflict, each with the clause.
    """
    act.require(*findings.FINDERS)
    shelved, today = await shelf.current(), clock.today()
    enabled = require_enabled(shelved, act.tenant_id, Kind.NEGATIVE_LIST, today)
    if not 1 <= len(wanted.occurrences) <= _MOST:
        raise Invalid(f"一份认定应有 1 至 {_MOST} 项，实际 {len(wanted.occurrences)} 项", path=("input", "occurrences"))
    days = (
        ("discoveredOn", wanted.discovered_on),
        ("confirmedOn", wanted.confirmed_on),
        ("issuedOn", wanted.issued_on),
    )
    rules.check_days(days, today, within=("input",), clause=enabled.clause)
    try:
        institution = await institutions.load_for_change(act.connection, act.tenant_id, wanted.institution_id)
    except NotFound:
        raise NotFound(path=("input", "institution")) from None
    fetch = partial(fetch_within, act.connection)
    history = (await gather(fetch, [(act.tenant_id, wanted.institution_id)]))[act.tenant_id, wanted.institution_id]
    judged = [
        await _judged(act, shelved, enabled, history, wanted, index, found)
        for index, found in enumerate(wanted.occurrences)
    ]
    issuing = find_enabled(shelved, act.tenant_id, Kind.NEGATIVE_LIST, wanted.confirmed_on) or enabled
    confirmation_id = new_id()
    cards: dict[str | None, UUID] = {}
    for item, group in _grouped(judged, per_item=issuing.value("card_per") == "ITEM_OCCURRENCE").items():
        cards[item] = await issue_card(
            act,
            issuing,
            Carded(
                institution_id=wanted.institution_id,
                addressee=institution["name"],
                item=item,
                items=tuple(dict.fromkeys((one.rule.item or "", one.rule.title) for one in group)),
                clauses=tuple(dict.fromkeys(clause for one in group for clause in one.rule.cites)),
                occurred_on=min(one.found.occurred_on for one in group),
                confirmed_on=wanted.confirmed_on,
                issued_on=wanted.issued_on or wanted.confirmed_on,
                confirmation_id=confirmation_id,
                rectify_by=wanted.rectify_by,
            ),
        )
    for one in judged:
        card = cards.get(one.found.item) or cards[None]
        await _write(act, wanted, one, confirmation_id, card)
    await _take_up(act, wanted.institution_id, judged)
    new = await propose_for(act, shelf, [wanted.institution_id])
    return Confirmed(tuple(one.row_id for one in judged), tuple(cards.values()), tuple(new))


_MOST = 20


def _grouped(judged: Sequence[_Judged], *, per_item: bool) -> Mapping[str | None, list[_Judged]]:
    """The occurrences that share a card, by item; under None where the whole decision gives one."""
    groups: dict[str | None, list[_Judged]] = {}
    for one in judged:
        groups.setdefault(one.found.item if per_item else None, []).append(one)
    return groups


async def _judged(
    act: Act, shelved: Shelved, enabled: Enabled, history: History, wanted: Confirmation, index: int, found: Found
) -> _Judged:
    within = ("input", "occurrences", str(index))
    held = find_enabled(shelved, act.tenant_id, Kind.NEGATIVE_LIST, found.occurred_on)
    rule = findings.item_of(held or enabled, found.item, within=within)
    if found.occurred_on > wanted.discovered_on:
        late = "认定" if found.occurred_on > wanted.confirmed_on else "发现"
        on = wanted.confirmed_on if late == "认定" else wanted.discovered_on
        raise Invalid(
            f"occurredOn 为 {found.occurred_on}，晚于{late}之日 {on}；认定只能针对此前已发生的行为",
            path=(*within, "occurredOn"),
            clause=rule.cites[0],
        )
    findings.check_counts(enabled, found.occurred_on, rule.cites[-1], within=within)
    row_id = await _allegation(act, wanted, found, within) or new_id()
    said = findings.Allegation(
        wanted.institution_id, found.item, found.occurred_on, wanted.discovered_on, found.evidence, found.basis
    )
    await findings.check_not_found_already(act, said)
    event = _event(history, row_id, wanted, found, within, rule)
    known = replace(history, events=(*history.events, event))
    ids = tuple(filter(None, (event.id, found.basis)))
    decisions = await asyncio.to_thread(
        enabled.book.finding, known, occurrence=ids, as_of=wanted.confirmed_on, known_at=clock.now()
    )
    decision = next((one for one in decisions if one.item == found.item), None)
    if decision is None or decision.outcome is not Outcome.FIRED:
        raise Conflict(f"条目 {found.item}（{rule.title}）不成立：{_why(decision)}", path=within, clause=rule.cites[0])
    return _Judged(found, row_id, rule, decision)


async def _allegation(act: Act, wanted: Confirmation, found: Found, within: tuple[str, ...]) -> UUID | None:
    """The allegation that is confirmed, if the occurrence names one.  Raises: NotFound, Conflict."""
    if found.finding_id is None:
        return None
    row = await findings.held(act, found.finding_id, None, FindingStatus.CONFIRMED)
    same = (row["institution_id"], row["item"], row["occurred_on"])
    if same != (wanted.institution_id, found.item, found.occurred_on):
        raise Conflict("所列机构、条目、发生日期与该线索不一致", path=(*within, "finding"))
    return found.finding_id


def _event(
    history: History, row_id: UUID, wanted: Confirmation, found: Found, within: tuple[str, ...], rule: Rule
) -> Event:
    """The finding as policy sees it.

    Raises: Invalid where the record it rests on is not the institution's, or is of another day.
    """
    said = {"item": found.item}
    if found.basis is not None:
        basis = next((e for e in history.events if e.id == found.basis and e.annulled_at is None), None)
        if basis is None:
            raise Invalid("所依据的记录不属于该机构，或已不再有效", path=(*within, "basis"), clause=rule.cites[0])
        if basis.happened_on != found.occurred_on:
            raise Invalid(
                f"occurredOn 应为所依据记录的发生日 {basis.happened_on}，实际为 {found.occurred_on}",
                path=(*within, "occurredOn"),
                clause=rule.cites[0],
            )
        said["basis"] = found.basis
    return Event(
        finding_id(row_id),
        EventKind.NEGATIVE_FINDING,
        found.occurred_on,
        clock.now(),
        decided_on=wanted.confirmed_on,
        attributes=said,
    )


def _why(decision: Decision | None) -> str:
    if decision is None:
        return "该行为发生时没有施行中的负面清单"
    if decision.outcome is Outcome.INDETERMINATE:
        return "；".join(f"{gap.ask}（{gap.reason}）" for gap in decision.tasks)
    unmet = [node.label for node in decision.explanation if node.outcome is Truth.NOT_MET and node.facts]
    return f"不满足：{'、'.join(dict.fromkeys(unmet))}"


async def _write(act: Act, wanted: Confirmation, one: _Judged, confirmation_id: UUID, card_id: UUID) -> None:
    (decision_id,) = await record_decisions(act, wanted.institution_id, [one.decision])
    values = {
        "status": FindingStatus.CONFIRMED,
        "item_text": one.rule.title,
        "clause_document": one.rule.cites[0].document,
        "clause_anchor": one.rule.cites[0].anchor,
        "discovered_on": wanted.discovered_on,
        "evidence": rules.worded(one.found.evidence, "evidence", within=("input", "occurrences")),
        "basis": one.found.basis,
        "confirmed_on": wanted.confirmed_on,
        "confirmed_at": clock.now(),
        "decided_by": act.actor.subject,
        "confirmation_id": confirmation_id,
        "policy_version": one.decision.policy_version,
        "policy_digest": one.decision.policy_digest,
        "decision_id": decision_id,
        "card_id": card_id,
    }
    digest = one.decision.policy_digest
    if one.found.finding_id is None:
        new = {"id": one.row_id, "institution_id": wanted.institution_id, "item": one.found.item}
        row = new | {"occurred_on": one.found.occurred_on} | values
        await findings.add(act, "confirmed", row, policy_digest=digest)
    else:
        before = await findings.held(act, one.row_id, None, FindingStatus.CONFIRMED)
        await findings.change(act, "confirmed", before, values, policy_digest=digest)
        await finish(act, subject_id=one.row_id)
    review_id = review_of(one.found.basis)
    if review_id is not None:
        await effects.settle_by_finding(act, review_id, one.row_id, one.found.item)


async def _take_up(act: Act, institution_id: UUID, judged: Sequence[_Judged]) -> None:
    """The proposals to card on these very records are thereby accepted."""
    wanted = {(one.found.item, one.found.basis) for one in judged if one.found.basis}
    for row in await proposals.list_open(act.connection, act.tenant_id, institution_id):
        if (row["item"], event_of(row["subject_type"], row["subject_id"])) in wanted:
            await take_up(act, row["id"], expected_version=row["version"])
