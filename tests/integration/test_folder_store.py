"""The folder store against what goes wrong with disks."""

import asyncio
import errno
import hashlib
import os
import stat
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from domain.errors import ConfigurationError, StorageError
from storage import content_types, folder
from storage.errors import MisconfiguredError
from storage.folder import FolderStore
from storage.signed_urls import SignedUrls
from tests.media_server import media_client

CLIP = b"a clip"
SHA256 = hashlib.sha256(CLIP).hexdigest()
KEY = "project/scene/job.mp4"
NOBODY = 65_534


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "storage"


@pytest.fixture
async def store(root: Path) -> AsyncIterator[FolderStore]:
    made = store_in(root)
    yield made
    await made.aclose()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_bytes(CLIP)
    return path


def store_in(root: Path, **others: Callable[[], datetime]) -> FolderStore:
    return FolderStore(root, SignedUrls(b"k" * 32), configured="file:", **others)


def files_in(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def make_folder(path: Path, permissions: int) -> None:
    path.mkdir()
    path.chmod(permissions)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


async def put(store: FolderStore, source: Path) -> None:
    await store.put(KEY, source, content_type="video/mp4", sha256=SHA256)


@contextmanager
def without_privileges() -> Iterator[None]:
    """Act as a user whom permissions bind; root writes where it likes."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def failing(code: int) -> Callable[..., None]:
    def fail(*_args: object, **_named: object) -> None:
        raise OSError(code, os.strerror(code))

    return fail


async def test_an_unwritable_folder_is_named_with_the_mend(
    store: FolderStore, root: Path, source: Path
) -> None:
    make_folder(root, 0o500)
    with without_privileges():
        for call in (store.prepare, store.check):
            with pytest.raises(ConfigurationError, match=r"STORAGE_URL is 'file:'; .*may write"):
                await call()
        with pytest.raises(StorageError, match="STORAGE_URL"):
            await put(store, source)


async def test_a_file_in_the_folders_place_is_named(store: FolderStore, root: Path, source: Path) -> None:
    await asyncio.to_thread(root.touch)
    with pytest.raises(ConfigurationError, match=f"{root} cannot be prepared"):
        await store.prepare()
    with pytest.raises(MisconfiguredError):
        await put(store, source)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (errno.ENOSPC, "the disk of .* is full"),
        (errno.EDQUOT, "the disk of .* is full"),
        (errno.EIO, "the folder .* cannot take project/scene/job.mp4"),
    ],
)
async def test_a_disk_that_fails_leaves_nothing(
    store: FolderStore, source: Path, monkeypatch: pytest.MonkeyPatch, code: int, expected: str
) -> None:
    await store.prepare()
    monkeypatch.setattr(os, "fsync", failing(code))
    with pytest.raises(StorageError, match=expected) as caught:
        await put(store, source)
    assert not isinstance(caught.value, MisconfiguredError)
    assert files_in(store.root) == []
    assert await store.head(KEY) is None


async def test_a_full_disk_passes_when_there_is_room_again(
    store: FolderStore, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as full:
        full.setattr(os, "fsync", failing(errno.ENOSPC))
        with pytest.raises(StorageError):
            await put(store, source)
    await put(store, source)
    assert await store.head(KEY)


async def test_a_disk_that_cannot_be_read_is_named(
    store: FolderStore, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put(store, source)
    monkeypatch.setattr(Path, "open", failing(errno.EIO))
    with pytest.raises(StorageError, match=f"cannot read {KEY}"):
        await anext(store.read(KEY))


async def test_bytes_that_the_disk_changed_are_noticed(
    store: FolderStore, root: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def corrupt(descriptor: int) -> None:
        os.pwrite(descriptor, b"X", 0)

    # Called once the file is synced, and before it is read back.
    monkeypatch.setattr(folder, "evict", corrupt)
    with pytest.raises(StorageError, match="the disk has 6 bytes with"):
        await put(store, source)
    assert files_in(root) == []


async def test_a_file_has_its_name_only_once_it_is_whole_and_synced(
    store: FolderStore, root: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced, go = threading.Event(), threading.Event()

    def pause(_descriptor: int) -> None:
        synced.set()
        go.wait()

    monkeypatch.setattr(folder, "evict", pause)
    writing = asyncio.create_task(put(store, source))
    await asyncio.to_thread(synced.wait)
    assert await store.head(KEY) is None
    assert [name.rpartition(".")[2] for name in files_in(root)] == ["part"]
    go.set()
    await writing
    assert files_in(root) == [KEY]


async def test_the_file_is_synced_before_its_name_and_the_folders_after(
    store: FolderStore, root: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[int, bool]] = []
    fsync = os.fsync

    def noted(descriptor: int) -> None:
        synced.append((os.fstat(descriptor).st_ino, (root / KEY).exists()))
        fsync(descriptor)

    await store.prepare()
    monkeypatch.setattr(os, "fsync", noted)
    await put(store, source)
    path = root / KEY
    expected = [(path, False), (root, False), (path.parents[1], False), (path.parent, True)]
    assert synced == [(each.stat().st_ino, named) for each, named in expected]


async def test_a_filesystem_that_cannot_sync_a_folder_is_used(
    store: FolderStore, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def refuse_folders(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "Invalid argument")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", refuse_folders)
    await put(store, source)
    assert await store.head(KEY)


async def test_a_folder_that_cannot_be_synced_is_an_error(
    store: FolderStore, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.prepare()
    monkeypatch.setattr(os, "fsync", lambda _descriptor: None)
    await put(store, source)
    monkeypatch.setattr(os, "fsync", failing(errno.EIO))
    with pytest.raises(StorageError, match=f"cannot delete {KEY}"):
        await store.delete(KEY)


async def test_a_cancelled_put_leaves_nothing(
    store: FolderStore, root: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced, go = threading.Event(), threading.Event()

    def pause(_descriptor: int) -> None:
        synced.set()
        go.wait()

    monkeypatch.setattr(folder, "evict", pause)
    writing = asyncio.create_task(put(store, source))
    await asyncio.to_thread(synced.wait)
    writing.cancel()
    asyncio.get_running_loop().call_soon(go.set)
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert files_in(root) == []


async def test_what_dead_processes_left_is_cleared_away(root: Path) -> None:
    now = datetime.now(UTC)
    store = store_in(root, now=lambda: now)
    await store.prepare()
    for name, age in {"dead": timedelta(days=1, minutes=1), "alive": timedelta(hours=23)}.items():
        path = root / ".unfinished" / f"{name}.part"
        path.touch()
        written = (now - age).timestamp()
        os.utime(path, (written, written))
    await store.prepare()
    assert files_in(root) == [".unfinished/alive.part"]
    await store.aclose()


async def test_other_users_are_kept_out_of_a_folder_made_here(store: FolderStore, root: Path) -> None:
    await store.prepare()
    assert mode(root) == 0o700


async def test_a_folder_that_was_there_keeps_its_mode(store: FolderStore, root: Path) -> None:
    make_folder(root, 0o755)
    await store.prepare()
    assert mode(root) == 0o755


@pytest.mark.parametrize("suffix", ["mp4", "png", "jpg", "webp", "vtt", "bin"])
async def test_without_attributes_the_name_tells_the_content_type(
    store: FolderStore, source: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    expected = {
        "mp4": "video/mp4",
        "png": "image/png",
        "jpg": "image/jpeg",
        "webp": "image/webp",
        "vtt": "text/vtt",
    }
    monkeypatch.setattr(content_types, "_ATTRIBUTE", "no such namespace")
    kind = expected.get(suffix, "application/octet-stream")
    stored = await store.put(f"a.{suffix}", source, content_type=kind, sha256=SHA256)
    assert stored.content_type == kind


async def test_a_link_expires(root: Path, source: Path) -> None:
    earlier = datetime.now(UTC) - timedelta(minutes=10)
    store = store_in(root, now=lambda: earlier)
    await put(store, source)
    async with media_client(store) as web:
        assert await status(web, await store.url(KEY, expires=timedelta(minutes=11))) == 200
        assert await status(web, await store.url(KEY, expires=timedelta(minutes=9))) == 403
    await store.aclose()


async def test_a_link_that_was_tampered_with_is_refused(store: FolderStore, source: Path) -> None:
    await put(store, source)
    link = await store.url(KEY, expires=timedelta(minutes=1))
    expires = parse_qs(urlsplit(link).query)["expires"][0]
    async with media_client(store) as web:
        assert await status(web, link) == 200
        assert await status(web, link.replace(expires, str(int(expires) + 1))) == 403
        assert await status(web, link.replace("job.mp4", "other.mp4")) == 403
        assert await status(web, link[:-1] + ("0" if link[-1] != "0" else "1")) == 403


async def status(web: httpx.AsyncClient, link: str) -> int:
    return (await web.get(link)).status_code
