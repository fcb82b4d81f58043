"""Bodies, queries and ids as typed values; everything that is wrong with them is said at once."""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeVar, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from starlette.requests import HTTPConnection, Request

from api.errors import RefusedError
from domain.capabilities import Seconds
from domain.errors import InvalidRequestError, Problem
from services.feasibility import length_problem
from services.projects import labels_for

M = TypeVar("M", bound=BaseModel)
LONGEST_SHOT = 600
"""Seconds that a shot may have at all."""
_DISCARDED = 8 * 1024 * 1024
"""Bytes over the limit that are still taken off the wire."""
_PATIENCE = 30.0
"""Seconds for a body to arrive."""
_LAST = {"Connection": "close"}
"""For answers before the body was read to its end: nothing else can follow on that connection."""
_SUBJECT = re.compile(r"^(Input|String|List|Value|Dictionary) should ")


async def read_body(request: Request, most: int) -> bytes:
    """Read the whole body, and keep no more than ``most`` bytes of it.

    Starlette has a limit too, but it answers in plain text.

    Raises:
        RefusedError: ``body_too_large``.
    """
    announced = request.headers.get("content-length", "")
    size = int(announced) if announced.isdecimal() else None
    if size is not None and size > most and "expect" in request.headers:
        raise _too_large(most)
    body = bytearray()
    left = _DISCARDED
    try:
        async with asyncio.timeout(_PATIENCE):
            async for chunk in request.stream():
                if len(body) <= most:
                    body += chunk
                    continue
                # A connection that is closed under a client that still sends loses our answer on the way,
                # so a little more than allowed is taken and dropped.
                left -= len(chunk)
                if left < 0:
                    break
    except TimeoutError:
        raise RefusedError(
            HTTPStatus.REQUEST_TIMEOUT,
            "body_too_slow",
            f"the body did not arrive within {_PATIENCE:g} s",
            headers=_LAST,
        ) from None
    if len(body) > most:
        raise _too_large(most)
    return bytes(body)


def _too_large(most: int) -> RefusedError:
    return RefusedError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "body_too_large",
        f"the body is larger than {most} bytes",
        problems=[Problem("body", None, f"at most {most} bytes")],
        headers=_LAST,
    )


def parse_json(body: bytes) -> object:
    """Read JSON.

    Raises:
        RefusedError: it is not JSON; says where it stops being that.
    """
    try:
        return from_json(body, allow_inf_nan=False)
    except ValueError as error:
        raise RefusedError(
            HTTPStatus.BAD_REQUEST,
            "malformed_json",
            f"the body is not JSON: {error}",
            problems=[Problem("body", body[:100].decode(errors="replace"), "a JSON object")],
        ) from error


def parse_body(model: type[M], body: bytes, look: Callable[[object], Sequence[Problem]] | None = None) -> M:
    """Read a body as ``model``; ``look`` finds what else is wrong with it, whatever its form.

    Raises:
        RefusedError: it is not JSON.
        InvalidRequestError: every field that is wrong, with its value and what is allowed.
    """
    raw = parse_json(body)
    problems = [*_duplicate_labels(raw), *(look(raw) if look else ())]
    try:
        read = model.model_validate_json(body)
    except ValidationError as error:
        problems = [*_problems(model, error, raw), *problems]
        raise InvalidRequestError(problems) from None
    if problems:
        raise InvalidRequestError(problems)
    return read


def parse_query(model: type[M], request: HTTPConnection) -> M:
    """Read the query string as ``model``; a parameter of a list may be repeated.

    Raises:
        InvalidRequestError: every parameter that is wrong.
    """
    lists = {name for name, field in model.model_fields.items() if get_origin(field.annotation) is list}
    query = request.query_params
    values: dict[str, Any] = {name: query.getlist(name) if name in lists else query[name] for name in query}
    repeated = [
        Problem(name, ", ".join(query.getlist(name)), "may be given once")
        for name in query
        if name not in lists and len(query.getlist(name)) > 1
    ]
    try:
        read = model.model_validate(values)
    except ValidationError as error:
        raise InvalidRequestError([*_problems(model, error, values), *repeated]) from None
    if repeated:
        raise InvalidRequestError(repeated)
    return read


def parse_id(name: str, text: str) -> UUID:
    """Read an id from a path.

    Raises:
        InvalidRequestError: it is none.
    """
    try:
        return UUID(text)
    except ValueError:
        allowed = "a UUID, such as 123e4567-e89b-12d3-a456-426614174000"
        raise InvalidRequestError([Problem(name, text, allowed)]) from None


def _problems(model: type[BaseModel], error: ValidationError, raw: object) -> list[Problem]:
    found = []
    for entry in error.errors(include_url=False):
        place: tuple[int | str, ...] = entry["loc"]
        value = None if entry["type"] == "missing" else entry["input"]
        allowed = _allowed(model, entry["type"], entry["msg"], place)
        found.append(Problem(_path(place), value, allowed, _shot_label(place, raw)))
    return found


def _allowed(model: type[BaseModel], kind: str, message: str, place: Sequence[int | str]) -> str:
    if kind == "extra_forbidden":
        return f"there is no such field; allowed: {', '.join(_fields(model, place[:-1]))}"
    if kind == "missing":
        return "is required"
    if kind in {"model_type", "model_attributes_type"}:
        return "should be a JSON object"
    return _SUBJECT.sub("should ", message)


def _fields(model: type[BaseModel], place: Sequence[int | str]) -> list[str]:
    """List the fields of the model at ``place``."""
    for step in place:
        if isinstance(step, str) and step in model.model_fields:
            model = next(_models(model.model_fields[step].annotation), model)
    return list(model.model_fields)


def _models(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _path(place: Sequence[int | str]) -> str:
    """Write a path as people do: ``scenes[0].shots[1].label``."""
    path = ""
    for step in place:
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
    return path.removeprefix(".") or "body"


def _scene_shots(raw: object) -> list[list[object]]:
    """Give the shots of each scene of a raw project, as far as it has the right form."""
    scenes = raw.get("scenes") if isinstance(raw, Mapping) else None
    return [
        scene["shots"] if isinstance(scene, Mapping) and isinstance(scene.get("shots"), list) else []
        for scene in (scenes if isinstance(scenes, list) else [])
    ]


def _own_labels(shots: list[object]) -> list[str | None]:
    labels = [shot.get("label") if isinstance(shot, Mapping) else None for shot in shots]
    return [label if isinstance(label, str) and label.strip() else None for label in labels]


def _shot_label(place: Sequence[int | str], raw: object) -> str | None:
    """Give the label of the shot that ``place`` is in, as it would be."""
    match place:
        case ["scenes", int(scene), "shots", int(shot), *_]:
            return labels_for(scene, _own_labels(_scene_shots(raw)[scene]))[shot]
        case _:
            return None


def impossible_lengths(raw: object, lengths: Mapping[str, Seconds]) -> list[Problem]:
    """Find the durations in a raw project that none of these models makes; those of a wrong form are not."""
    found = []
    for number, shots in enumerate(_scene_shots(raw)):
        labels = labels_for(number, _own_labels(shots))
        for position, (shot, label) in enumerate(zip(shots, labels, strict=True)):
            seconds = shot.get("duration_seconds") if isinstance(shot, Mapping) else None
            if isinstance(seconds, int | float) and 0 < seconds <= LONGEST_SHOT and seconds is not True:
                field = f"scenes[{number}].shots[{position}].duration_seconds"
                found.append(length_problem(field, float(seconds), label, lengths))
    return [problem for problem in found if problem is not None]


def _duplicate_labels(raw: object) -> list[Problem]:
    """Find labels that two shots of a scene share, in the raw body: that is said with all the rest."""
    problems = []
    for number, shots in enumerate(_scene_shots(raw)):
        seen: set[str] = set()
        for position, label in enumerate(_own_labels(shots)):
            if label is None:
                continue
            if label.casefold() in seen:
                field = f"scenes[{number}].shots[{position}].label"
                problems.append(Problem(field, label, "another shot of this scene has this label", label))
            seen.add(label.casefold())
    return problems
