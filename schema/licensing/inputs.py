"""What the inputs of licensing share: a step's reasons, documents by material, a proposal at its version, the limits."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import strawberry

from schema.access import Request
from schema.acting import node_of
from schema.inputs import REASON, Versioned, field
from schema.tags import PROPOSAL_TAG
from server.kit import clock
from server.kit.errors import BadInput, NotFound
from server.kit.ids import NodeId
from server.licensing.actions.issuing import Opening
from server.licensing.actions.proposed import ProposalAt
from server.licensing.limits import Limits
from server.licensing.lists import Lists, lists_of
from server.licensing.model import OpeningSource


@strawberry.input(description="对许可申请的处理 with its reasons")
class LicenceApplicationStepInput(Versioned):
    """What a step with reasons takes."""

    application: strawberry.ID = field("申请")
    reason: str = field(REASON)


@strawberry.input(description="材料文件 a stored file and the material it is")
class MaterialDocumentInput:
    """A document."""

    material: str = field("材料代号 as in `LicenceApplication.materials`")
    document: strawberry.ID = field("文件 uploaded and stored")


@strawberry.input(description="开放运行期限 only as a decision or agreement sets it")
class OpeningDeadlineInput:
    """By when, and where it is written."""

    due_on: date = field("期限 the last day that is in time")
    source: OpeningSource = field("出处")
    reference: str = field("文号 of that decision or agreement")


@strawberry.input(description="所处理的建议")
class ProposalAtInput:
    """A proposal."""

    proposal: strawberry.ID = field("建议")
    expected_version: int = field("所见版本 of the proposal")


def documents_of(given: Sequence[MaterialDocumentInput]) -> list[tuple[str, UUID]]:
    """Pairs of material and row id.  Raises: BadInput."""
    return [
        (one.material, NodeId.parse(one.document, path=("input", "documents", n, "document")).id)
        for n, one in enumerate(given)
    ]


def opening_of(given: OpeningDeadlineInput | None) -> Opening | None:
    """The day set for opening, as licensing takes it."""
    return None if given is None else Opening(given.due_on, given.source, given.reference)


def proposal_of(given: ProposalAtInput | None) -> ProposalAt | None:
    """The proposal at its version.  Raises: BadInput."""
    if given is None:
        return None
    return ProposalAt(node_of(given.proposal, PROPOSAL_TAG, "proposal").id, given.expected_version)


def row_of(text: str | None, tenant: int, field_name: str) -> UUID | None:
    """The row that an id of any type names in this tenant.  Raises: BadInput, NotFound for another tenant's."""
    if text is None:
        return None
    node = NodeId.parse(text, path=("input", field_name))
    if node.tenant_id != tenant:
        raise NotFound(path=("input", field_name))
    return node.id


async def limits_in(request: Request, tenant: int) -> Limits:
    """What licensing goes by in the tenant today."""
    return Limits.of(await request.engine.policies.current(), tenant, clock.today())


async def lists_in(request: Request, tenant: int) -> Lists:
    """The lists that hold in the tenant.  Raises: BadInput for a tenant that is no district."""
    code = await request.engine.directory.code_of(tenant)
    if code is None:
        raise BadInput("没有该辖区", path=("input", "district"))
    return lists_of(request.engine.policies.library, code)
