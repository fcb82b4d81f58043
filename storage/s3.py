"""Objects in an S3-compatible bucket."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING

import structlog
from botocore.exceptions import ClientError
from botocore.response import StreamingBody
from s3transfer.exceptions import CancelledError as TransferCancelledError
from s3transfer.utils import ChunksizeAdjuster

from domain.errors import NotFoundError, StorageError
from domain.storage import Source, StoredObject
from storage.digests import CHUNK, Fingerprint, fingerprint, sha256_of
from storage.errors import MisconfiguredError
from storage.expiry import whole_seconds
from storage.keys import checked_key
from storage.location import Bucket
from storage.probe import round_trip
from storage.s3_bucket import look_at_bucket, make_sure_of_bucket
from storage.s3_client import CALLS, PART_SIZE, UPLOADS, make_transfers
from storage.s3_errors import EMPTY_RANGE, MISSING, RAISED, S3Place, error_code, translate
from storage.workers import Stop, StoppedError, Workers

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef

_SHA256 = "sha256"
"""Name of the object's metadata that holds its SHA-256."""


class S3Store:
    """Keeps objects under a bucket's prefix; links to them are presigned GETs."""

    def __init__(self, client: "S3Client", bucket: Bucket, place: S3Place) -> None:
        """Take a client, which the store closes, and what errors may say of the place."""
        self._client = client
        self._bucket = bucket
        self._place = place
        self._transfers = make_transfers(client)
        # Uploads have threads of their own: a link must not wait until some film is stored.
        self._uploads = Workers("s3-upload", UPLOADS)
        self._calls = Workers("s3", CALLS)
        self._log = structlog.get_logger()

    async def prepare(self) -> None:
        """See whether the bucket can be used, and make it if it is missing and may be made."""
        try:
            await self._calls.run(self._prepare)
        except MisconfiguredError as error:
            raise error.problem from error

    async def put(self, key: str, source: Source, *, content_type: str, sha256: str) -> StoredObject:
        """Store a file or bytes; see ``BlobStore.put``.

        A cancelled put aborts its upload; where it was a moment from its end, the object is there, whole.
        """
        name = self._name(key)
        return await self._uploads.run_stoppable(
            partial(self._put, key, name, source, content_type=content_type, sha256=sha256)
        )

    async def head(self, key: str) -> StoredObject | None:
        """Describe an object, or ``None`` where there is none."""
        return await self._calls.run(partial(self._head, key, self._name(key)))

    async def read(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Stream bytes ``start`` to ``end`` (exclusive) in chunks."""
        body = await self._calls.run(partial(self._open, key, self._name(key), start, end), discard=_close)
        if body is None:
            return
        try:
            while chunk := await self._calls.run(partial(self._next, key, body)):
                yield chunk
        finally:
            # In a thread, because closing waits for a read that is still under way.
            self._calls.run_unwatched(body.close)

    async def delete(self, key: str) -> None:
        """Remove an object; removing a missing one is no error."""
        await self._calls.run(partial(self._delete, key, self._name(key)))

    async def url(self, key: str, *, expires: timedelta) -> str:
        """Give a presigned GET."""
        return await self._calls.run(partial(self._presign, key, self._name(key), whole_seconds(expires)))

    async def check(self) -> None:
        """Write, read back and remove a small object."""
        await self.prepare()
        try:
            await round_trip(self)
        except MisconfiguredError as error:
            raise error.problem from error

    async def aclose(self) -> None:
        """Wait for the threads that are still at work, then let go of connections."""
        await self._uploads.aclose()
        await self._calls.aclose()
        self._transfers.shutdown()
        self._client.close()

    def _name(self, key: str) -> str:
        checked = checked_key(key)
        return f"{self._bucket.prefix}/{checked}" if self._bucket.prefix else checked

    def _prepare(self) -> None:
        with self._translated("show its bucket"):
            make_sure_of_bucket(self._client, self._bucket.name, self._bucket.prefix)

    def _put(
        self, key: str, name: str, source: Source, stop: Stop, *, content_type: str, sha256: str
    ) -> StoredObject:
        found = fingerprint(source, part_size_for=_part_size, check=stop.check)
        if found.sha256 != sha256:
            raise StorageError(
                f"{key} was not stored: SHA-256 {sha256} was announced, the file has {found.sha256}"
            )
        with self._translated(f"take {key}"):
            transfer = self._transfers.upload(
                BytesIO(source) if isinstance(source, bytes) else str(source),
                self._bucket.name,
                name,
                extra_args={"ContentType": content_type, "Metadata": {_SHA256: sha256}},
            )
            stop.then(transfer.cancel)
            try:
                transfer.result()
            except TransferCancelledError as error:
                raise StoppedError from error
            stored = self._look(name)
            if stored is None:
                raise StorageError(f"{key} was not stored: the store took it and does not show it")
            self._confirm(key, name, stored, found, stop.check)
        return StoredObject(key, stored["ContentLength"], stored["ContentType"])

    def _confirm(
        self,
        key: str,
        name: str,
        stored: "HeadObjectOutputTypeDef",
        sent: Fingerprint,
        check: Callable[[], None],
    ) -> None:
        """Raise ``StorageError``, and leave nothing, unless the store holds what was sent."""
        etag = stored["ETag"].strip('"')
        if (stored["ContentLength"], etag) == (sent.size, sent.etag):
            return
        owner = stored["Metadata"].get(_SHA256)
        if owner not in {sent.sha256, None}:
            raise StorageError(f"{key} was replaced by another write while it was being stored")
        # Encrypted with KMS, or by a store that counts otherwise, the ETag is not the MD5: read it all back.
        self._log.info(
            "the store's ETag tells nothing, so the object is read back",
            action="storage_read_back",
            key=key,
            etag=etag,
            expected=sent.etag,
        )
        body = self._client.get_object(Bucket=self._bucket.name, Key=name)["Body"]
        with closing(body):
            size, sha256 = sha256_of(_pieces(body, check))
        if (size, sha256) != (sent.size, sent.sha256):
            if owner:
                self._client.delete_object(Bucket=self._bucket.name, Key=name)
            raise StorageError(
                f"{key} was not stored: {sent.size} bytes with SHA-256 {sent.sha256} were sent, "
                f"the store has {size} with {sha256}"
            )

    def _head(self, key: str, name: str) -> StoredObject | None:
        with self._translated(f"describe {key}"):
            found = self._look(name)
        return StoredObject(key, found["ContentLength"], found["ContentType"]) if found else None

    def _look(self, name: str) -> "HeadObjectOutputTypeDef | None":
        try:
            return self._client.head_object(Bucket=self._bucket.name, Key=name)
        except ClientError as error:
            # The answer to a HEAD has no body: a missing bucket looks like a missing object.
            look_at_bucket(self._client, self._bucket.name, self._bucket.prefix)
            if error_code(error) in MISSING:
                return None
            raise

    def _open(self, key: str, name: str, start: int, end: int | None) -> StreamingBody | None:
        if end is not None and end <= start:
            if self._head(key, name) is None:
                raise self._not_found(key)
            return None
        last = "" if end is None else str(end - 1)
        with self._translated(f"read {key}"):
            try:
                if start == 0 and end is None:
                    return self._client.get_object(Bucket=self._bucket.name, Key=name)["Body"]
                # An answer in part, where S3 cannot give it, is the whole.
                asked = f"bytes={start}-{last}"
                return self._client.get_object(Bucket=self._bucket.name, Key=name, Range=asked)["Body"]
            except ClientError as error:
                if error_code(error) in EMPTY_RANGE:
                    return None
                if error_code(error) == "NoSuchKey":
                    raise self._not_found(key) from error
                raise

    def _next(self, key: str, body: StreamingBody) -> bytes:
        with self._translated(f"read {key}"):
            return body.read(CHUNK)

    def _delete(self, key: str, name: str) -> None:
        with self._translated(f"delete {key}"):
            try:
                self._client.delete_object(Bucket=self._bucket.name, Key=name)
            except ClientError as error:
                if error_code(error) not in MISSING:  # Google Cloud Storage says so where S3 does not
                    raise

    def _presign(self, key: str, name: str, seconds: int) -> str:
        with self._translated(f"sign a link to {key}"):
            return self._client.generate_presigned_url(
                "get_object", Params={"Bucket": self._bucket.name, "Key": name}, ExpiresIn=seconds
            )

    def _not_found(self, key: str) -> NotFoundError:
        return NotFoundError(f"there is no {key} in {self._place.storage_url}")

    @contextmanager
    def _translated(self, doing: str) -> Iterator[None]:
        try:
            yield
        except RAISED as error:
            raise translate(error, self._place, doing) from error


def _part_size(size: int) -> int:
    """Give the part size that boto3 takes for a file: the ETag depends on it."""
    return ChunksizeAdjuster().adjust_chunksize(PART_SIZE, size)


def _pieces(body: StreamingBody, check: Callable[[], None]) -> Iterator[bytes]:
    while chunk := body.read(CHUNK):
        check()
        yield chunk


def _close(body: StreamingBody | None) -> None:
    if body is not None:
        body.close()
