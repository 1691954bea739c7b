"""Where the bytes of files are: a folder, or a bucket, as the installation sets.

A name is there with all of its bytes or not at all: a folder gets them by renaming, a bucket by completing the upload.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, MemoryStore, ObjectStore, from_url

#: Sent at once.
CHUNK_BYTES = 256 * 1024


class VaultUnknown(Exception):
    """The address of the store cannot be read; the message says why."""


class Vault:
    """A store under its address: ``file:///var/lib/shequ/files``, ``s3://bucket/prefix``, ``memory:///``.

    Credentials and endpoint of a bucket come from the environment (``AWS_ACCESS_KEY_ID``, ``AWS_ENDPOINT_URL``, …).
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    @classmethod
    def at(cls, address: str | Path) -> "Vault":
        """The store at this address; a folder is made where there is none.

        Raises: VaultUnknown.
        """
        try:
            if isinstance(address, Path):
                return cls(LocalStore(address.absolute(), mkdir=True))
            if address.startswith("file://"):
                return cls(from_url(address, mkdir=True))
            return cls(from_url(address))
        except (BaseError, ValueError, OSError) as error:
            raise VaultUnknown(str(error)) from error

    @classmethod
    def in_memory(cls) -> "Vault":
        """A store that ends with the process."""
        return cls(MemoryStore())

    async def put(self, place: str, file: IO[bytes]) -> None:
        """The file's bytes from its beginning, in this place."""
        file.seek(0)
        await obstore.put_async(self._store, place, file)

    async def read(self, place: str) -> AsyncIterator[bytes]:
        """The bytes in this place, piece by piece.  Raises: FileNotFoundError."""
        found = await obstore.get_async(self._store, place)
        async for piece in found.stream(min_chunk_size=CHUNK_BYTES):
            yield bytes(piece)

    async def discard(self, place: str) -> None:
        """Nothing is in this place any more."""
        await obstore.delete_async(self._store, place)
