"""What may be given for a frame, as far as it shows without the network."""

import base64
from urllib.parse import quote_from_bytes
from uuid import UUID

import pytest

from domain import frames
from domain.frames import (
    BucketFrame,
    FrameError,
    InlineFrame,
    JobFrame,
    Source,
    StoredFrame,
    WebFrame,
    address_problem,
    shown_address,
    source_of,
)
from tests.pictures import data_uri

ONE, TWO = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("https://example.com/a.png", WebFrame("https://example.com/a.png")),
        ("HTTP://example.com:8080/a", WebFrame("HTTP://example.com:8080/a")),
        (data_uri(b"bytes"), InlineFrame(b"bytes")),
        (f"data:image/png,{quote_from_bytes(bytes(range(256)))}", InlineFrame(bytes(range(256)))),
        ("gs://bucket/a/b.JPG", BucketFrame("gs://bucket/a/b.JPG", "image/jpeg")),
        (f"{ONE}/{TWO}/{TWO}-2.png", StoredFrame(f"{ONE}/{TWO}/{TWO}-2.png", ONE)),
        (f"/api/v1/jobs/{TWO}/content", JobFrame(TWO)),
    ],
)
def test_what_a_frame_may_be(address: str, source: Source) -> None:
    assert source_of(address) == source
    assert address_problem(address, ["gs://"]) is None


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("", "allowed: an http"),
        ("file:///etc/passwd", "allowed: an http"),
        ("ftp://example.com/a.png", "allowed: an http"),
        ("http://", "an http or https URL"),
        ("http://example.com:0/", "an http or https URL"),
        ("http://example.com:99999/", "an http or https URL"),
        ("http://exa mple.com/", "an http or https URL"),
        ("http://example.com/\nHost: evil", "allowed: an http"),
        ("data:,\x00", "allowed: an http"),
        ("https://user:secret@example.com/", "name or a password"),
        (r"http://example.com\@127.0.0.1/", "name or a password"),
        ("https://example.com/" + "a" * 2_048, "2048 characters"),
        ("data:image/png;base64", "no data"),
        ("data:image/png;base64,", "no data"),
        ("data:image/png;base64,###", "no base64"),
        ("data:image/png;base64,é", "no base64"),
        ("gs://bucket", "allowed in a bucket"),
        ("gs://bucket/a.webp", "allowed in a bucket"),
        (f"{ONE}/{TWO}/../../{ONE}.png", "allowed: an http"),
        (f"{ONE}/{TWO}/{TWO}.mp4", "allowed: an http"),
        (f"/api/v1/jobs/{TWO}/content/../..", "allowed: an http"),
        ("/api/v1/jobs/------------------------------------/content", "allowed: an http"),
    ],
)
def test_what_it_may_not_be(address: str, reason: str) -> None:
    with pytest.raises(FrameError, match=reason):
        source_of(address)
    assert reason in (address_problem(address, ["gs://"]) or "")


@pytest.mark.parametrize(
    ("address", "readable", "reason"),
    [
        ("gs://bucket/a.png", [], "reads no gs:// frames here"),
        ("gs://bucket/a.png", ["gs://bucket/"], None),
        ("gs://bucket/a.png", ["gs://other/", "gs://bucket/"], None),
        ("gs://bucket-2/a.png", ["gs://bucket/"], "from gs://bucket/ alone"),
        ("gs://bucket/a.png", ["gs://bucket/a/"], "from gs://bucket/a/ alone"),
        ("gs://bucket/ab/c.png", ["gs://bucket/a/"], "from gs://bucket/a/ alone"),
        ("GS://bucket/a.png", ["gs://bucket/"], "allowed in a bucket"),
    ],
)
def test_a_bucket_is_read_where_that_is_allowed(
    address: str, readable: list[str], reason: str | None
) -> None:
    problem = address_problem(address, readable)
    assert problem is None if reason is None else reason in (problem or "")


@pytest.mark.parametrize("encoded", [True, False])
def test_twenty_mebibytes_are_the_most(monkeypatch: pytest.MonkeyPatch, encoded: bool) -> None:
    content = b"0123456789"
    address = data_uri(content) if encoded else "data:,0123456789"
    monkeypatch.setattr(frames, "LARGEST", 10)
    assert source_of(address) == InlineFrame(content)
    monkeypatch.setattr(frames, "LARGEST", 9)
    with pytest.raises(FrameError, match="at most"):
        source_of(address)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://me:pw@example.com/a.png?sig=s#f", "https://example.com/a.png"),
        ("data:image/png;base64," + base64.b64encode(b"x" * 99).decode(), "data:image/png;base64,…"),
        ("gs://bucket/a.png", "gs://bucket/a.png"),
        ("http://[::1", "(unreadable)"),
        (f"/api/v1/jobs/{TWO}/content", f"/api/v1/jobs/{TWO}/content"),
    ],
)
def test_messages_hold_no_secrets(address: str, shown: str) -> None:
    assert shown_address(address) == shown
