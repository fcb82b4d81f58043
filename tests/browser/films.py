"""Films for the studio to show, made and watched through the API."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

Shot = Mapping[str, Any]

SCENES: Sequence[tuple[str, Sequence[Shot]]] = (
    (
        "The bakery",
        (
            {
                "image_prompt": "A baker at a glowing oven",
                "video_prompt": "The baker pulls out a loaf",
                "narration": "Every night, at three.",
                "duration_seconds": 2,
            },
            {"video_prompt": "Steam rises from a split loaf", "duration_seconds": 2},
        ),
    ),
    ("The street", ({"video_prompt": "A delivery van passes", "duration_seconds": 2},)),
)


@dataclass(frozen=True, slots=True)
class Film:
    """A project as it was made."""

    id: str
    receipt: str
    scenes: Sequence[str]
    shots: Sequence[Sequence[str]]

    @property
    def page(self) -> str:
        """Where the studio shows it."""
        return f"/?project={self.receipt}"


def make_project(api: httpx.Client, scenes: Sequence[tuple[str, Sequence[Shot]]] = SCENES) -> Film:
    """Write a script; nothing is ordered."""
    body = {
        "title": "Night Shift",
        "scenes": [{"title": title, "shots": list(shots)} for title, shots in scenes],
    }
    made = _read(api.post("/projects", json=body))
    return Film(
        id=made["id"],
        receipt=made["receipt"],
        scenes=[scene["id"] for scene in made["scenes"]],
        shots=[[shot["id"] for shot in scene["shots"]] for scene in made["scenes"]],
    )


def make_film(api: httpx.Client, scenes: Sequence[tuple[str, Sequence[Shot]]] = SCENES) -> Film:
    """Write a script and order all of it."""
    film = make_project(api, scenes)
    _read(api.post(f"/projects/{film.id}/generate-scenes", json={}))
    return film


def make_clips(api: httpx.Client, scenes: Sequence[tuple[str, Sequence[Shot]]]) -> Film:
    """Write a script and order its clips alone: there is no stitched file."""
    film = make_project(api, scenes)
    for scene in film.scenes:
        _read(api.post(f"/projects/{film.id}/scenes/{scene}/render", json={}))
    return film


def one_shot(prompt: str, **more: object) -> Sequence[tuple[str, Sequence[Shot]]]:
    """Give the shortest script there is."""
    return (("The bakery", ({"video_prompt": prompt, "duration_seconds": 1, **more},)),)


def completed(api: httpx.Client, film: Film) -> None:
    """Wait until the film can be played."""
    follow(api, film, lambda data: _step(data) == "complete")


def follow(api: httpx.Client, film: Film, wanted: Callable[[Mapping[str, Any]], bool]) -> None:
    """Read the film's feed until a message has the data that is wanted."""
    with api.stream("GET", f"/projects/{film.id}/events") as stream:
        for line in stream.iter_lines():
            if line.startswith("data: ") and wanted(json.loads(line.removeprefix("data: "))["data"]):
                return
    raise AssertionError("the feed ended before that")


def _step(data: Mapping[str, Any]) -> object:
    return data.get("project", data).get("current_step")


def _read(answer: httpx.Response) -> Any:
    assert answer.is_success, answer.text
    return answer.json()
