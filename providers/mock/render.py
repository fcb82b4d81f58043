"""Make the file of one generation."""

import tempfile
import threading
from pathlib import Path
from typing import BinaryIO

from domain.requests import GenerationRequest
from domain.statuses import JobKind
from providers.mock.clip import write_clip
from providers.mock.script import without_markers
from providers.mock.stills import write_still


def render(request: GenerationRequest, seconds: float, stop: threading.Event) -> BinaryIO:
    """Give an open file with the clip or image; it has no name any more and vanishes when closed.

    Setting ``stop`` ends the work early, with an incomplete file.
    """
    prompt = without_markers(request.prompt)
    with tempfile.TemporaryDirectory(prefix="rushes-mock-") as folder:
        # Never a clip's name: only finished and verified ones have that anywhere.
        path = Path(folder, "rendering.part")
        if request.kind is JobKind.IMAGE:
            write_still(request, prompt, path)
        else:
            write_clip(request, prompt, seconds, path, stop)
        return path.open("rb")
