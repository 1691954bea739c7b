"""Procedures in the API: the pack that a district must have in force, and who acts in a district for the first time."""

import strawberry

from schema.acting import request_of
from server.kit import clock
from server.kit.actor import Actor, Grant, Role
from server.policy.procedures import Procedure, procedure_of
from server.policy.terms import Kind


async def admission_of(info: strawberry.Info, tenant_id: int) -> Procedure:
    """The district's admission policy: in force today for what begins, else the one that carries what began.

    Raises: PolicyNotEnabled.
    """
    name = info.field_name
    path = ("input", "district") if name in BY_DISTRICT else ("input",)
    begun = name not in BY_DISTRICT | {"publishDraftedCall", "submitApplication"}
    return await procedure_of(
        request_of(info).engine.policies, tenant_id, Kind.ADMISSION, clock.today(), begun=begun, path=path
    )


#: Mutations that name their district, for the path of a refusal.
BY_DISTRICT = frozenset(
    {"identifyGaps", "selectGaps", "draftCall", "publishCall", "enrolAsApplicant", "registerPremises"}
)


def is_applicant_now(info: strawberry.Info, tenant_id: int) -> None:
    """The caller holds what this act has just given them, so that its answer shows them their own rows."""
    request = request_of(info)
    actor = request.actor
    if actor is not None and Role.APPLICANT not in actor.roles_in(tenant_id):
        request.actor = Actor(actor.subject, actor.name, (*actor.grants, Grant(tenant_id, Role.APPLICANT)))
