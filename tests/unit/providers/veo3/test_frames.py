import base64

import pytest

from domain.failures import ErrorCode
from domain.frames import Frame
from domain.provider import SubmitRejectedError
from providers.veo3.frames import frame_json
from providers.veo3.schemas import submit_body
from tests.generations import a_request, an_attempt
from tests.pictures import a_frame, a_picture


def test_a_bucket_is_passed_on() -> None:
    frame = Frame("image/jpeg", address="gs://b/a.jpg")
    assert frame_json(frame) == {"gcsUri": "gs://b/a.jpg", "mimeType": "image/jpeg"}


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_bytes_go_as_they_are(kind: str) -> None:
    sent = frame_json(a_frame(kind))

    assert base64.b64decode(sent["bytesBase64Encoded"]) == a_picture(kind)
    assert sent["mimeType"] == f"image/{kind.lower()}"


@pytest.mark.parametrize("frozen", [True, False])
def test_a_frame_that_was_not_read_is_refused(frozen: bool) -> None:
    frames = {"start_frame_url": a_frame()} if frozen else {}
    request = a_request(start_frame_url="https://example.org/a.png").with_frames(frames).frozen()
    with pytest.raises(SubmitRejectedError, match="start_frame_url") as caught:
        submit_body(request, an_attempt(request), None)
    assert caught.value.code is ErrorCode.INVALID_REQUEST
