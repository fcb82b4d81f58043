import hashlib
from pathlib import Path

import pytest

from domain.errors import StorageError
from storage.digests import CHUNK, Fingerprint, fingerprint
from storage.s3 import _part_size
from storage.s3_client import PART_SIZE
from storage.workers import Stop, StoppedError

PART = 2 * CHUNK


def two_chunks(size: int) -> int:
    return PART


def md5(data: bytes) -> "hashlib._Hash":
    return hashlib.md5(data, usedforsecurity=False)


def test_a_small_file_has_its_md5_as_etag(tmp_path: Path) -> None:
    source = tmp_path / "a"
    source.write_bytes(b"a clip")
    found = fingerprint(source, part_size_for=two_chunks, check=Stop().check)
    assert found == Fingerprint(6, hashlib.sha256(b"a clip").hexdigest(), md5(b"a clip").hexdigest())


@pytest.mark.parametrize("size", [PART, PART + 1, 2 * PART - 1, 2 * PART, 2 * PART + CHUNK + 1])
def test_a_file_sent_in_parts_has_the_etag_of_its_parts(tmp_path: Path, size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    source = tmp_path / "a"
    source.write_bytes(data[:size])
    parts = [md5(data[start : min(start + PART, size)]).digest() for start in range(0, size, PART)]
    found = fingerprint(source, part_size_for=two_chunks, check=Stop().check)
    assert found.etag == f"{md5(b''.join(parts)).hexdigest()}-{len(parts)}"
    assert found.size == size


def test_a_stop_ends_it(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    stop = Stop()
    stop.ask()
    with pytest.raises(StoppedError):
        fingerprint(tmp_path / "a", part_size_for=two_chunks, check=stop.check)


def test_a_file_that_is_missing_is_the_callers_fault(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="gone cannot be read"):
        fingerprint(tmp_path / "gone", part_size_for=two_chunks, check=Stop().check)


def test_parts_grow_only_where_s3_would_count_too_many() -> None:
    assert _part_size(0) == _part_size(10_000 * PART_SIZE) == PART_SIZE
    assert _part_size(10_000 * PART_SIZE + 1) == 2 * PART_SIZE
