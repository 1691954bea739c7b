"""What a rule proposed about an institution, taken up by a person: at the version seen, and about that institution."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import RowMapping

from server.kit.errors import Invalid
from server.policy.terms import Effect


@dataclass(frozen=True, slots=True)
class ProposalAt:
    """A proposal at the version the caller saw."""

    id: UUID
    version: int


def check_proposal(taken: RowMapping, institution_id: UUID, effect: Effect) -> None:
    """Pass where the proposal is about this institution and proposes this.  Raises: Invalid."""
    if taken["institution_id"] != institution_id:
        raise Invalid("该建议不是针对本机构的", path=("input", "proposal"))
    if effect not in taken["effects"]:
        raise Invalid(f"该建议没有提出“{effect.label}”", path=("input", "proposal"))
