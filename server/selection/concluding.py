"""What a selection that has ended leaves in the common record of reviews: one row for each application."""

from uuid import UUID

from server.kit import clock
from server.policy.procedures import Procedure
from server.record.acts import Act
from server.reviews.actions import Conclusion, record_review
from server.reviews.model import ReviewKind, ReviewOutcome
from server.selection import store
from server.selection.model import ApplicationStatus
from server.selection.tables import selection_call

_OUTCOMES = {
    ApplicationStatus.CONFIRMED: ReviewOutcome.PASSED,
    ApplicationStatus.NOT_SELECTED: ReviewOutcome.FAILED,
    ApplicationStatus.INELIGIBLE: ReviewOutcome.FAILED,
}
_AUTHORITY = "区卫生健康委"


async def conclude_reviews(act: Act, procedure: Procedure, call_id: UUID) -> None:
    """How the review of each application ended, with score and reason; none of those that were withdrawn.

    Where the call ended without a result, what was not decided stays undetermined.
    Implements: domain model B.4a (SELECTION 遴选评价).
    """
    call = await store.load(act.connection, selection_call, act.tenant_id, call_id)
    for one in await store.list_applications(act.connection, act.tenant_id, call_id):
        status = ApplicationStatus(one["status"])
        if status is ApplicationStatus.WITHDRAWN:
            continue
        outcome = _OUTCOMES.get(status, ReviewOutcome.UNDETERMINED)
        scored = one["total_score"] is not None and status is not ApplicationStatus.INELIGIBLE
        reason = one["decision_reason"] if status is ApplicationStatus.INELIGIBLE else None
        await record_review(
            act,
            Conclusion(
                ReviewKind.SELECTION,
                None,
                outcome,
                clock.today(),
                _AUTHORITY,
                cycle=call["number"],
                score=one["total_score"] if scored else None,
                score_max=one["score_max"] if scored else None,
                # Scores of two calls do not compare, whatever their criteria are called.
                scheme=call["number"] if scored else None,
                reason=reason or (call["end_reason"] if outcome is ReviewOutcome.UNDETERMINED else status.label),
                policy_digest=procedure.digest,
                application_id=one["id"],
            ),
        )
