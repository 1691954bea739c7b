"""What can be done to districts and agencies."""

import re
from collections.abc import Sequence
from uuid import UUID

from server.districts import store
from server.kit.actor import Role
from server.kit.errors import Invalid, NotFound, OutOfDate
from server.record.acts import Act

#: Who keeps an agency's contacts.
CONTACT_KEEPERS = frozenset({Role.AGENCY_OFFICER, Role.DISTRICT_ADMINISTRATOR})

_PHONE = re.compile(r"\d{3,4}-?\d{7,8}|\d{7,8}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


async def update_agency_contacts(act: Act, *, expected_version: int, phones: Sequence[str], email: str) -> UUID:
    """The agency with new enquiry phones and mailbox.

    Implements: MIC-A3 (京医保中心发〔2025〕4号 附件3).
    Raises: Invalid, OutOfDate, NotFound, NotAllowed.
    """
    act.require(*CONTACT_KEEPERS)
    if not 1 <= len(phones) <= 5:
        raise Invalid(f"咨询电话应为 1 至 5 个，实际为 {len(phones)} 个", path=("input", "phones"))
    for n, phone in enumerate(phones):
        if not _PHONE.fullmatch(phone):
            raise Invalid(
                f"电话“{phone}”格式不正确：应为 7 或 8 位固定电话，可带区号", path=("input", "phones", str(n))
            )
    if len(email) > 254 or not _EMAIL.fullmatch(email):
        raise Invalid(f"邮箱“{email}”格式不正确", path=("input", "email"))
    agency = await store.lock_agency(act.connection, act.tenant_id)
    if agency is None:
        raise NotFound()
    if agency["version"] != expected_version:
        raise OutOfDate(current_version=agency["version"])
    after = {"phones": list(phones), "email": email}
    await store.update_agency(act.connection, act.tenant_id, after)
    before = {"phones": agency["phones"], "email": agency["email"]}
    await act.note("contacts_updated", "insurance_agency", agency["id"], before=before, after=after)
    agency_id: UUID = agency["id"]
    return agency_id
