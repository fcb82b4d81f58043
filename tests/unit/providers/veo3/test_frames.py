import base64
import io
from urllib.parse import quote_from_bytes

import pytest
from PIL import Image

from domain.failures import ErrorCode
from domain.provider import SubmitRejectedError
from providers.veo3 import frames
from providers.veo3.frames import frame


def picture(kind: str) -> bytes:
    written = io.BytesIO()
    Image.new("RGBA" if kind == "WEBP" else "RGB", (32, 18), "teal").save(written, format=kind)
    return written.getvalue()


def data(content: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


@pytest.mark.parametrize(("name", "kind"), [("a.png", "png"), ("a.JPG", "jpeg"), ("a/b.jpeg", "jpeg")])
def test_a_bucket_is_passed_on(name: str, kind: str) -> None:
    assert frame("start_frame_url", f"gs://b/{name}") == {
        "gcsUri": f"gs://b/{name}",
        "mimeType": f"image/{kind}",
    }


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_bytes_go_as_they_are_by_their_true_type(kind: str) -> None:
    content = picture(kind)

    sent = frame("start_frame_url", data(content, "image/webp"))

    assert base64.b64decode(sent["bytesBase64Encoded"]) == content
    assert sent["mimeType"] == f"image/{kind.lower()}"


def test_webp_becomes_png() -> None:
    sent = frame("start_frame_url", data(picture("WEBP")))

    with Image.open(io.BytesIO(base64.b64decode(sent["bytesBase64Encoded"]))) as image:
        assert (image.format, image.size, sent["mimeType"]) == ("PNG", (32, 18), "image/png")


def test_a_data_address_without_base64() -> None:
    sent = frame("start_frame_url", f"data:image/png,{quote_from_bytes(picture('PNG'))}")

    assert base64.b64decode(sent["bytesBase64Encoded"]) == picture("PNG")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://example.com/a.png", "does not fetch frames from the web yet"),
        ("/api/v1/jobs/1/content", "give a gs:// or data: address"),
        ("gs://b/a.webp", "takes .png"),
        ("data:image/png;base64", "no data"),
        ("data:image/png;base64,###", "no base64"),
        (data(b"GIF89a"), "PNG, JPEG or WebP"),
        (data(b"RIFF\0\0\0\0WEBPnothing"), "cannot be read"),
    ],
)
def test_what_cannot_be_used(url: str, reason: str) -> None:
    with pytest.raises(SubmitRejectedError, match=reason) as caught:
        frame("end_frame_url", url)
    assert caught.value.code is ErrorCode.INVALID_REQUEST
    assert caught.value.message.startswith("end_frame_url: ")


def test_twenty_megabytes_are_the_most(monkeypatch: pytest.MonkeyPatch) -> None:
    content = picture("PNG")
    monkeypatch.setattr(frames, "LARGEST", len(content))
    assert frame("start_frame_url", data(content))
    monkeypatch.setattr(frames, "LARGEST", len(content) - 1)
    with pytest.raises(SubmitRejectedError, match="at most 20 MB"):
        frame("start_frame_url", data(content))
