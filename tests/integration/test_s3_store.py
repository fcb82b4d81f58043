"""The S3 store against what goes wrong with servers, and with uploads half-way."""

import asyncio
import hashlib
import random
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import httpx
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import ClientError
from pydantic import SecretStr
from structlog.testing import capture_logs

from domain.errors import ConfigurationError, NotFoundError, StorageError
from domain.storage import StoredObject
from storage.digests import Fingerprint, fingerprint
from storage.open import open_store
from storage.s3 import S3Store
from storage.s3_client import PART_SIZE
from storage.settings import StorageSettings
from tests.s3_endpoint import S3Endpoint
from tests.stub_server import Answer, serving

KEY = "project/scene/job.mp4"
SECRET = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"
IN_PARTS = 2 * PART_SIZE + 1


@dataclass(frozen=True)
class Bench:
    """A store on the test's server, and what lists everything under its prefix."""

    endpoint: S3Endpoint
    prefix: str
    store: S3Store

    @property
    def name(self) -> str:
        return f"{self.prefix}/{KEY}"

    def names(self) -> list[str]:
        return self.endpoint.names(self.prefix)

    def on(self, event: str, call: Callable[..., None]) -> None:
        """Have ``call`` made in the thread that makes a request, with botocore's view of it."""
        self.store._client.meta.events.register(event, call)


@pytest.fixture
async def bench(s3_endpoint: S3Endpoint) -> AsyncIterator[Bench]:
    prefix = uuid4().hex
    async with opened(s3_endpoint.settings(prefix)) as store:
        yield Bench(s3_endpoint, prefix, store)


@asynccontextmanager
async def opened(settings: StorageSettings) -> AsyncIterator[S3Store]:
    store = cast("S3Store", open_store(settings))
    yield store
    await store.aclose()


def settings_for(url: str, **others: Any) -> StorageSettings:
    values: dict[str, Any] = {
        "storage_url": "s3://films/a",
        "s3_endpoint_url": url,
        "aws_access_key_id": SecretStr("AKIDEXAMPLE"),
        "aws_secret_access_key": SecretStr(SECRET),
        "aws_default_region": "us-east-1",
    }
    return StorageSettings(**values | others)


def refusal(status: int, code: str) -> Answer:
    return Answer(status, f"<Error><Code>{code}</Code><Message>No.</Message></Error>".encode())


@dataclass(frozen=True)
class Clip:
    path: Path
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@pytest.fixture
def clip(tmp_path: Path) -> Clip:
    return make_clip(tmp_path, 1_000)


@pytest.fixture
def large_clip(tmp_path: Path) -> Clip:
    return make_clip(tmp_path, IN_PARTS)


def make_clip(folder: Path, size: int) -> Clip:
    path = folder / f"{size}.mp4"
    path.write_bytes(random.Random(size).randbytes(size))
    return Clip(path, path.read_bytes())


async def put(store: S3Store, clip: Clip) -> StoredObject:
    return await store.put(KEY, clip.path, content_type="video/mp4", sha256=clip.sha256)


async def content(store: S3Store) -> bytes:
    return b"".join([chunk async for chunk in store.read(KEY)])


# Servers that refuse


@contextmanager
def checking_keys(endpoint: S3Endpoint) -> Iterator[None]:
    """Have the server check who asks: a real one always does, moto only when told to."""
    if endpoint.is_real:
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("moto.settings.INITIAL_NO_AUTH_ACTION_COUNT", 0.0)
        yield


async def test_an_unknown_key_is_named(s3_endpoint: S3Endpoint) -> None:
    settings = s3_endpoint.settings("a", aws_access_key_id=SecretStr("AKIDEXAMPLE"))
    with checking_keys(s3_endpoint):
        async with opened(settings) as store:
            for call in (store.prepare, store.check):
                with pytest.raises(
                    ConfigurationError, match=r"AWS_ACCESS_KEY_ID is 'AKID… \(11 characters\)'"
                ):
                    await call()
            # While clips are being stored it is one more failure that may be mended and tried again.
            with pytest.raises(StorageError, match="AWS_ACCESS_KEY_ID"):
                await store.head(KEY)
            with pytest.raises(StorageError, match="AWS_ACCESS_KEY_ID"):
                await content(store)


@pytest.mark.parametrize(
    ("status", "code", "setting"),
    [
        (403, "InvalidAccessKeyId", "AWS_ACCESS_KEY_ID is 'AKID… (11 characters)'"),
        (403, "SignatureDoesNotMatch", "AWS_SECRET_ACCESS_KEY is '(not shown)'"),
        (400, "ExpiredToken", "AWS_SESSION_TOKEN is '(not shown)'"),
        (403, "AccessDenied", "STORAGE_URL is 's3://films/a'"),
        (400, "AuthorizationHeaderMalformed", "AWS_DEFAULT_REGION is 'us-east-1'"),
    ],
)
async def test_a_refusal_names_its_setting_and_no_secret(status: int, code: str, setting: str) -> None:
    with serving(lambda _method, _path: refusal(status, code)) as url:
        async with opened(settings_for(url)) as store:
            for call in (store.prepare, store.check):
                with pytest.raises(ConfigurationError) as caught:
                    await call()
                assert caught.value.message.startswith(setting)
                assert SECRET not in caught.value.message
            with pytest.raises(StorageError) as told:
                await store.delete(KEY)
            assert told.value.message.startswith(setting)


async def test_a_head_that_is_refused_says_why(clip: Clip) -> None:
    # The answer to a HEAD has no body and so no reason.
    with serving(lambda _method, _path: refusal(403, "SignatureDoesNotMatch")) as url:
        async with opened(settings_for(url)) as store:
            with pytest.raises(StorageError, match="AWS_SECRET_ACCESS_KEY"):
                await store.head(KEY)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b"<html>Welcome</html>", {"content-type": "text/html; charset=utf-8"}),
        Answer(200, b"<!doctype html>Welcome", {"content-type": "text/html"}),
        Answer(404, b"<html>Not here</html>", {"content-type": "text/html"}),
        Answer(405),
    ],
)
async def test_what_does_not_speak_s3_is_named(answer: Answer) -> None:
    with serving(lambda _method, _path: answer) as url:
        async with opened(settings_for(url)) as store:
            with pytest.raises(ConfigurationError, match=f"S3_ENDPOINT_URL is '{url}'; .*not as S3 does"):
                await store.prepare()


async def test_the_check_finds_what_preparing_does_not() -> None:
    def answer(method: str, _path: str) -> Answer:
        listing = b"<ListBucketResult><Name>films</Name><IsTruncated>false</IsTruncated></ListBucketResult>"
        return Answer(200, listing) if method == "GET" else refusal(403, "AccessDenied")

    with serving(answer) as url:
        async with opened(settings_for(url)) as store:
            await store.prepare()
            with pytest.raises(ConfigurationError, match=r"STORAGE_URL is 's3://films/a'; .*s3:PutObject"):
                await store.check()


async def test_a_server_in_trouble_may_recover(clip: Clip) -> None:
    asked: list[str] = []

    def answer(method: str, _path: str) -> Answer:
        asked.append(method)
        return refusal(503, "SlowDown")

    with serving(answer) as url:
        async with opened(settings_for(url)) as store:
            with pytest.raises(StorageError, match=f"S3_ENDPOINT_URL {url} could not take .*SlowDown"):
                await put(store, clip)
    assert asked == ["PUT"] * 3


async def test_a_server_that_is_away_is_named(clip: Clip) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    async with opened(settings_for(url)) as store:
        with pytest.raises(StorageError, match=f"S3_ENDPOINT_URL {url} could not show its bucket"):
            await store.prepare()
        with pytest.raises(StorageError, match=f"S3_ENDPOINT_URL {url} could not take {KEY}"):
            await put(store, clip)


async def test_a_server_that_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        async with opened(settings_for(url, storage_timeout=timedelta(seconds=0.05))) as store:
            async with asyncio.timeout(15):
                with pytest.raises(StorageError, match=f"S3_ENDPOINT_URL {url} could not delete"):
                    await store.delete(KEY)


async def test_a_stream_that_breaks_off_is_an_error_not_an_end() -> None:
    with serving(lambda _method, _path: Answer(200, b"half", {"content-length": "8"})) as url:
        async with opened(settings_for(url)) as store:
            with pytest.raises(StorageError, match=f"could not read {KEY}"):
                await content(store)


# The bucket


async def test_a_missing_bucket_is_made_and_swept(s3_endpoint: S3Endpoint, clip: Clip) -> None:
    name = f"rushes-test-{uuid4().hex[:16]}"
    client = s3_endpoint.client()
    try:
        async with opened(s3_endpoint.settings("", storage_url=f"s3://{name}")) as store:
            with pytest.raises(StorageError, match=f"STORAGE_URL is 's3://{name}'; .*no such bucket"):
                await store.head(KEY)
            with pytest.raises(StorageError, match="no such bucket"):
                await put(store, clip)
            await store.prepare()
            await store.prepare()
            await put(store, clip)
            assert await content(store) == clip.content
            await store.delete(KEY)
        rules = client.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
        assert [rule["AbortIncompleteMultipartUpload"] for rule in rules] == [{"DaysAfterInitiation": 1}]
    finally:
        client.delete_bucket(Bucket=name)
        client.close()


async def test_processes_that_make_the_bucket_at_once_all_have_it(s3_endpoint: S3Endpoint) -> None:
    name = f"rushes-test-{uuid4().hex[:16]}"
    settings = s3_endpoint.settings("", storage_url=f"s3://{name}/a")
    async with opened(settings) as one, opened(settings) as other:
        await asyncio.gather(*(store.prepare() for store in (one, other) * 4))
        await one.check()
    client = s3_endpoint.client()
    client.delete_bucket(Bucket=name)
    client.close()


async def test_a_bucket_that_may_not_be_made_is_said_to_be_missing() -> None:
    def answer(method: str, _path: str) -> Answer:
        return refusal(404, "NoSuchBucket") if method == "GET" else refusal(403, "AccessDenied")

    with serving(answer) as url:
        async with opened(settings_for(url)) as store:
            with pytest.raises(ConfigurationError, match=r"STORAGE_URL is 's3://films/a'; .*no such bucket"):
                await store.prepare()


async def test_a_bucket_whose_unfinished_uploads_cannot_be_swept_is_used() -> None:
    def answer(method: str, path: str) -> Answer:
        if "lifecycle" in path:
            return refusal(501, "NotImplemented")
        return refusal(404, "NoSuchBucket") if method == "GET" else Answer(200)

    with serving(answer) as url, capture_logs() as logs:
        async with opened(settings_for(url)) as store:
            await store.prepare()
    assert [entry["action"] for entry in logs] == ["storage_no_sweep"]


# What goes over the wire


async def test_only_what_every_store_understands_is_sent(bench: Bench, clip: Clip, large_clip: Clip) -> None:
    sent: list[AWSPreparedRequest] = []
    bench.on("before-send.s3", lambda request, **_: sent.append(request))
    for each in (clip, large_clip):
        await put(bench.store, each)
    uploads = [request for request in sent if request.method == "PUT"]
    assert len(uploads) == 1 + 3
    for request in uploads:
        names = {name.lower() for name in request.headers}
        assert not [
            name for name in names if "checksum" in name or name in {"content-md5", "content-encoding"}
        ]
        # The server itself compares the bytes with this before it shows them.
        signed = request.headers["X-Amz-Content-SHA256"]
        assert len(signed.decode() if isinstance(signed, bytes) else signed) == 64
    assert all(f"/{bench.endpoint.bucket}/" in request.url for request in uploads)


async def test_a_presigned_link_expires_and_cannot_be_changed(
    bench: Bench, clip: Clip, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put(bench.store, clip)
    link = await bench.store.url(KEY, expires=timedelta(minutes=5))
    assert "X-Amz-Expires=300&" in link
    # botocore's own clock, ten minutes slow: the link that it signs is five minutes past its end.
    then = datetime.now(UTC) - timedelta(minutes=10)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: then)
    expired = await bench.store.url(KEY, expires=timedelta(minutes=5))
    async with httpx.AsyncClient() as web:
        assert (await web.get(link)).content == clip.content
        if bench.endpoint.is_real:  # moto takes any signature and any time
            assert (await web.get(expired)).status_code == 403
            assert (await web.get(link.replace("job.mp4", "other.mp4"))).status_code == 403
            assert (await web.get(link.partition("?")[0])).status_code == 403
    assert "X-Amz-Date=" + then.strftime("%Y%m%dT%H%M%SZ") in expired


# Uploads that fail half-way


async def test_an_upload_that_fails_in_its_parts_leaves_nothing(bench: Bench, large_clip: Clip) -> None:
    def fail(params: dict[str, Any], **_: object) -> None:
        if params["PartNumber"] == 2:
            raise ClientError({"Error": {"Code": "QuotaExceeded", "Message": "Full."}}, "UploadPart")

    bench.on("provide-client-params.s3.UploadPart", fail)
    with pytest.raises(StorageError, match="QuotaExceeded: Full"):
        await put(bench.store, large_clip)
    assert bench.names() == []


async def test_an_upload_that_fails_at_its_end_leaves_nothing(bench: Bench, large_clip: Clip) -> None:
    def fail(**_: object) -> None:
        raise ConnectionResetError

    bench.on("provide-client-params.s3.CompleteMultipartUpload", fail)
    with pytest.raises(StorageError, match="ConnectionResetError"):
        await put(bench.store, large_clip)
    assert bench.names() == []


async def test_a_cancelled_upload_leaves_nothing(bench: Bench, large_clip: Clip) -> None:
    begun, go = threading.Event(), threading.Event()

    def pause(**_: object) -> None:
        begun.set()
        go.wait()

    bench.on("provide-client-params.s3.UploadPart", pause)
    task = asyncio.create_task(put(bench.store, large_clip))
    await asyncio.to_thread(begun.wait)
    assert bench.names() == [f"{bench.name} (unfinished)"]
    assert await bench.store.head(KEY) is None
    task.cancel()
    asyncio.get_running_loop().call_later(0, go.set)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert bench.names() == []


async def test_a_file_that_changes_under_the_upload_is_noticed(
    bench: Bench, clip: Clip, large_clip: Clip, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change_after(source: Path, **named: Any) -> Fingerprint:
        found = fingerprint(source, **named)
        with source.open("r+b") as file:
            file.write(b"X" * 100)
        return found

    monkeypatch.setattr("storage.s3.fingerprint", change_after)
    for each in (clip, large_clip):
        with pytest.raises(StorageError, match="were sent, the store has"):
            await put(bench.store, each)
        assert bench.names() == []


async def test_an_etag_that_is_no_md5_has_the_object_read_back(
    bench: Bench, clip: Clip, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other_etag(source: Path, **named: Any) -> Fingerprint:
        found = fingerprint(source, **named)
        return Fingerprint(found.size, found.sha256, "0" * 32)

    monkeypatch.setattr("storage.s3.fingerprint", other_etag)
    with capture_logs() as logs:
        await put(bench.store, clip)
    assert [entry["action"] for entry in logs] == ["storage_read_back"]
    assert await content(bench.store) == clip.content


async def test_another_writers_object_is_neither_trusted_nor_removed(bench: Bench, clip: Clip) -> None:
    other = bench.endpoint.client()

    def overwrite(**_: object) -> None:
        other.put_object(
            Bucket=bench.endpoint.bucket, Key=bench.name, Body=b"another's", Metadata={"sha256": "0" * 64}
        )

    bench.on("provide-client-params.s3.HeadObject", overwrite)
    with pytest.raises(StorageError, match="was replaced by another write"):
        await put(bench.store, clip)
    assert await content(bench.store) == b"another's"
    other.close()


async def test_a_store_that_loses_the_object_at_once_is_noticed(bench: Bench, clip: Clip) -> None:
    other = bench.endpoint.client()

    def remove(**_: object) -> None:
        other.delete_object(Bucket=bench.endpoint.bucket, Key=bench.name)

    bench.on("provide-client-params.s3.HeadObject", remove)
    with pytest.raises(StorageError, match="took it and does not show it"):
        await put(bench.store, clip)
    other.close()


async def test_the_prefix_is_the_stores_own(bench: Bench, clip: Clip) -> None:
    await put(bench.store, clip)
    assert bench.names() == [bench.name]
    async with opened(bench.endpoint.settings(f"{bench.prefix}-other")) as neighbour:
        assert await neighbour.head(KEY) is None
        with pytest.raises(NotFoundError):
            await content(neighbour)
