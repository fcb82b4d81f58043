"""A store that lies is found out."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from domain.errors import StorageError
from domain.storage import Source, StoredObject
from storage.probe import round_trip


@dataclass
class Memory:
    """Keeps objects in memory, and lies where it is told to."""

    kept: dict[str, bytes] = field(default_factory=dict)
    garbles: bool = False
    never_forgets: bool = False
    cannot_read: bool = False

    async def prepare(self) -> None:
        """Do nothing."""

    async def put(self, key: str, source: Source, *, content_type: str, sha256: str) -> StoredObject:
        self.kept[key] = source if isinstance(source, bytes) else source.read_bytes()
        return StoredObject(key, len(self.kept[key]), content_type)

    async def head(self, key: str) -> StoredObject | None:
        return StoredObject(key, len(self.kept[key]), "text/plain") if key in self.kept else None

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        if self.cannot_read:
            raise StorageError("cannot read")
        yield b"garbled" if self.garbles else self.kept[key]

    async def delete(self, key: str) -> None:
        if not self.never_forgets:
            del self.kept[key]

    async def url(self, key: str, *, expires: timedelta) -> str:
        return key

    async def check(self) -> None:
        """Do nothing."""

    async def aclose(self) -> None:
        """Do nothing."""


async def test_an_honest_store_passes_and_keeps_nothing() -> None:
    store = Memory()
    await round_trip(store)
    assert store.kept == {}


async def test_a_probe_never_looks_like_a_clip() -> None:
    store = Memory(never_forgets=True)
    with pytest.raises(StorageError, match="still shows an object that was deleted"):
        await round_trip(store)
    assert [name.rpartition(".")[2] for name in store.kept] == ["txt"]


async def test_other_bytes_are_noticed() -> None:
    with pytest.raises(StorageError, match="7 bytes that are not those written"):
        await round_trip(Memory(garbles=True))


async def test_a_probe_that_cannot_be_read_is_removed() -> None:
    store = Memory(cannot_read=True)
    with pytest.raises(StorageError, match="cannot read"):
        await round_trip(store)
    assert store.kept == {}
