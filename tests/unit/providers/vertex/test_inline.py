import base64
import json
import os
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.vertex.inline import InlineError, InlineReader

KEYS = ("bytesBase64Encoded", "encodedVideo")


def read(text: bytes, size: int) -> tuple[bytes, InlineReader]:
    reader = InlineReader(*KEYS)
    decoded = [reader.feed(text[at : at + size]) for at in range(0, len(text), size)]
    return b"".join(decoded), reader


def body(content: bytes, **others: Any) -> dict[str, Any]:
    video = {"bytesBase64Encoded": base64.b64encode(content).decode(), "mimeType": "video/mp4"}
    return {"name": "o", "done": True, "response": {"videos": [video], **others}}


@given(st.binary(max_size=200), st.integers(1, 40), st.sampled_from([None, 2]))
def test_a_payload_in_pieces(content: bytes, size: int, indent: int | None) -> None:
    text = json.dumps(body(content, note='a "quoted" \\ \n note'), indent=indent).encode()

    decoded, reader = read(text, size)

    assert decoded == content
    assert reader.started is reader.ended is bool(content)
    expected = body(b"", note='a "quoted" \\ \n note')
    assert reader.rest() == expected


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_googles_escapes(size: int) -> None:
    content = b"\xfb\xef\xbe\xff\xfe" * 7
    escaped = base64.b64encode(content).decode().replace("=", "\\u003d").replace("/", "\\/")

    decoded, reader = read(f'{{"encodedVideo": "{escaped.replace("+", chr(92) + "u002B")}"}}'.encode(), size)

    assert decoded == content
    assert reader.rest() == {"encodedVideo": ""}


def test_only_the_first_of_several() -> None:
    two = {"videos": [{"encodedVideo": base64.b64encode(clip).decode()} for clip in (b"first", b"second")]}

    decoded, reader = read(json.dumps(two).encode(), 5)

    assert decoded == b"first"
    assert reader.rest() == {"videos": [{"encodedVideo": ""}, {"encodedVideo": ""}]}


def test_a_prompt_that_looks_like_a_payload() -> None:
    trap = {
        "prompt": '{"bytesBase64Encoded": "QUJD"}',
        "key": "bytesBase64Encoded",
        "x": ["encodedVideo", "QUJD"],
    }

    decoded, reader = read(json.dumps(trap).encode(), 4)

    assert (decoded, reader.started, reader.rest()) == (b"", False, trap)


def test_memory_is_constant() -> None:
    reader = InlineReader(*KEYS)
    reader.feed(b'{"encodedVideo": "')
    block, largest, size = base64.b64encode(os.urandom(48 * 1024)), 0, 0
    for _ in range(500):
        size += len(reader.feed(block))
        largest = max(largest, len(reader._base64) + len(reader._rest) + len(reader._held))

    assert size == 500 * 48 * 1024
    assert largest < 100


@pytest.mark.parametrize(
    "text", [b'{"encodedVideo": "QU!D"}', b'{"encodedVideo": "QUJ"}', b'{"encodedVideo": "\\u00e9"}']
)
def test_what_is_no_base64(text: bytes) -> None:
    with pytest.raises(InlineError):
        read(text, 100)


def test_what_is_cut() -> None:
    text = json.dumps(body(b"content")).encode()

    for end in range(1, len(text)):
        decoded, reader = read(text[:end], 100)
        assert b"content".startswith(decoded)
        with pytest.raises(InlineError):
            reader.rest()


def test_too_much_around_it() -> None:
    with pytest.raises(InlineError, match="1 MiB"):
        read(b'{"x": "' + b"y" * 2_000_000, 64 * 1024)
