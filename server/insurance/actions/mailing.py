"""Mail about an application, queued by the applicant or the agency."""

from uuid import UUID

from server.insurance import applicants, mailing, store, tables
from server.insurance.actions import stepping
from server.insurance.annexes import Printing
from server.insurance.model import PASSAGES, Step
from server.kit.errors import Conflict
from server.policy.documents import Register
from server.record.acts import Act


async def mail(act: Act, application_id: UUID, *, register: Register, enabled: bool) -> UUID:
    """A message to the agency's mailbox with the annexes, masked; it waits to be sent (MIC-3-1b).

    Raises: NotAllowed, NotFound, Conflict (the installation sends no mail).
    """
    by = PASSAGES[Step.SUBMIT].by
    act.require(*by)
    if not enabled:
        raise Conflict("本平台未启用邮件发送；申请已在平台受理，无需另发邮件", path=("input", "application"))
    row = await store.load_for_change(act.connection, tables.designation_application, act.tenant_id, application_id)
    await stepping.require_own(act, row["institution_id"], by)
    annexes = await Printing(register).of(act, application_id)
    return await mailing.queue(
        act,
        application_id,
        row["institution_id"],
        recipient=await applicants.load_agency_mailbox(act.connection, act.tenant_id),
        number=row["number"],
        name=row["institution_name"],
        annexes=annexes,
    )
