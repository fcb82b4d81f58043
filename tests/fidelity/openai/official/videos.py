"""The official openai package against a running Rushes. Run by ``test_official_client.py``, aside."""

import io
import os
import warnings
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from PIL import Image

URL = os.environ["RUSHES_URL"]
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture
def client() -> Iterator[Any]:
    # It insists on a key; without any key made, whatever it sends is good on this machine.
    with openai.OpenAI(base_url=URL, api_key="none-yet", max_retries=0) as made:
        yield made


def a_picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (64, 36), (200, 30, 30)).save(made, "PNG")
    return made.getvalue()


def test_a_whole_life(client: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        first = client.videos.create_and_poll(
            prompt="a door opens",
            model="mock-1",
            seconds="4",
            size="720x1280",
            input_reference=("first.png", a_picture(), "image/png"),
        )
        assert (first.object, first.status, first.progress, first.error) == ("video", "completed", 100, None)
        assert (first.model, first.seconds, first.size) == ("mock-1", "4", "720x1280")
        assert first.completed_at >= first.created_at

        clip = client.videos.download_content(first.id)
        content = clip.read()
        assert content[4:8] == b"ftyp"
        part = client.videos.download_content(first.id, extra_headers={"Range": "bytes=4-7"})
        assert (part.response.status_code, part.read()) == (206, b"ftyp")
        for variant in ("thumbnail", "spritesheet"):
            assert client.videos.download_content(first.id, variant=variant).read()[:3] == b"\xff\xd8\xff"

        second = client.videos.remix(first.id, prompt="a door closes")
        assert second.remixed_from_video_id == first.id
        second = client.videos.poll(second.id, poll_interval_ms=100)
        assert (second.status, second.prompt, second.size) == ("completed", "a door closes", "720x1280")

        order = {"prompt": "once", "extra_headers": {"Idempotency-Key": "order-1"}}
        third, again = client.videos.create(**order), client.videos.create(**order)
        assert again.id == third.id
        assert client.videos.poll(third.id, poll_interval_ms=100).status == "completed"

        made = [third.id, second.id, first.id]
        # An iterator fetches page by page.
        assert [video.id for video in client.videos.list(limit=1)] == made
        assert [video.id for video in client.videos.list(limit=2, order="asc")] == made[::-1]

        gone = client.videos.delete(first.id)
        assert (gone.id, gone.object, gone.deleted) == (first.id, "video.deleted", True)
        with pytest.raises(openai.NotFoundError) as missing:
            client.videos.retrieve(first.id)
        assert missing.value.code == "not_found"
        assert [video.id for video in client.videos.list()] == made[:2]


def test_what_is_refused_is_what_it_raises(client: Any) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.videos.create(prompt="a door opens", model="sora-2")
    assert (refused.value.param, refused.value.type) == ("model", "invalid_request_error")
    assert "allowed: mock-1" in refused.value.message
