"""Mail to the agency's mailbox, where an installation sends any: queued with the case, sent after its commit, retried.

A message never holds a personal value in the clear: its attachments are the annexes with masks, and scans stay on the
platform.  Sending is at least once: a stop between sending and noting it repeats the message under the same Message-ID.
"""

from collections.abc import Sequence
from email.message import EmailMessage
from typing import Final
from uuid import UUID

from sqlalchemy import RowMapping

from server.insurance import store, tables
from server.insurance.annexes import Printing
from server.insurance.model import DeliveryStatus
from server.insurance.printing import Printed
from server.insurance.smtp import Smtp
from server.kit import clock
from server.kit.ids import new_id
from server.record.acts import Act

#: How often a message is tried; then a person must look.
ATTEMPTS_MOST: Final = 5
_BATCH: Final = 20


async def queue(
    act: Act,
    application_id: UUID,
    institution_id: UUID,
    *,
    recipient: str,
    number: str,
    name: str,
    annexes: Sequence[Printed],
) -> UUID:
    """A message that waits to be sent, in the act that gave rise to it."""
    message_id = new_id()
    listed = [{"name": one.name, "sha256": one.sha256, "media_type": one.media_type} for one in annexes]
    after = {
        "application_id": application_id,
        "institution_id": institution_id,
        "recipient": recipient,
        "subject": f"医保定点申请 {number} {name}",
        "body": (
            f"{name}已在平台提交医保定点申请 {number}，申请表、承诺书见附件，执业许可证等材料请在平台查看。\n"
            "附件中的身份证号、联系电话、银行账号均已脱敏；需要核对的，由经办人员在平台说明用途后查看。\n"
            "本邮件由平台自动发送，不改变申请的受理时间；请以平台记录的收到时间为准。"
        ),
        "attachments": listed,
        "status": DeliveryStatus.PENDING,
    }
    mark = {"tenant_id": act.tenant_id, "id": message_id, "created_by": act.actor.subject, "source": "PERSON"}
    await store.insert_rows(act.connection, tables.designation_message, [mark | after])
    await act.note("queued", tables.designation_message.name, message_id, after=after)
    return message_id


async def send_pending(act: Act, smtp: Smtp, printing: Printing) -> tuple[int, int]:
    """The tenant's waiting messages handed over; how many were sent, and how many not."""
    import aiosmtplib

    sent = failed = 0
    for row in await store.list_pending_messages(act.connection, act.tenant_id, _BATCH):
        attempts = row["attempts"] + 1
        try:
            await smtp.send(_letter(smtp, row, await printing.of(act, row["application_id"])))
        except (aiosmtplib.SMTPException, OSError) as error:
            over = attempts >= ATTEMPTS_MOST
            values = {
                "attempts": attempts,
                "failure": f"{type(error).__name__}: {error}"[:500],
                "status": DeliveryStatus.FAILED if over else DeliveryStatus.PENDING,
            }
            failed += 1
        else:
            values = {"attempts": attempts, "failure": None, "status": DeliveryStatus.SENT, "sent_at": clock.now()}
            sent += 1
        await store.update_row(act.connection, tables.designation_message, act.tenant_id, row["id"], values)
        await act.note("tried", tables.designation_message.name, row["id"], after=values)
    return sent, failed


def _letter(smtp: Smtp, row: RowMapping, annexes: Sequence[Printed]) -> EmailMessage:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = smtp.sender, row["recipient"], row["subject"]
    letter["Message-ID"] = f"<{row['id']}@designation.shequ>"
    letter.set_content(row["body"])
    for one in annexes:
        main, _, sub = one.media_type.partition("/")
        letter.add_attachment(one.content, maintype=main, subtype=sub, filename=one.name)
    return letter
