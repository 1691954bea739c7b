"""Handing out stored files."""

from uuid import UUID

from server.documents import store
from server.documents.keeping import Outgoing
from server.documents.vault import Vault
from server.kit.errors import NotFound
from server.policy.store import Fetch


async def stored_file(fetch: Fetch, vault: Vault, tenant_id: int, document_id: UUID) -> Outgoing:
    """The stored file with its bytes.  Who may have it was decided when its address was given out.

    Raises: NotFound where it is not stored.
    """
    found = await store.find_stored(fetch, tenant_id, document_id)
    if found is None:
        raise NotFound()
    name, media_type, size_bytes, sha256, place = found
    return Outgoing(name, media_type, size_bytes, vault.read(place), sha256)
