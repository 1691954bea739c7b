"""Writing into the review record; areas that conclude a review call this inside their own act."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from server.kit import clock
from server.kit.errors import Conflict, Invalid
from server.kit.ids import new_id
from server.record.acts import Act
from server.reviews import store
from server.reviews.model import ReviewKind, ReviewOutcome


@dataclass(frozen=True, slots=True)
class Conclusion:
    """How one review ended. ``score`` counts within ``scheme`` only, from 0 to ``score_max``.

    It is of an institution, or of an application of an operator that has none yet.
    """

    kind: ReviewKind
    institution_id: UUID | None
    outcome: ReviewOutcome
    decided_on: date
    decided_by: str
    cycle: str | None = None
    score: Decimal | None = None
    score_max: Decimal | None = None
    scheme: str | None = None
    reason: str | None = None
    policy_digest: str | None = None
    application_id: UUID | None = None


async def record_review(act: Act, conclusion: Conclusion) -> UUID:
    """The review's row in the common record.

    The caller keeps ``institution.latest_review_on`` (``institutions`` stands above this area).
    Raises: Invalid for a day that has not come, a score outside its scale, or a score without its scheme.
    """
    if conclusion.decided_on > clock.today():
        raise Invalid(f"评审日期不能晚于今天，实际为 {conclusion.decided_on}", path=("input", "decidedOn"))
    score, most = conclusion.score, conclusion.score_max
    if score is not None:
        if most is None or conclusion.scheme is None:
            raise Invalid("有得分时应同时给出满分和评分方案", path=("input", "score"))
        if not 0 <= score <= most:
            raise Invalid(f"得分应在 0 到 {most} 之间，实际为 {score}", path=("input", "score"))
    review_id = new_id()
    after = {
        "kind": conclusion.kind,
        "institution_id": conclusion.institution_id,
        "application_id": conclusion.application_id,
        "cycle": conclusion.cycle,
        "outcome": conclusion.outcome,
        "score": score,
        "score_max": most,
        "scheme": conclusion.scheme,
        "decided_on": conclusion.decided_on,
        "decided_by": conclusion.decided_by,
        "reason": conclusion.reason,
        "policy_digest": conclusion.policy_digest,
    }
    # The instants are the application's, like all that policy reads: a history is then the same at any clock.
    made = {"tenant_id": act.tenant_id, "id": review_id, "created_by": act.actor.subject, "created_at": clock.now()}
    row = after | made | {"source": "PERSON"}
    await store.insert_reviews(act.connection, [row])
    await act.note("concluded", "review", review_id, after=after, policy_digest=conclusion.policy_digest)
    return review_id


async def annul_review(act: Act, review_id: UUID, *, reason: str) -> None:
    """The review no longer stands from today; it is kept, and what was known until now stays known.

    Raises: NotFound, Conflict where it was annulled before.
    """
    row = await store.load_for_change(act.connection, act.tenant_id, review_id)
    if row["annulled_on"] is not None:
        raise Conflict(f"该评审记录已于 {row['annulled_on']} 撤销", path=("input",))
    await store.update_annulled(act.connection, act.tenant_id, review_id, clock.today(), clock.now())
    await act.note(
        "annulled",
        "review",
        review_id,
        before={"annulled_on": None},
        after={"annulled_on": clock.today(), "reason": reason},
    )
