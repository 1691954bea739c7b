"""Findings on the negative list: alleged, investigated, dismissed, confirmed, reversed.

What a confirmed finding entails (whether the item is fulfilled, the cards, what is then to be proposed) is
``server.standing.confirming``'s; here is what is written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from server.institutions import store as institutions
from server.kit import clock
from server.kit.actor import Role
from server.kit.clause import Clause
from server.kit.errors import Conflict, Invalid, NotFound
from server.kit.ids import new_id
from server.policy.grounds import Enabled, require_enabled
from server.policy.model import Rule
from server.policy.shelf import Shelved
from server.policy.terms import Kind
from server.record.acts import Act
from server.supervision import rules, store
from server.supervision.model import NEXT_OF_FINDING, CardStatus, FindingStatus, ReversalGround
from server.supervision.tables import negative_finding, yellow_card

#: Who finds, confirms and reverses (D-HC).
FINDERS = frozenset({Role.DISTRICT_OFFICER, Role.DISTRICT_ADMINISTRATOR})


@dataclass(frozen=True, slots=True)
class Allegation:
    """That an item may have occurred; ``basis``: the record it rests on, as policy names its event."""

    institution_id: UUID
    item: str
    occurred_on: date
    discovered_on: date
    evidence: str
    basis: str | None = None


def item_of(enabled: Enabled, item: str, *, within: tuple[str, ...] = ("input",)) -> Rule:
    """The item on the list in force.  Raises: Invalid, naming those there are."""
    for rule in enabled.version.rules:
        if rule.item == item:
            return rule
    known = "、".join(rule.item for rule in enabled.version.rules if rule.item)
    raise Invalid(
        f"本区施行中的负面清单没有条目 {item[:40]}；有：{known}", path=(*within, "item"), clause=enabled.clause
    )


def check_counts(enabled: Enabled, occurred_on: date, clause: Clause, *, within: tuple[str, ...] = ("input",)) -> None:
    """Pass where the pack counts events of that day: it is not retroactive.  Raises: Invalid, with the clause.

    Implements: FT-2-4-1, A-FT-8.
    """
    if occurred_on < enabled.counts_from:
        raise Invalid(
            f"occurredOn 为 {occurred_on}，早于负面清单施行之日 {enabled.counts_from}；施行前的行为不给予黄牌警告，"
            "依法应当处理的按其他规定办理",
            path=(*within, "occurredOn"),
            clause=clause,
        )


async def allege(act: Act, shelved: Shelved, said: Allegation) -> UUID:
    """The allegation on record.

    Raises: NotAllowed, NotFound, PolicyNotEnabled, Invalid (unknown item, before the list held, days out of order).
    """
    act.require(*FINDERS)
    today = clock.today()
    enabled = require_enabled(shelved, act.tenant_id, Kind.NEGATIVE_LIST, today)
    rule = item_of(enabled, said.item)
    days = (("occurredOn", said.occurred_on), ("discoveredOn", said.discovered_on))
    rules.check_days(days, today, within=("input",), clause=rule.cites[0])
    check_counts(enabled, said.occurred_on, rule.cites[-1])
    try:
        await institutions.load_for_change(act.connection, act.tenant_id, said.institution_id)
    except NotFound:
        raise NotFound(path=("input", "institution")) from None
    row = _row(said, rule) | {"status": FindingStatus.ALLEGED}
    return await add(act, "alleged", row)


def _row(said: Allegation, rule: Rule) -> dict[str, Any]:
    return {
        "institution_id": said.institution_id,
        "item": said.item,
        "item_text": rule.title,
        "clause_document": rule.cites[0].document,
        "clause_anchor": rule.cites[0].anchor,
        "occurred_on": said.occurred_on,
        "discovered_on": said.discovered_on,
        "evidence": rules.worded(said.evidence, "evidence"),
        "basis": said.basis,
    }


async def investigate(act: Act, finding: UUID, *, expected_version: int) -> None:
    """The allegation is being looked into.  Raises: NotAllowed, NotFound, OutOfDate, Conflict."""
    act.require(*FINDERS)
    before = await held(act, finding, expected_version, FindingStatus.INVESTIGATING)
    await change(act, "investigated", before, {"status": FindingStatus.INVESTIGATING})


async def dismiss(act: Act, finding: UUID, *, expected_version: int, reason: str) -> None:
    """The allegation came to nothing.  Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict."""
    act.require(*FINDERS)
    before = await held(act, finding, expected_version, FindingStatus.DISMISSED)
    values = {"status": FindingStatus.DISMISSED, "reason": rules.worded(reason, "reason")}
    await change(act, "dismissed", before, values | {"decided_by": act.actor.subject})


@dataclass(frozen=True, slots=True)
class Reversed:
    """What a reversal did: whose standing it changes, and the card it voided, if it was the card's last ground."""

    institution_id: UUID
    card_id: UUID | None


async def reverse(
    act: Act, finding: UUID, *, expected_version: int, ground: ReversalGround, on: date, reason: str
) -> Reversed:
    """The confirmed finding does not hold after all; its card is voided where no other finding carries it.

    Implements: state machine 9 (CONFIRMED → REVERSED voids the card).
    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict.
    """
    act.require(*FINDERS)
    before = await held(act, finding, expected_version, FindingStatus.REVERSED)
    because = rules.worded(reason, "reason")
    clause = Clause(before["clause_document"], before["clause_anchor"])
    rules.check_days(
        (("confirmedOn", before["confirmed_on"]), ("on", on)), clock.today(), within=("input",), clause=clause
    )
    values = {"status": FindingStatus.REVERSED, "reversal_ground": ground, "reversed_on": on, "reason": because}
    await change(act, "reversed", before, values | {"reversed_at": clock.now()})
    voided = None
    if before["card_id"] is not None:
        others = await store.list_findings_of_card(act.connection, act.tenant_id, before["card_id"])
        if all(one["status"] != FindingStatus.CONFIRMED for one in others):
            voided = before["card_id"]
            await _void(act, voided, on, because)
    return Reversed(before["institution_id"], voided)


async def _void(act: Act, card: UUID, on: date, because: str) -> None:
    before = await store.load_for_change(act.connection, yellow_card, act.tenant_id, card, None)
    values = {"status": CardStatus.VOIDED, "voided_on": on, "voided_at": clock.now(), "void_reason": because}
    await store.update_row(act.connection, yellow_card, act.tenant_id, card, values)
    await act.note("voided", "yellow_card", card, before={"status": before["status"]}, after=values)


async def add(act: Act, action: str, row: Mapping[str, Any], *, policy_digest: str | None = None) -> UUID:
    """A finding on record; its id, which the row may bring along."""
    row_id: UUID = row.get("id") or new_id()
    made = {"tenant_id": act.tenant_id, "id": row_id, "created_by": act.actor.subject, "created_at": clock.now()}
    await store.insert_row(act.connection, negative_finding, made | {"source": "PERSON"} | dict(row))
    await act.note(action, "negative_finding", row_id, after=dict(row), policy_digest=policy_digest)
    return row_id


async def held(act: Act, finding: UUID, expected_version: int | None, to: FindingStatus) -> RowMapping:
    """The finding, locked, where it may become ``to``.  Raises: NotFound, OutOfDate, Conflict."""
    row = await store.load_for_change(act.connection, negative_finding, act.tenant_id, finding, expected_version)
    rules.check_step(NEXT_OF_FINDING, row["status"], to, of="该认定")
    return row


async def change(act: Act, action: str, before: RowMapping, values: Mapping[str, Any], **rest: Any) -> None:
    """The finding changed, with what that leaves behind."""
    await store.update_row(act.connection, negative_finding, act.tenant_id, before["id"], values)
    was = {name: before[name] for name in values}
    await act.note(action, "negative_finding", before["id"], before=was, after=dict(values), **rest)


async def check_not_found_already(act: Act, said: Allegation) -> None:
    """Pass where no confirmed finding rests on the same record for the same item.  Raises: Conflict."""
    if said.basis is None:
        return
    for row in await store.list_findings_on(act.connection, act.tenant_id, said.institution_id):
        if row["basis"] == said.basis and row["item"] == said.item and row["status"] == FindingStatus.CONFIRMED:
            raise Conflict(
                f"该记录已于 {row['confirmed_on']} 认定为条目 {said.item}，同一次行为不重复认定",
                path=("input", "occurrences"),
                clause=Clause(row["clause_document"], row["clause_anchor"]),
            )
