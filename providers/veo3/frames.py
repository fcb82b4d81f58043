"""Start and end frames as Veo takes them: an address in a bucket, or PNG and JPEG bytes in base64.

Limits from "Veo on Vertex AI video generation API": ``image/jpeg`` or ``image/png``, at most 20 MB.
"""

import base64
import binascii
import io
from urllib.parse import unquote_to_bytes

from PIL import Image, UnidentifiedImageError

from domain.failures import ErrorCode
from domain.provider import SubmitRejectedError

LARGEST = 20 * 1024 * 1024
_BY_SUFFIX = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg"}
_SIGNATURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


def frame(name: str, url: str) -> dict[str, str]:
    """Give the JSON of a frame. Blocks: a picture may be converted.

    Raises:
        SubmitRejectedError: ``invalid_request``; says what is wrong with the field ``name``.
    """
    if url.startswith("gs://"):
        kind = _BY_SUFFIX.get(url.rpartition(".")[2].lower())
        if kind is None:
            raise _refused(name, "Veo takes .png, .jpg and .jpeg from a bucket")
        return {"gcsUri": url, "mimeType": kind}
    if not url.startswith("data:"):
        raise _refused(name, "veo3 does not fetch frames from the web yet; give a gs:// or data: address")
    content, kind = _picture(name, _content(name, url))
    return {"bytesBase64Encoded": base64.b64encode(content).decode(), "mimeType": kind}


def _content(name: str, url: str) -> bytes:
    head, comma, data = url.partition(",")
    if not comma:
        raise _refused(name, "that data: address has no data")
    if not head.endswith(";base64"):
        return unquote_to_bytes(data)
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error as error:
        raise _refused(name, "that data: address is no base64") from error


def _picture(name: str, content: bytes) -> tuple[bytes, str]:
    """Give the bytes and their true type, whatever the address claimed; WebP becomes PNG."""
    kind = next((kind for start, kind in _SIGNATURES.items() if content.startswith(start)), None)
    if kind is None and content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        content, kind = _png(name, content), "image/png"
    if kind is None:
        raise _refused(name, "a frame is a PNG, JPEG or WebP picture")
    if len(content) > LARGEST:
        raise _refused(name, f"the picture has {len(content) / 1e6:.1f} MB; Veo takes at most 20 MB")
    return content, kind


def _png(name: str, content: bytes) -> bytes:
    written = io.BytesIO()
    try:
        with Image.open(io.BytesIO(content), formats=["WEBP"]) as picture:
            picture.convert("RGB").save(written, format="PNG")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise _refused(name, "that WebP picture cannot be read") from error
    return written.getvalue()


def _refused(name: str, reason: str) -> SubmitRejectedError:
    return SubmitRejectedError(ErrorCode.INVALID_REQUEST, f"{name}: {reason}")
