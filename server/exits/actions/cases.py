"""An exit case from its opening to the decision of two persons.

Implements: state machine 11, MTG-20-0, FT-2-4-5, A-MTG-8.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from server.exits import rules
from server.exits.model import DECIDABLE, NEXT_OF_EXIT, ExitGround, ExitStatus
from server.exits.tables import exit_case
from server.institutions import store as institutions
from server.institutions.model import InstitutionStatus
from server.kit import clock
from server.kit.actor import Role
from server.kit.clause import Clause
from server.kit.errors import Conflict, Invalid, NotFound
from server.kit.ids import new_id
from server.papers.actions import issue
from server.papers.model import PaperKind
from server.policy.grounds import Enabled, require_enabled
from server.policy.shelf import Shelved
from server.policy.store import load_decision
from server.policy.terms import Effect, Kind, SourceStatus
from server.proposals.actions import take_up
from server.record.acts import Act
from server.supervision import rules as said
from server.supervision import store
from server.supervision.tables import negative_finding
from server.tasks.actions import due_after, finish, open_task
from server.tasks.model import DayUnit, Due, Task, TaskKind

OFFICERS = frozenset({Role.DISTRICT_OFFICER, Role.DISTRICT_ADMINISTRATOR})
STATING = OFFICERS | {Role.INSTITUTION_STAFF}

#: 行政处罚法 64(一): a hearing is asked for within five days of the notice; 85: working days.
HEARING_WORKING_DAYS = 5


@dataclass(frozen=True, slots=True)
class Opening:
    """Why a case is opened: an accepted proposal, a confirmed finding, or the institution's own wish or statute."""

    ground: ExitGround
    because: str
    proposal_id: UUID | None = None
    proposal_version: int | None = None
    finding_id: UUID | None = None
    institution_id: UUID | None = None
    effects: Sequence[Effect] = ()


async def open_case(act: Act, shelved: Shelved, wanted: Opening) -> UUID:
    """The case.  A proposal that it is opened on is thereby accepted.

    Raises: NotAllowed, NotFound, OutOfDate, PolicyNotEnabled, Invalid, Conflict.
    """
    act.require(*OFFICERS)
    enabled = require_enabled(shelved, act.tenant_id, Kind.EXIT, clock.today())
    because = said.worded(wanted.because, "because")
    grounds = await _grounds(act, enabled, wanted)
    clause = grounds["clause"]
    if wanted.proposal_id is None:
        rules.check_effects(grounds["effects"], clause=clause)
    try:
        institution = await institutions.load_for_change(act.connection, act.tenant_id, grounds["institution_id"])
    except NotFound:
        raise NotFound(path=("input", "institution")) from None
    case_id = new_id()
    after = {
        "institution_id": institution["id"],
        "ground": wanted.ground,
        "status": ExitStatus.OPENED,
        "effect": grounds["effects"][0],
        "proposal_id": wanted.proposal_id,
        "finding_id": wanted.finding_id,
        "proposed_effects": [one.value for one in grounds["effects"]],
        "clause_document": clause.document,
        "clause_anchor": clause.anchor,
        "policy_digest": enabled.version.digest,
        "opened_on": clock.today(),
        "opened_because": because,
    }
    made = {"tenant_id": act.tenant_id, "id": case_id, "created_by": act.actor.subject, "created_at": clock.now()}
    await store.insert_row(act.connection, exit_case, made | {"source": "PERSON"} | after)
    await act.note("opened", "exit_case", case_id, after=after, policy_digest=enabled.version.digest)
    await to_do(act, TaskKind.REVIEW_EXIT, f"核实{institution['name']}的退出事实", case_id, institution["id"], clause)
    return case_id


async def review_facts(act: Act, case: UUID, *, expected_version: int, facts: str) -> None:
    """The facts have been looked at by a person.  Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict."""
    act.require(*OFFICERS)
    before = await held(act, case, expected_version, ExitStatus.FACT_REVIEW)
    values = {"facts": said.worded(facts, "facts"), "facts_reviewed_on": clock.today()}
    await change(act, "facts_reviewed", before, values | {"status": ExitStatus.FACT_REVIEW})
    await finish(act, subject_id=case, kind=TaskKind.REVIEW_EXIT)
    await to_do(act, TaskKind.NOTIFY_EXIT, "作出退出事先告知", case, before["institution_id"], clause_of(before))


async def notify(act: Act, case: UUID, *, expected_version: int, statement_by: date) -> UUID:
    """The institution is told what is to be decided, on what facts, and by when it may speak; the notice's id.

    The texts give no length; the notice sets the day, which for a revocation leaves at least the five working days within
    which a hearing may be asked for.
    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict.
    """
    act.require(*OFFICERS)
    before = await held(act, case, expected_version, ExitStatus.NOTIFIED)
    today, clause = clock.today(), clause_of(before)
    effects = [Effect(one) for one in before["proposed_effects"]]
    earliest = today + timedelta(days=1)
    if Effect.REVOKE_LICENCE in effects:
        hearing = await due_after(
            act, today, HEARING_WORKING_DAYS, DayUnit.WORKING, rule="听证申请期限", source=SourceStatus.UNVERIFIED
        )
        earliest = hearing.on
    if statement_by < earliest:
        raise Invalid(
            f"陈述申辩期限 statementBy 不能早于 {earliest}，实际为 {statement_by}",
            path=("input", "statementBy"),
            clause=clause,
        )
    values = {"status": ExitStatus.NOTIFIED, "notified_on": today, "statement_by": statement_by}
    await change(act, "notified", before, values)
    institution = await institutions.load_for_change(act.connection, act.tenant_id, before["institution_id"])
    paper = await issue(
        act,
        kind=PaperKind.EXIT_NOTICE,
        subject_type="exit_case",
        subject_id=case,
        institution_id=institution["id"],
        addressee=institution["name"],
        title="退出事先告知书",
        fields={
            "拟作出的决定": "、".join(one.label for one in effects),
            "认定的事实": before["facts"],
            "陈述申辩": f"可在 {statement_by} 前（含当日）提出陈述和申辩",
            **({"听证": "对拟吊销许可证件，可在上述期限内要求听证"} if Effect.REVOKE_LICENCE in effects else {}),
        },
        issued_on=today,
        clauses=[clause],
    )
    await finish(act, subject_id=case, kind=TaskKind.NOTIFY_EXIT)
    due = Due(
        statement_by, "告知书所定", None, DayUnit.FIXED, today, provisional=False, source=SourceStatus.FROM_CLAUSE
    )
    consequence = "逾期未陈述的，视为放弃，可以作出决定"
    await to_do(
        act,
        TaskKind.STATE_ON_EXIT,
        "就拟作出的退出决定陈述申辩",
        case,
        institution["id"],
        clause,
        role=Role.INSTITUTION_STAFF,
        due=due,
        consequence=consequence,
    )
    await to_do(act, TaskKind.DECIDE_EXIT, "拟定退出决定", case, institution["id"], clause)
    return paper


async def state(act: Act, case: UUID, *, expected_version: int, statement: str) -> None:
    """What the institution has to say, entered by its staff or, where it spoke otherwise, by an officer.

    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict.
    """
    act.require(*STATING)
    before = await store.load_for_change(act.connection, exit_case, act.tenant_id, case, expected_version)
    own = {grant.institution_id for grant in act.actor.grants if grant.tenant_id == act.tenant_id}
    if not act.actor.acting_roles_in(act.tenant_id) & OFFICERS and before["institution_id"] not in own:
        raise NotFound(path=("input", "case"))
    if before["status"] != ExitStatus.NOTIFIED:
        now = ExitStatus(before["status"]).label
        raise Conflict(
            f"案件现为“{now}”，只有告知后、决定前可以陈述申辩", path=("input", "case"), clause=clause_of(before)
        )
    values = {"statement": said.worded(statement, "statement"), "statement_on": clock.today()}
    await change(act, "stated", before, values)
    await finish(act, subject_id=case, kind=TaskKind.STATE_ON_EXIT)


async def draft(
    act: Act, case: UUID, *, expected_version: int, effects: Sequence[Effect], because: str, service_stops: bool
) -> None:
    """What the first person would decide, once the institution was heard.

    Raises: NotAllowed, NotFound, OutOfDate, Invalid, Conflict.
    """
    act.require(*OFFICERS)
    before = await held(act, case, expected_version, ExitStatus.DECIDED)
    clause = clause_of(before)
    rules.check_effects(effects, clause=clause)
    rules.check_heard(
        statement_on=before["statement_on"], statement_by=before["statement_by"], today=clock.today(), clause=clause
    )
    told = {Effect(one) for one in before["proposed_effects"]} | {Effect.NO_ACTION}
    if beyond := [one.label for one in effects if one not in told]:
        raise Conflict(
            f"告知书没有列明{'、'.join(beyond)}，不能作出未经告知的决定", path=("input", "effects"), clause=clause
        )
    values = {
        "drafted_by": act.actor.subject,
        "drafted_effects": [one.value for one in effects],
        "drafted_because": said.worded(because, "because"),
        "service_stops": service_stops,
    }
    await change(act, "drafted", before, values)
    await finish(act, subject_id=case, kind=TaskKind.DECIDE_EXIT)
    await to_do(act, TaskKind.APPROVE_EXIT, "审批退出决定（须由另一人）", case, before["institution_id"], clause)


async def decide(act: Act, case: UUID, *, expected_version: int) -> UUID:
    """The decision, by a second person; its document's id.  What is decided is not yet executed.

    Raises: NotAllowed, NotFound, OutOfDate, Conflict (one person alone, or not heard).
    """
    act.require(*OFFICERS)
    before = await held(act, case, expected_version, ExitStatus.DECIDED)
    clause, today = clause_of(before), clock.today()
    rules.check_heard(
        statement_on=before["statement_on"], statement_by=before["statement_by"], today=today, clause=clause
    )
    rules.check_second_person(before["drafted_by"], act.actor.subject, clause=clause)
    effects = [Effect(one) for one in before["drafted_effects"]]
    institution = await institutions.load_for_change(act.connection, act.tenant_id, before["institution_id"])
    none = effects == [Effect.NO_ACTION]
    values = {
        "status": ExitStatus.DECIDED,
        "decided_by": act.actor.subject,
        "decided_on": today,
        "decided_effects": [one.value for one in effects],
        "effect": effects[0],
        "status_before": institution["status"],
    }
    await change(act, "decided", before, values)
    paper = await issue(
        act,
        kind=PaperKind.EXIT_DECISION,
        subject_type="exit_case",
        subject_id=case,
        institution_id=institution["id"],
        addressee=institution["name"],
        title="退出决定书",
        fields={
            "决定": "、".join(one.label for one in effects),
            "事实": before["facts"],
            "理由": before["drafted_because"],
            "陈述申辩": before["statement"] or "期限内未提出",
        },
        issued_on=today,
        clauses=[clause],
        remedies=True,
    )
    await finish(act, subject_id=case)
    if none:
        closed = await store.load_for_change(act.connection, exit_case, act.tenant_id, case, None)
        await change(act, "closed", closed, {"status": ExitStatus.CLOSED, "closed_on": today})
        return paper
    if Effect.ORDER_EXIT in effects:
        await institutions.update_institution(
            act.connection, act.tenant_id, institution["id"], {"status": InstitutionStatus.EXITING}
        )
        await act.note("exiting", "institution", institution["id"], before={"status": institution["status"]})
    first = rules.plan_goes_first(effects, service_stops=before["service_stops"])
    kind, title = (
        (TaskKind.PLAN_CONTINUITY, "制定居民承接方案，批准后方可执行")
        if first
        else (TaskKind.EXECUTE_EXIT, "执行退出决定")
    )
    await to_do(act, kind, title, case, institution["id"], clause)
    return paper


async def to_do(
    act: Act,
    kind: TaskKind,
    title: str,
    case: UUID,
    institution_id: UUID,
    clause: Clause | None,
    *,
    role: Role = Role.DISTRICT_OFFICER,
    due: Due | None = None,
    consequence: str | None = None,
) -> None:
    """A task in the case."""
    await open_task(
        act, Task(kind, title, "exit_case", case, institution_id, role, due=due, clause=clause, consequence=consequence)
    )


async def held(act: Act, case: UUID, expected_version: int | None, to: ExitStatus) -> RowMapping:
    """The case, locked, where it may become ``to``.  Raises: NotFound, OutOfDate, Conflict."""
    row = await store.load_for_change(act.connection, exit_case, act.tenant_id, case, expected_version)
    said.check_step(NEXT_OF_EXIT, row["status"], to, of="该退出案件")
    return row


async def change(act: Act, action: str, before: RowMapping, values: Mapping[str, Any]) -> None:
    """The case changed, with what that leaves behind."""
    await store.update_row(act.connection, exit_case, act.tenant_id, before["id"], values)
    was = {name: before[name] for name in values}
    await act.note(
        action, "exit_case", before["id"], before=was, after=dict(values), policy_digest=before["policy_digest"]
    )


def clause_of(row: Mapping[str, Any] | RowMapping) -> Clause:
    """The clause on which the case rests."""
    return Clause(row["clause_document"], row["clause_anchor"])


async def _grounds(act: Act, enabled: Enabled, wanted: Opening) -> dict[str, Any]:
    """Whose case it is, with what effects, on which clause.  Raises: Invalid, Conflict, NotFound, OutOfDate."""
    fallback = enabled.version.rules[0].cites[-1]
    if wanted.ground is ExitGround.RULE:
        if wanted.proposal_id is None or wanted.proposal_version is None:
            raise Invalid("依规则立案须写明所采纳的处置建议及其版本", path=("input", "proposal"), clause=fallback)
        row = await take_up(act, wanted.proposal_id, expected_version=wanted.proposal_version)
        effects = [Effect(one) for one in row["effects"]]
        if row["institution_id"] is None or not set(effects) <= set(DECIDABLE):
            raise Conflict("该建议不是退出建议，不能据以立退出案件", path=("input", "proposal"), clause=fallback)
        record = (await load_decision(act.connection, act.tenant_id, row["decision_id"]))["record"]
        document, _, anchor = record["clauses"][0][0].partition(" ")
        return {"institution_id": row["institution_id"], "effects": effects, "clause": Clause(document, anchor)}
    if wanted.ground is ExitGround.FINDING:
        if wanted.finding_id is None:
            raise Invalid("依认定立案须写明认定", path=("input", "finding"), clause=fallback)
        row = await store.load_for_change(act.connection, negative_finding, act.tenant_id, wanted.finding_id, None)
        if row["status"] != "CONFIRMED":
            raise Conflict("该认定尚未成立或已撤销，不能据以立案", path=("input", "finding"), clause=fallback)
        return {"institution_id": row["institution_id"], "effects": list(wanted.effects), "clause": clause_of(row)}
    if wanted.institution_id is None:
        raise Invalid("须写明机构", path=("input", "institution"), clause=fallback)
    return {"institution_id": wanted.institution_id, "effects": list(wanted.effects), "clause": fallback}
