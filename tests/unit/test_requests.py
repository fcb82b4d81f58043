"""A request survives its way through the database, and through a newer version of Rushes."""

import hashlib
import json
from dataclasses import replace
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.frames import Frame
from domain.requests import GenerationRequest
from domain.statuses import JobKind

TEXT = st.text(max_size=40)
FRAMES = st.none() | st.builds(
    Frame, content_type=TEXT, content=st.binary(), sha256=TEXT, size=st.integers(0), address=st.none() | TEXT
)
REQUESTS = st.builds(
    GenerationRequest,
    job_id=st.uuids(),
    project_id=st.uuids(),
    scene_id=st.none() | st.uuids(),
    shot_id=st.none() | st.uuids(),
    kind=st.sampled_from(JobKind),
    model=TEXT,
    prompt=TEXT,
    duration_seconds=st.none() | st.floats(0.1, 600),
    aspect_ratio=st.none() | st.sampled_from(["16:9", "9:16"]),
    resolution=st.none() | st.sampled_from(["720p", "1080p"]),
    negative_prompt=st.none() | TEXT,
    start_frame_url=st.none() | TEXT,
    end_frame_url=st.none() | TEXT,
    seed=st.none() | st.integers(-(2**63), 2**63 - 1),
    generate_audio=st.none() | st.booleans(),
    project_title=TEXT,
    scene_title=TEXT,
    shot_label=TEXT,
    start_frame=FRAMES,
    end_frame=FRAMES,
)


@given(REQUESTS)
def test_json_and_back_is_the_same_request(request: GenerationRequest) -> None:
    assert GenerationRequest.from_json(json.loads(json.dumps(request.to_json()))) == request


@given(REQUESTS, st.dictionaries(TEXT.map("newer_{}".format), st.integers(), max_size=3))
def test_what_a_newer_version_adds_is_ignored(request: GenerationRequest, more: dict[str, int]) -> None:
    assert GenerationRequest.from_json({**request.to_json(), **more}) == request


@given(REQUESTS)
def test_what_an_older_version_did_not_know_has_its_default(request: GenerationRequest) -> None:
    data = request.to_json()
    for name in ("seed", "generate_audio", "shot_label", "scene_id"):
        data.pop(name, None)
    expected = replace(request, seed=None, generate_audio=None, shot_label="", scene_id=None)
    assert GenerationRequest.from_json(data) == expected


@given(REQUESTS)
def test_defaults_fill_in_only_what_was_left_open(request: GenerationRequest) -> None:
    full = request.with_defaults(aspect_ratio="1:1", resolution="480p")
    assert full.aspect_ratio == (request.aspect_ratio or "1:1")
    assert full.resolution == (request.resolution or "480p")
    assert replace(full, aspect_ratio=None, resolution=None) == replace(
        request, aspect_ratio=None, resolution=None
    )


def test_ids_travel_as_text() -> None:
    request = GenerationRequest(UUID(int=1), UUID(int=2), None, None, JobKind.VIDEO, "m", "p")
    assert request.to_json()["job_id"] == str(UUID(int=1))
    assert "scene_id" not in request.to_json()


def test_what_is_kept_of_a_frame_is_its_digest() -> None:
    content = b"a picture" * 100
    address = "data:image/png;base64," + "A" * 1_000
    request = GenerationRequest(UUID(int=1), UUID(int=2), None, None, JobKind.VIDEO, "m", "p")
    request = replace(request, start_frame_url=address, end_frame_url="https://example.org/a.png?sig=secret")
    read = request.with_frames({name: Frame.of(content, "image/png", 4, 3) for name in request.frames})

    assert read.start_frame is not None
    assert read.start_frame.content == content
    kept = read.frozen().to_json()
    assert kept["start_frame"] == {
        "content_type": "image/png",
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": 900,
        "width": 4,
        "height": 3,
    }
    assert kept["start_frame_url"] == "data:image/png;base64,…"
    assert kept["end_frame_url"] == "https://example.org/a.png"
    again = GenerationRequest.from_json(json.loads(json.dumps(kept)))
    assert again.start_frame is not None
    assert again.start_frame.content == b""
