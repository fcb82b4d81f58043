"""What Vertex checks before it accepts: the request's shape, not yet what the model can make.

The rules are those of "Veo on Vertex AI video generation API" on docs.cloud.google.com; a duration or a
combination that the model does not make is reported by the operation instead, as the real service does.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Any

MODELS = ("veo-3.1-generate-001", "veo-3.1-fast-generate-001", "veo-3.1-lite-generate-001")
DURATIONS = (8, 4, 6)
_LABEL = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_LABEL_VALUE = re.compile(r"[a-z0-9_-]{0,63}")
_LARGEST_IMAGE = 20 * 1024 * 1024
_MOST_SAMPLES = 4
_LARGEST_SEED = 2**32 - 1
_TYPES: Mapping[str, type] = {
    "sampleCount": int,
    "durationSeconds": int,
    "aspectRatio": str,
    "resolution": str,
    "seed": int,
    "negativePrompt": str,
    "personGeneration": str,
    "generateAudio": bool,
    "enhancePrompt": bool,
    "storageUri": str,
    "compressionQuality": str,
    "resizeMode": str,
    "fps": int,
    "pubsubTopic": str,
}
_ALLOWED = {
    "aspectRatio": ("16:9", "9:16"),
    "resolution": ("720p", "1080p", "4k"),
    "resizeMode": ("crop", "pad", "CROP", "PAD"),
}


def fault(body: Any) -> str | None:
    """Give the first thing wrong with a submit's body, in Google's manner, or ``None``."""
    return next(_faults(body), None)


def late_fault(parameters: Mapping[str, Any], feature: str) -> str | None:
    """Give what only the running operation reports."""
    seconds = parameters.get("durationSeconds", DURATIONS[0])
    if seconds in DURATIONS:
        return None
    # Verbatim from the service, as google-genai users report it.
    return (
        f"Unsupported output video duration {seconds} seconds, supported durations are [8,4,6] for "
        f"feature {feature}."
    )


def _faults(body: Any) -> Iterator[str]:
    if not isinstance(body, dict):
        yield "Invalid JSON payload received."
        return
    for name in body.keys() - {"instances", "parameters", "labels"}:
        yield f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.'
    instances = body.get("instances")
    if not isinstance(instances, list) or len(instances) != 1 or not isinstance(instances[0], dict):
        yield "Exactly one instance is required."
        return
    yield from _instance_faults(instances[0])
    yield from _parameter_faults(body.get("parameters") or {})
    for key, value in (body.get("labels") or {}).items():
        if not (_LABEL.fullmatch(key) and isinstance(value, str) and _LABEL_VALUE.fullmatch(value)):
            yield f"Invalid label {key}: {value}."


def _instance_faults(instance: Mapping[str, Any]) -> Iterator[str]:
    given = [name for name in ("image", "referenceImages", "video") if instance.get(name)]
    if not instance.get("prompt") and not given:
        yield "Text prompt is required for text to video."
    if len(given) > 1:
        yield f"Only one of image, referenceImages and video may be set, not {', '.join(given)}."
    if instance.get("lastFrame") and not instance.get("image"):
        yield "lastFrame requires image."
    for name in ("image", "lastFrame"):
        if instance.get(name):
            yield from _image_faults(name, instance[name])


def _image_faults(name: str, image: Mapping[str, Any]) -> Iterator[str]:
    if image.get("mimeType") not in {"image/jpeg", "image/png"}:
        yield f"Unsupported mime type {image.get('mimeType')} for {name}."
    if ("bytesBase64Encoded" in image) is ("gcsUri" in image):
        yield f"{name} needs one of bytesBase64Encoded and gcsUri."
    if "bytesBase64Encoded" in image:
        try:
            content = base64.b64decode(image["bytesBase64Encoded"], validate=True)
        except (binascii.Error, TypeError, ValueError):
            yield f"{name} is not base64."
            return
        if len(content) > _LARGEST_IMAGE:
            yield f"{name} exceeds 20 MB."
        if not content.startswith((b"\x89PNG", b"\xff\xd8\xff")):
            yield f"{name} is not an image."


def _parameter_faults(parameters: Mapping[str, Any]) -> Iterator[str]:
    for name, value in parameters.items():
        kind = _TYPES.get(name)
        if kind is None:
            yield f"Unknown parameter {name}."
        elif not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            yield f"Invalid value at 'parameters.{name}': {value!r}."
        elif value not in _ALLOWED.get(name, (value,)):
            yield f"Unsupported {name} {value}, supported are {', '.join(_ALLOWED[name])}."
    if not 1 <= parameters.get("sampleCount", 1) <= _MOST_SAMPLES:
        yield "sampleCount must be between 1 and 4."
    if not 0 <= parameters.get("seed", 0) <= _LARGEST_SEED:
        yield "seed must be a uint32."
    if not str(parameters.get("storageUri", "gs://")).startswith("gs://"):
        yield "storageUri must start with gs://."
