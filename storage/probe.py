"""The round trip that shows whether a store works."""

import hashlib
from uuid import uuid4

from domain.errors import StorageError
from domain.storage import BlobStore

_CONTENT = b"Rushes wrote this to see whether it can. It may be deleted.\n"


async def round_trip(store: BlobStore) -> None:
    """Write, read back and remove a small object.

    Raises:
        StorageError: some step failed, or what came back is not what was written.
    """
    key = f"probe-{uuid4().hex}.txt"
    digest = hashlib.sha256(_CONTENT).hexdigest()
    await store.put(key, _CONTENT, content_type="text/plain", sha256=digest)
    try:
        found = b"".join([chunk async for chunk in store.read(key)])
    finally:
        await store.delete(key)
    if found != _CONTENT:
        raise StorageError(f"the storage gave back {len(found)} bytes that are not those written to it")
    if await store.head(key) is not None:
        raise StorageError("the storage still shows an object that was deleted")
