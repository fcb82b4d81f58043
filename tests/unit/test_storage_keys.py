import pytest

from domain.errors import InvalidRequestError
from storage.keys import checked_key


@pytest.mark.parametrize(
    "key", ["a", "a/b/c-2.mp4", "film..mp4", "a/b.", "Läufer 1.mp4", "a+b&c=d", "a/" + "b" * 200]
)
def test_a_plain_relative_path_is_a_key(key: str) -> None:
    assert checked_key(key) == key


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/etc/passwd",
        "//host/a",
        "..",
        "../secret",
        "a/../../secret",
        "a/..",
        "./a",
        "a/./b",
        "a//b",
        "a/",
        ".hidden",
        "a/.hidden/b",
        "a\\b",
        "..\\a",
        "a\0b",
        "a\nb",
        "a\x7f",
        "a\x85b",
        "\udcff",
        "x.part",
        "a/x.part",
        "a/" + "b" * 201,
        "a/" + "ü" * 101,
        "a/" * 450 + "b",
    ],
)
def test_anything_else_is_none(key: str) -> None:
    with pytest.raises(InvalidRequestError, match="key is") as caught:
        checked_key(key)
    assert caught.value.message.isascii()
    assert caught.value.message.isprintable()
