"""google-cloud-storage against the simulator's bucket. Run by ``test_official_clients.py``."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from google.api_core.exceptions import NotFound
from google.cloud import storage

CONTENT = bytes(range(256)) * 64


@pytest.fixture
def client() -> Iterator[Any]:
    # Where it goes is in STORAGE_EMULATOR_HOST; the objects were put there by the test that runs this.
    yield (made := storage.Client(project="simulated-project"))
    # It asks for the bucket beside a download; that has to end before the server does.
    for thread in threading.enumerate():
        if thread.name.startswith("bucket_md_fetcher"):
            thread.join()
    made.close()


def test_downloads_whole_and_in_part(client: Any) -> None:
    blob = storage.Blob.from_uri("gs://b/veo/a/1/sample_0.mp4", client=client)

    assert blob.download_as_bytes() == CONTENT
    assert blob.download_as_bytes(start=10, end=19) == CONTENT[10:20]


def test_lists_by_prefix(client: Any) -> None:
    names = [blob.name for blob in client.list_blobs("b", prefix="veo/a/")]

    assert names == ["veo/a/1/sample_0.mp4"]


def test_pages(client: Any) -> None:
    assert [blob.name for blob in client.list_blobs("paged", page_size=2)] == list("01234")


def test_what_is_not_there(client: Any) -> None:
    with pytest.raises(NotFound):
        storage.Blob.from_uri("gs://b/nothing.mp4", client=client).download_as_bytes()


def test_uploads(client: Any) -> None:
    blob = client.bucket("b").blob("frames/start.png")

    blob.upload_from_string(b"a picture", content_type="image/png")

    assert client.bucket("b").blob("frames/start.png").download_as_bytes() == b"a picture"
    assert client.get_bucket("b").get_blob("frames/start.png").content_type == "image/png"
