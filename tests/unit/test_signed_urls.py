import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from domain.errors import ConfigurationError
from storage.signed_urls import SignedUrls, _make_secret

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
EXPIRES = int(NOW.timestamp()) + 60
LINKS = SignedUrls(b"k" * 32)


def test_its_own_signature_is_good_until_it_expires() -> None:
    signature = LINKS.sign("a/b.mp4", EXPIRES)
    assert LINKS.verify("a/b.mp4", EXPIRES, signature, NOW)
    assert LINKS.verify("a/b.mp4", EXPIRES, signature, NOW + timedelta(seconds=59))
    assert not LINKS.verify("a/b.mp4", EXPIRES, signature, NOW + timedelta(seconds=60))


@pytest.mark.parametrize(
    ("key", "expires"),
    [("a/c.mp4", EXPIRES), ("a/b.mp4", EXPIRES + 1), (f"{EXPIRES}:a/b.mp4", 0), ("", EXPIRES)],
)
def test_a_signature_is_for_one_key_and_one_expiry(key: str, expires: int) -> None:
    assert not LINKS.verify(key, expires, LINKS.sign("a/b.mp4", EXPIRES), NOW)


@pytest.mark.parametrize("signature", ["", "0" * 64, "ü", "\udcff", "0" * 100_000])
def test_what_is_no_signature_is_refused(signature: str) -> None:
    assert not LINKS.verify("a/b.mp4", EXPIRES, signature, NOW)


def test_any_text_can_be_asked_for() -> None:
    assert not LINKS.verify("\udcff", EXPIRES, "0" * 64, NOW)


def test_another_secret_signs_otherwise() -> None:
    assert not SignedUrls(b"x" * 32).verify("a/b.mp4", EXPIRES, LINKS.sign("a/b.mp4", EXPIRES), NOW)


def test_a_link_carries_what_verifying_needs() -> None:
    parts = urlsplit(LINKS.url("Szene 1/Läufer?.mp4", EXPIRES))
    query = parse_qs(parts.query)
    key = unquote(parts.path).removeprefix("/media/")
    assert key == "Szene 1/Läufer?.mp4"
    assert LINKS.verify(key, int(query["expires"][0]), query["signature"][0], NOW)


def test_a_home_keeps_its_secret_to_itself(tmp_path: Path) -> None:
    home = tmp_path / "not" / "there yet"
    signature = SignedUrls.of_home(home).sign("a.mp4", EXPIRES)
    assert SignedUrls.of_home(home).sign("a.mp4", EXPIRES) == signature
    assert (home / "media.key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in home.iterdir()] == ["media.key"]
    assert SignedUrls.of_home(tmp_path / "another").sign("a.mp4", EXPIRES) != signature


def test_processes_that_start_at_once_share_one_secret(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from storage.signed_urls import SignedUrls; sys.stdin.read();"
        "print(SignedUrls.of_home(Path(sys.argv[1])).sign('a.mp4', 1))"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path / "home")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        for _ in range(6)
    ]
    # All have been started; the end of their input sets them going.
    signatures = {process.communicate(timeout=30)[0] for process in reversed(processes)}
    assert all(process.returncode == 0 for process in processes)
    assert len(signatures) == 1
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["media.key"]


def test_the_first_of_two_that_make_the_secret_wins(tmp_path: Path) -> None:
    # The second saw no file when it looked, and makes one all the same.
    path = tmp_path / "media.key"
    _make_secret(path)
    first = path.read_text()
    _make_secret(path)
    assert path.read_text() == first
    assert [each.name for each in tmp_path.iterdir()] == ["media.key"]


@pytest.mark.parametrize("content", ["", "00" * 31, "not hexadecimal", "\N{SNOWMAN}"])
def test_a_damaged_secret_is_not_used(tmp_path: Path, content: str) -> None:
    (tmp_path / "media.key").write_text(content, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"RUSHES_HOME is .*media\.key.*damaged"):
        SignedUrls.of_home(tmp_path)


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match=r"RUSHES_HOME is .*neither be read nor made"):
        SignedUrls.of_home(tmp_path / "file" / "home")
