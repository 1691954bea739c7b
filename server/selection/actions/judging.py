"""What the policy says of an application 申报, rule by rule, kept with its record."""

from uuid import UUID

from server.kit import clock
from server.kit.ids import new_id
from server.policy.decision import Decision
from server.policy.procedures import Procedure
from server.policy.store import insert_decisions
from server.proposals import actions as proposals
from server.record.acts import Act
from server.selection import eligibility, steps, store, tables


async def judge_application(act: Act, procedure: Procedure, application_id: UUID) -> tuple[Decision, ...]:
    """What the policy says of the application now, kept rule by rule with its record; grounds for refusing are proposed."""
    application = await store.load(act.connection, tables.operator_application, act.tenant_id, application_id)
    claims = await store.list_claims(act.connection, act.tenant_id, application_id)
    decisions = eligibility.judge(
        procedure,
        eligibility.history_of(application_id, claims),
        submitted_on=application["submitted_on"],
        as_of=clock.today(),
        known_at=clock.now(),
    )
    kept = [(new_id(), None, one) for one in decisions]
    await insert_decisions(act.connection, act.tenant_id, kept, act.actor.subject)
    rows = []
    for n, (decision_id, _, one) in enumerate(kept, start=1):
        clause = one.explanation[0].clause
        text = procedure.register.find(clause)
        rows.append(
            {
                "tenant_id": act.tenant_id,
                "id": new_id(),
                "application_id": application_id,
                "decision_id": decision_id,
                "ordinal": n,
                "rule": one.rule,
                "title": one.title,
                "concept": one.concept,
                "outcome": one.outcome,
                "effect": one.effect,
                "mode": one.mode,
                "clause_document": clause.document,
                "clause_anchor": clause.anchor,
                "clause_text": text.text if text else None,
                "reason": eligibility.reason_of(one),
                "as_of": one.as_of,
            }
        )
    await store.replace_checks(act.connection, act.tenant_id, application_id, rows)
    proposed = eligibility.proposed(decisions)
    await store.change(
        act.connection, tables.operator_application, act.tenant_id, application_id, {"proposed": proposed}
    )
    await act.note(
        "judged",
        steps.APPLICATION,
        application_id,
        before={"proposed": application["proposed"]},
        after={"proposed": proposed, "rules": {one.rule: one.outcome for one in decisions}},
        policy_digest=decisions[0].policy_digest if decisions else procedure.digest,
    )
    await proposals.propose(act, None, decisions, subject_type=steps.APPLICATION, subject_id=application_id)
    return decisions
