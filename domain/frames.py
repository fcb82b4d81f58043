"""Start and end frames: what may be given for one, and what a provider gets of it.

A frame is given as an address. Before an attempt is committed the executor turns it into a ``Frame``: the
checked bytes, or an address that the provider reads itself. An adapter only encodes it.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import unquote_to_bytes
from uuid import UUID

from domain.errors import RushesError
from domain.fetching import shown_url, url_problem
from domain.keys import IMAGE_FORMATS, Format

LARGEST = 20 * 1024 * 1024
"""Bytes of a frame as it is given; Veo's own limit, the highest there is."""
ALLOWED = (
    "allowed: an http or https URL, a data: URI of a PNG, JPEG or WebP picture, a storage key such as "
    "{project}/{scene}/{job}.png, or /api/v1/jobs/{id}/content"
)
_CONTENT_PATH = re.compile(r"/api/v1/jobs/([0-9a-fA-F-]{36})/content")
_KEY = re.compile(r"([0-9a-f-]{36})/[\w-]{1,64}/[\w-]{1,64}\.(?:png|jpg|webp)", re.ASCII)
_BUCKET = re.compile(r"gs://[^/\s]+/\S+\.(\w+)")
_SIGNATURES = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg", b"RIFF": "webp"}
_BY_SUFFIX = {form.suffix: form.content_type for form in IMAGE_FORMATS.values()} | {"jpeg": "image/jpeg"}


class FrameError(RushesError):
    """What was given for a frame is none; the message says what is wrong or allowed."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame as a provider gets it."""

    content_type: str
    content: bytes = field(default=b"", repr=False, compare=False)
    """Empty for an address, and once the attempt is frozen: then the digest alone remains."""
    sha256: str | None = None
    size: int | None = None
    width: int | None = None
    height: int | None = None
    address: str | None = None
    """Where the provider reads it itself, such as ``gs://bucket/frame.png``."""

    @classmethod
    def of(
        cls, content: bytes, content_type: str, width: int | None = None, height: int | None = None
    ) -> Self:
        """Describe a picture's bytes."""
        digest = hashlib.sha256(content).hexdigest()
        return cls(content_type, content, digest, len(content), width, height)

    def to_json(self) -> dict[str, Any]:
        """Give a JSON object that ``from_json`` reads back, without the bytes."""
        names = ("content_type", "sha256", "size", "width", "height", "address")
        return {name: value for name in names if (value := getattr(self, name)) is not None}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what ``to_json`` wrote."""
        return cls(**{name: data[name] for name in cls.__slots__ if name in data and name != "content"})


@dataclass(frozen=True, slots=True)
class WebFrame:
    """A picture at an http or https URL."""

    url: str


@dataclass(frozen=True, slots=True)
class InlineFrame:
    """A picture in a ``data:`` URI."""

    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class StoredFrame:
    """A picture in our storage, of a project."""

    key: str
    project: UUID


@dataclass(frozen=True, slots=True)
class JobFrame:
    """The result of an image job."""

    job: UUID


@dataclass(frozen=True, slots=True)
class BucketFrame:
    """A picture that the provider reads itself."""

    address: str
    content_type: str


Source = WebFrame | InlineFrame | StoredFrame | JobFrame | BucketFrame


def source_of(address: str) -> Source:
    """Read what was given for a frame; a ``data:`` URI is decoded.

    Raises:
        FrameError: it is nothing that a frame can be.
    """
    if not address.isprintable():
        raise FrameError(ALLOWED)
    scheme = address[:8].partition(":")[0].lower()
    if scheme in {"http", "https"}:
        if wrong := url_problem(address):
            raise FrameError(wrong)
        return WebFrame(address)
    if scheme == "data":
        return InlineFrame(_inline(address))
    if scheme == "gs":
        return _bucket(address)
    if path := _CONTENT_PATH.fullmatch(address):
        return JobFrame(_uuid(path[1]))
    if key := _KEY.fullmatch(address):
        return StoredFrame(address, _uuid(key[1]))
    raise FrameError(ALLOWED)


def address_problem(address: str, readable: Sequence[str]) -> str | None:
    """Say what is wrong with a frame as far as that shows without the network.

    ``readable`` is what addresses begin with that the provider reads itself.
    """
    try:
        source = source_of(address)
    except FrameError as error:
        return error.message
    if isinstance(source, BucketFrame) and not address.startswith(tuple(readable)):
        where = f"gs:// frames from {', '.join(readable)} alone" if readable else "no gs:// frames"
        return f"this model reads {where} here; {ALLOWED}"
    return None


def form_of(content: bytes) -> Format | None:
    """Tell which sort of picture this seems to be by its first bytes; whoever uses it decodes it."""
    for start, codec in _SIGNATURES.items():
        if content.startswith(start) and (codec != "webp" or content[8:12] == b"WEBP"):
            return IMAGE_FORMATS[codec]
    return None


def shown_address(address: str) -> str:
    """Give an address for messages and records: without secrets, and without a picture's bytes."""
    if address[:5].lower() == "data:":
        return f"{address.partition(',')[0][:80]},…"
    return shown_url(address) if "://" in address else address[:200]


def _inline(address: str) -> bytes:
    head, comma, data = address.partition(",")
    if not comma:
        raise FrameError("that data: URI has no data")
    # Base64 has four characters for three bytes; percent-encoded bytes have three characters at most.
    if len(data) > 3 * LARGEST:
        raise FrameError(_too_large())
    if head.lower().endswith(";base64"):
        try:
            content = base64.b64decode(data, validate=True)
        except (binascii.Error, ValueError) as error:
            raise FrameError("that data: URI is no base64") from error
    else:
        content = unquote_to_bytes(data)
    if not content or len(content) > LARGEST:
        raise FrameError(_too_large() if content else "that data: URI has no data")
    return content


def _bucket(address: str) -> BucketFrame:
    found = _BUCKET.fullmatch(address)
    kind = _BY_SUFFIX.get(found[1].lower()) if found else None
    if kind not in {"image/png", "image/jpeg"}:
        raise FrameError("allowed in a bucket: gs://bucket/name.png, .jpg or .jpeg")
    return BucketFrame(address, str(kind))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise FrameError(ALLOWED) from error


def _too_large() -> str:
    return f"a frame has at most {LARGEST // 1024**2} MiB"
