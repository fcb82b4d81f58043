"""What every store does, whatever it stands on."""

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from domain.errors import InvalidRequestError, NotFoundError, StorageError
from domain.storage import BlobStore, StoredObject
from storage.folder import FolderStore
from storage.open import open_store
from storage.s3_client import PART_SIZE
from storage.settings import StorageSettings
from tests.media_server import media_client
from tests.s3_endpoint import S3Endpoint

CLIP = "video/mp4"
HOUR = timedelta(hours=1)
RANGES: dict[tuple[int, int | None], bytes] = {
    (0, None): b"0123456789",
    (0, 4): b"0123",
    (3, 7): b"3456",
    (7, None): b"789",
    (9, 10): b"9",
    (8, 99): b"89",
    (10, None): b"",
    (50, 60): b"",
    (4, 4): b"",
}
# Names that need quoting in a URL, in and beyond ASCII.
ODD_KEYS = [
    "Szene 1/Läufer am Fluß.mp4",
    "场景/镜头 1a.mp4",
    "a+b/c&d=e?f#g%20h.mp4",
    "x/" + "ü" * 90 + ".mp4",
]


@dataclass(frozen=True)
class Kept:
    """A store under test, what fetches its links, and what lists everything it keeps."""

    store: BlobStore
    web: httpx.AsyncClient
    names: Callable[[], list[str]]


@pytest.fixture(params=["folder", "s3"])
async def kept(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Kept]:
    if request.param == "folder":
        settings = StorageSettings(storage_url="file:", rushes_home=tmp_path / "home")
        store = open_store(settings)
        assert isinstance(store, FolderStore)
        made = Kept(store, media_client(store), lambda: files_in(tmp_path / "home" / "storage"))
    else:
        endpoint: S3Endpoint = request.getfixturevalue("s3_endpoint")
        prefix = uuid4().hex
        store = open_store(endpoint.settings(prefix))
        made = Kept(store, httpx.AsyncClient(), lambda: endpoint.names(prefix))
    await store.prepare()
    yield made
    await made.web.aclose()
    await store.aclose()


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def write(tmp_path: Path) -> Callable[[bytes], tuple[Path, str]]:
    """Give what writes bytes to a file of their own and hashes them."""

    def made(content: bytes) -> tuple[Path, str]:
        path = tmp_path / f"source-{uuid4().hex}"
        path.write_bytes(content)
        return path, hashlib.sha256(content).hexdigest()

    return made


Write = Callable[[bytes], tuple[Path, str]]


def clip_key() -> str:
    return f"{uuid4()}/{uuid4()}/{uuid4()}.mp4"


def noise(size: int, seed: int = 0) -> bytes:
    return random.Random(seed).randbytes(size)


async def put(
    store: BlobStore, key: str, written: tuple[Path, str], content_type: str = CLIP
) -> StoredObject:
    path, sha256 = written
    return await store.put(key, path, content_type=content_type, sha256=sha256)


async def content(store: BlobStore, key: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([chunk async for chunk in store.read(key, start, end)])


async def test_what_was_put_is_there(kept: Kept, write: Write) -> None:
    key = clip_key()
    stored = await put(kept.store, key, write(b"a clip"))
    assert stored == StoredObject(key, 6, CLIP)
    assert await kept.store.head(key) == stored
    assert await content(kept.store, key) == b"a clip"


async def test_bytes_are_stored_like_a_file(kept: Kept) -> None:
    key, sha256 = clip_key(), hashlib.sha256(b"a poster").hexdigest()
    stored = await kept.store.put(key, b"a poster", content_type=CLIP, sha256=sha256)
    assert stored == StoredObject(key, 8, CLIP)
    assert await content(kept.store, key) == b"a poster"
    with pytest.raises(StorageError, match="not stored"):
        await kept.store.put(key, b"another one", content_type=CLIP, sha256=sha256)
    assert await content(kept.store, key) == b"a poster"


async def test_an_empty_file_is_stored(kept: Kept, write: Write) -> None:
    stored = await put(kept.store, "empty.txt", write(b""), "text/plain")
    assert stored.size == 0
    assert await content(kept.store, "empty.txt") == b""
    assert await content(kept.store, "empty.txt", 5) == b""


async def test_putting_again_replaces(kept: Kept, write: Write) -> None:
    key = clip_key()
    await put(kept.store, key, write(b"the first take, longer"))
    await put(kept.store, key, write(b"the second"))
    assert await content(kept.store, key) == b"the second"
    assert len(kept.names()) == 1


async def test_putting_the_same_again_is_harmless(kept: Kept, write: Write) -> None:
    key, written = clip_key(), write(b"a clip")
    assert await put(kept.store, key, written) == await put(kept.store, key, written)


async def test_ranges_are_read(kept: Kept, write: Write) -> None:
    await put(kept.store, "digits.txt", write(b"0123456789"), "text/plain")
    for (start, end), expected in RANGES.items():
        assert await content(kept.store, "digits.txt", start, end) == expected, (start, end)


async def test_what_is_missing_is_said_to_be(kept: Kept) -> None:
    key = clip_key()
    assert await kept.store.head(key) is None
    for start, end in [(0, None), (2, 5), (3, 3)]:
        with pytest.raises(NotFoundError, match=key):
            await content(kept.store, key, start, end)


async def test_a_folder_of_objects_is_no_object(kept: Kept, write: Write) -> None:
    await put(kept.store, "project/scene/job.mp4", write(b"a clip"))
    assert await kept.store.head("project/scene") is None
    with pytest.raises(NotFoundError):
        await content(kept.store, "project/scene")


async def test_what_was_deleted_is_gone(kept: Kept, write: Write) -> None:
    key = clip_key()
    await put(kept.store, key, write(b"a clip"))
    await kept.store.delete(key)
    assert await kept.store.head(key) is None
    assert kept.names() == []
    await kept.store.delete(key)


async def test_any_name_can_be_stored_and_linked_to(kept: Kept, write: Write) -> None:
    for key in ODD_KEYS:
        await put(kept.store, key, write(key.encode()))
        assert await kept.store.head(key) == StoredObject(key, len(key.encode()), CLIP)
        assert await content(kept.store, key) == key.encode()
        answer = await kept.web.get(await kept.store.url(key, expires=HOUR))
        assert (answer.status_code, answer.content) == (200, key.encode())
    assert len(kept.names()) == len(ODD_KEYS)


async def test_a_key_that_leads_elsewhere_is_refused(kept: Kept, write: Write) -> None:
    written = write(b"a clip")
    for key in (
        "",
        "/etc/passwd",
        "../secret",
        "a/../../secret",
        ".unfinished/x",
        "a\\..\\b",
        "a\0b",
        "a.part",
    ):
        for refused in (
            put(kept.store, key, written),
            kept.store.head(key),
            content(kept.store, key),
            kept.store.delete(key),
            kept.store.url(key, expires=HOUR),
        ):
            with pytest.raises(InvalidRequestError, match="key is"):
                await refused
    assert kept.names() == []


async def test_a_link_plays_without_headers_and_in_ranges(kept: Kept, write: Write) -> None:
    key, clip = clip_key(), noise(100_000)
    await put(kept.store, key, write(clip))
    link = await kept.store.url(key, expires=HOUR)
    whole = await kept.web.get(link)
    assert (whole.status_code, whole.headers["content-type"], whole.content) == (200, CLIP, clip)
    part = await kept.web.get(link, headers={"range": "bytes=1000-1999"})
    assert (part.status_code, part.content) == (206, clip[1000:2000])
    assert part.headers["content-range"] == "bytes 1000-1999/100000"


async def test_a_link_to_nothing_finds_nothing(kept: Kept) -> None:
    assert (await kept.web.get(await kept.store.url(clip_key(), expires=HOUR))).status_code == 404


async def test_a_link_has_a_life_that_every_store_can_give(kept: Kept) -> None:
    assert await kept.store.url(clip_key(), expires=timedelta(days=7))
    for expires in (timedelta(0), timedelta(seconds=-1), timedelta(days=7, seconds=1)):
        with pytest.raises(ValueError, match="at most 7 days"):
            await kept.store.url(clip_key(), expires=expires)


async def test_the_content_type_is_kept(kept: Kept, write: Write) -> None:
    # A provider's image under a name in .png may well be a JPEG.
    for key, kind in {
        "a.mp4": CLIP,
        "a.png": "image/png",
        "b.png": "image/jpeg",
        "a.vtt": "text/vtt",
    }.items():
        stored = await put(kept.store, key, write(b"bytes"), kind)
        assert stored.content_type == kind
        assert await kept.store.head(key) == stored
        answer = await kept.web.get(await kept.store.url(key, expires=HOUR))
        assert answer.headers["content-type"].partition(";")[0] == kind


async def test_large_files_are_stored(kept: Kept, write: Write) -> None:
    for size in (PART_SIZE - 1, PART_SIZE, PART_SIZE + 1, 2 * PART_SIZE + 12_345):
        key, clip = clip_key(), noise(size)
        assert (await put(kept.store, key, write(clip))).size == size
        assert await content(kept.store, key) == clip
        border = slice(PART_SIZE - 5, PART_SIZE + 5)
        assert await content(kept.store, key, border.start, border.stop) == clip[border]


async def test_many_puts_at_once_do_not_mix(kept: Kept, write: Write) -> None:
    clips = {clip_key(): noise(200_000, seed) for seed in range(24)}
    await asyncio.gather(*(put(kept.store, key, write(clip)) for key, clip in clips.items()))
    for key, clip in clips.items():
        assert await content(kept.store, key) == clip
    assert len(kept.names()) == len(clips)


async def test_one_clip_put_twice_at_once_is_stored(kept: Kept, write: Write) -> None:
    key, clip = clip_key(), noise(300_000)
    stored = await asyncio.gather(*(put(kept.store, key, write(clip)) for _ in range(4)))
    assert stored == [StoredObject(key, len(clip), CLIP)] * 4
    assert await content(kept.store, key) == clip


async def test_a_file_that_is_not_what_was_announced_is_not_stored(kept: Kept, write: Write) -> None:
    path, _ = write(b"not the clip")
    with pytest.raises(StorageError, match="was announced"):
        await put(kept.store, clip_key(), (path, hashlib.sha256(b"the clip").hexdigest()))
    assert kept.names() == []


async def test_a_put_that_fails_leaves_the_old_object(kept: Kept, write: Write) -> None:
    key = clip_key()
    await put(kept.store, key, write(b"the old clip"))
    before = kept.names()
    with pytest.raises(StorageError):
        await put(kept.store, key, (write(b"the new clip")[0], "0" * 64))
    assert await content(kept.store, key) == b"the old clip"
    assert kept.names() == before


async def test_a_file_that_is_not_there_is_not_stored(kept: Kept, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"gone\.mp4 cannot be read"):
        await put(kept.store, clip_key(), (tmp_path / "gone.mp4", "0" * 64))
    assert kept.names() == []


async def test_a_reader_sees_the_old_or_the_new_never_a_mixture(kept: Kept, write: Write) -> None:
    key, old, new = clip_key(), noise(3_000_000, 1), noise(2_500_000, 2)
    files = [write(new), write(old)]
    await put(kept.store, key, files[1])
    seen: list[bytes] = []

    async def rewrite() -> None:
        for turn in range(6):
            await put(kept.store, key, files[turn % 2])

    writer = asyncio.create_task(rewrite())
    while not writer.done():
        seen.append(await content(kept.store, key))
    await writer
    assert seen
    assert all(found in {old, new} for found in seen)


async def test_a_cancelled_put_leaves_no_half(kept: Kept, write: Write) -> None:
    key, clip = clip_key(), noise(3 * PART_SIZE)
    written = write(clip)
    for turns in (0, 1, 5, 50):
        task = asyncio.create_task(put(kept.store, key, written))
        for _ in range(turns):
            await asyncio.sleep(0.002)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        # Nothing runs any more: what there is now stays so.
        names = kept.names()
        assert names == [] or (len(names) == 1 and names[0].endswith(key))
    if await kept.store.head(key):
        assert await content(kept.store, key) == clip


async def test_a_reader_may_go_away(kept: Kept, write: Write) -> None:
    key = clip_key()
    await put(kept.store, key, write(noise(3_000_000)))
    stream = kept.store.read(key)
    assert await anext(stream)
    await stream.aclose()  # type: ignore[attr-defined] # the port promises an iterator; both stores' are generators
    assert await kept.store.head(key)


async def test_the_check_passes_and_leaves_nothing(kept: Kept) -> None:
    await kept.store.check()
    assert kept.names() == []


async def test_preparing_again_changes_nothing(kept: Kept, write: Write) -> None:
    key = clip_key()
    await put(kept.store, key, write(b"a clip"))
    await kept.store.prepare()
    assert await content(kept.store, key) == b"a clip"
