import pytest

from domain.failures import ErrorCode
from domain.provider import SubmitRejectedError
from domain.statuses import JobKind
from providers.grok.models import IMAGE_MODELS, VIDEO_MODELS
from providers.grok.requests import image_body, video_body
from tests.generations import a_request
from tests.pictures import a_frame, a_picture, data_uri

ABLE = VIDEO_MODELS["grok-imagine-video-1.5"]
STORED = {"filename": "rushes-x.mp4", "expires_after": 172_800}


def test_everything_that_has_a_default_is_said() -> None:
    request = a_request("a fox", model="grok-imagine-video-1.5", duration_seconds=6.0, resolution="720p")
    assert video_body(request, ABLE, "rushes-x.mp4") == {
        "model": "grok-imagine-video-1.5",
        "prompt": "a fox",
        "duration": 6,
        "resolution": "720p",
        "aspect_ratio": "1:1",
        "generate_audio": True,
        "storage_options": STORED,
    }


def test_what_the_request_leaves_open_is_said_too() -> None:
    request = a_request(aspect_ratio=None, resolution=None, duration_seconds=6.0)
    body = video_body(request, ABLE, "rushes-x.mp4")
    assert (body["resolution"], body["aspect_ratio"]) == ("720p", "16:9")


def test_a_clip_from_a_picture_has_the_pictures_shape() -> None:
    request = a_request(generate_audio=False, start_frame=a_frame("WEBP"), end_frame=a_frame("JPEG"))
    body = video_body(request, ABLE, "rushes-x.mp4")
    assert body["image"] == {"url": data_uri(a_picture("WEBP"), "image/webp")}
    assert body["last_frame"] == {"url": data_uri(a_picture("JPEG"), "image/jpeg")}
    assert body["generate_audio"] is False
    assert "aspect_ratio" not in body


@pytest.mark.parametrize("field", ["start_frame_url", "end_frame_url"])
def test_frames_that_were_not_read_are_refused(field: str) -> None:
    with pytest.raises(SubmitRejectedError, match=field) as caught:
        video_body(a_request(**{field: "https://example.org/a.png"}), ABLE, "rushes-x.mp4")
    assert caught.value.code is ErrorCode.INVALID_REQUEST


def test_images_are_asked_for_by_address() -> None:
    request = a_request("a fox", kind=JobKind.IMAGE, aspect_ratio="16:9", resolution=None)
    assert image_body(request, IMAGE_MODELS["grok-imagine-image"], "rushes-x.jpg") == {
        "model": "mock-image-1",
        "prompt": "a fox",
        "n": 1,
        "aspect_ratio": "16:9",
        "resolution": "1k",
        "response_format": "url",
        "storage_options": {"filename": "rushes-x.jpg", "expires_after": 172_800},
    }
