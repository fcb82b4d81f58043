"""google-genai in Vertex mode against the simulator. Run by ``test_official_clients.py``, aside."""

import io
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from google import genai
from google.genai import errors, types
from google.oauth2 import service_account
from PIL import Image

URL, KEY_FILE = os.environ["SIMULATOR_URL"], os.environ["SIMULATOR_KEY_FILE"]
PROJECT = "simulated-project"
LITE = "veo-3.1-lite-generate-001"
FOLDER = "gs://rushes-clips/official/"
IMAGE_MODEL = "gemini-nano-banana-2.1"


@pytest.fixture(params=["v1", "v1beta1"])
def client(request: pytest.FixtureRequest) -> Iterator[Any]:
    scopes = ["https://www.googleapis.com/auth/cloud-platform"]
    load: Any = service_account.Credentials.from_service_account_file
    credentials = load(KEY_FILE, scopes=scopes)
    options = types.HttpOptions(base_url=URL, api_version=request.param)
    made = genai.Client(
        vertexai=True,
        project=PROJECT,
        location="us-central1",
        credentials=credentials,
        http_options=options,
    )
    yield made
    made.close()


def finished(client: Any, operation: Any, *, most: int = 2000) -> Any:
    """Poll until it is done, by the official way: each poll is a round trip, so no clock is needed."""
    for _ in range(most):
        operation = client.operations.get(operation)
        if operation.done:
            return operation
    raise AssertionError("never done")


def config(**changes: Any) -> Any:
    return types.GenerateVideosConfig(duration_seconds=4, aspect_ratio="9:16", generate_audio=True, **changes)


def generate(client: Any, prompt: str = "a lighthouse", **changes: Any) -> Any:
    source = types.GenerateVideosSource(prompt=prompt)
    return client.models.generate_videos(model=LITE, source=source, config=config(**changes))


def test_a_clip_in_the_bucket(client: Any) -> None:
    operation = generate(client, output_gcs_uri=FOLDER, labels={"attempt": "official"}, seed=7)

    done = finished(client, operation)

    (made,) = done.response.generated_videos
    assert made.video.uri.startswith(FOLDER)
    assert made.video.uri.endswith("/sample_0.mp4")


def test_a_clip_inline_and_a_resume(client: Any) -> None:
    name = generate(client).name

    done = finished(client, types.GenerateVideosOperation(name=name))

    (made,) = done.response.generated_videos
    assert made.video.video_bytes[4:8] == b"ftyp"
    assert made.video.mime_type == "video/mp4"


def test_frames_are_read(client: Any) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (64, 36), "teal").save(picture, format="PNG")
    frame = types.Image(image_bytes=picture.getvalue(), mime_type="image/png")
    source = types.GenerateVideosSource(prompt="dusk", image=frame)

    operation = client.models.generate_videos(model=LITE, source=source, config=config(last_frame=frame))

    finished(client, operation)


def test_an_error_of_the_operation(client: Any) -> None:
    source = types.GenerateVideosSource(prompt="a lighthouse")
    five = types.GenerateVideosConfig(duration_seconds=5)

    done = finished(client, client.models.generate_videos(model=LITE, source=source, config=five))

    assert done.error["code"] == 3
    assert "supported durations are [8,4,6]" in done.error["message"]


def test_what_was_filtered(client: Any) -> None:
    done = finished(client, generate(client, "a [sim:filtered]"))

    assert not done.response.generated_videos
    assert done.response.rai_media_filtered_count == 1
    assert "Support codes: 64151117" in done.response.rai_media_filtered_reasons[0]


def test_some_of_it_was_filtered(client: Any) -> None:
    done = finished(client, generate(client, "a [sim:partial]", number_of_videos=2))

    assert len(done.response.generated_videos) == 1
    assert done.response.rai_media_filtered_count == 1


@pytest.mark.parametrize("array", ["", "[sim:array]"])
@pytest.mark.parametrize(
    ("marker", "code", "status"),
    [
        ("rate_limited", 429, "RESOURCE_EXHAUSTED"),
        ("permission", 403, "PERMISSION_DENIED"),
        ("invalid", 400, "INVALID_ARGUMENT"),
        ("unavailable", 503, "UNAVAILABLE"),
        ("unauthorized", 401, "UNAUTHENTICATED"),
    ],
)
def test_errors_have_the_shape_that_it_reads(
    client: Any, marker: str, code: int, status: str, array: str
) -> None:
    with pytest.raises(errors.APIError) as caught:
        generate(client, f"a [sim:{marker}] {array}")

    assert (caught.value.code, caught.value.status) == (code, status)


def test_unknown_models_and_operations(client: Any) -> None:
    source = types.GenerateVideosSource(prompt="a")
    with pytest.raises(errors.ClientError, match="was not found or your project"):
        client.models.generate_videos(model="veo-3.0-generate-001", source=source, config=config())
    gone = f"projects/p/locations/us-central1/publishers/google/models/{LITE}/operations/nothing"
    with pytest.raises(errors.ClientError) as caught:
        client.operations.get(types.GenerateVideosOperation(name=gone))
    assert caught.value.code == 404


def test_an_image(client: Any) -> None:
    settings = types.GenerateContentConfig(
        response_modalities=["TEXT", "IMAGE"], image_config=types.ImageConfig(aspect_ratio="16:9")
    )

    answer = client.models.generate_content(model=IMAGE_MODEL, contents="a lighthouse", config=settings)

    (blob,) = [part.inline_data for part in answer.candidates[0].content.parts if part.inline_data]
    with Image.open(io.BytesIO(blob.data)) as picture:
        assert picture.width * 9 == picture.height * 16
    assert answer.candidates[0].finish_reason == types.FinishReason.STOP


@pytest.mark.parametrize(
    ("marker", "seen"),
    [
        ("blocked_late", lambda a: a.prompt_feedback.block_reason == types.BlockedReason.PROHIBITED_CONTENT),
        ("filtered", lambda a: a.candidates[0].finish_reason == types.FinishReason.IMAGE_SAFETY),
    ],
)
def test_an_image_that_is_blocked(client: Any, marker: str, seen: Callable[[Any], bool]) -> None:
    settings = types.GenerateContentConfig(response_modalities=["TEXT", "IMAGE"])

    answer = client.models.generate_content(model=IMAGE_MODEL, contents=f"a [sim:{marker}]", config=settings)

    assert seen(answer)
