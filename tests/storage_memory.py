"""Measures how much memory a store takes for a large file; run as a process of its own.

``python -m tests.storage_memory FOLDER MEBIBYTES`` with the store's settings in the environment prints, as
JSON, the peak above idle in bytes.
"""

import asyncio
import hashlib
import json
import resource
import sys
from pathlib import Path

from domain.storage import BlobStore
from storage.open import open_store
from storage.settings import StorageSettings

MIB = 1024 * 1024


def peak() -> int:
    """Give this process's own peak of resident memory in bytes."""
    status = Path("/proc/self/status")
    if status.exists():
        # Unlike ru_maxrss it does not begin with the peak of the process that started this one.
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


async def round_trip(store: BlobStore, source: Path, size: int) -> None:
    """Store a file of zeros and read it back, keeping nothing."""
    with source.open("wb") as file:
        file.truncate(size)
    zeros, digest = bytes(MIB), hashlib.sha256()
    for _ in range(size // MIB):
        digest.update(zeros)
    await store.put("memory.mp4", source, content_type="video/mp4", sha256=digest.hexdigest())
    seen = 0
    async for chunk in store.read("memory.mp4"):
        seen += len(chunk)
    if seen != size:
        raise SystemExit(f"{seen} of {size} bytes were read")
    await store.delete("memory.mp4")


async def main(folder: Path, mebibytes: int) -> None:
    store = open_store(StorageSettings())
    await store.prepare()
    # Idle is after a first use: connections, threads and modules are there.
    await round_trip(store, folder / "small", 1 * MIB)
    idle = peak()
    await round_trip(store, folder / "large", mebibytes * MIB)
    above = peak() - idle
    await store.aclose()
    print(json.dumps({"above_idle": above, "idle": idle}))  # noqa: T201 # the answer to whoever started this


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
