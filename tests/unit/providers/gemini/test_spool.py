import os
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from providers.gemini.spool import Spool

PNG = b"\x89PNG\r\n\x1a\n and so on"


def kept(spool: Spool, content: bytes) -> UUID:
    attempt = uuid4()
    file = spool.begin(attempt)
    file.write(content)
    spool.keep(attempt, file)
    spool.discard(attempt, file)
    return attempt


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF1234WEBP", "image/webp"),
        (b"?", "application/octet-stream"),
    ],
)
def test_a_picture_is_kept_and_known(tmp_path: Path, content: bytes, kind: str) -> None:
    attempt = kept(Spool(tmp_path), content)

    other = Spool(tmp_path)
    assert other.content_type(attempt) == kind
    with other.open(attempt) as file:
        assert file.read() == content


def test_what_was_not_kept_is_not_there(tmp_path: Path) -> None:
    spool, attempt = Spool(tmp_path), uuid4()
    file = spool.begin(attempt)
    file.write(PNG)
    assert spool.content_type(attempt) is None
    spool.discard(attempt, file)

    assert list(tmp_path.iterdir()) == []
    with pytest.raises(FileNotFoundError):
        spool.open(attempt)


def test_old_pictures_are_swept(tmp_path: Path) -> None:
    old, young = kept(Spool(tmp_path), PNG), kept(Spool(tmp_path), PNG)
    (tmp_path / "note.txt").write_text("not ours")
    for name in (f"{old}.image", "note.txt"):
        os.utime(tmp_path / name, (0, 0))

    newest = kept(Spool(tmp_path), PNG)

    assert {path.name for path in tmp_path.iterdir()} == {f"{young}.image", f"{newest}.image", "note.txt"}
