"""xAI's answers, read as leniently as they are documented: every field may be missing, or of another kind."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

TICKS = 10_000_000_000
"""Per US dollar (xAI's REST reference)."""
_MICRO = Decimal("0.000001")


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _object(value: object) -> object:
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> list[object]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


Text = Annotated[str, BeforeValidator(_text)]
Whole = Annotated[int | None, BeforeValidator(_whole)]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Usage(_Answer):
    """What was charged."""

    cost_in_usd_ticks: Whole = None

    @property
    def cost(self) -> Decimal | None:
        """US dollars, where xAI says."""
        ticks = self.cost_in_usd_ticks
        return None if ticks is None else (Decimal(ticks) / TICKS).quantize(_MICRO)


class FileOutput(_Answer):
    """The copy in xAI's file store."""

    file_id: Text = ""


class Media(_Answer):
    """One video or image."""

    url: Text = ""
    respect_moderation: Any = None
    file_output: Annotated[FileOutput, BeforeValidator(_object)] = FileOutput()

    @property
    def blocked(self) -> bool:
        """Whether the content rules took it away."""
        return self.respect_moderation is False

    @property
    def is_there(self) -> bool:
        """Whether it can be fetched from anywhere."""
        return bool(self.url or self.file_output.file_id)


class Accepted(_Answer):
    """The answer to the submission of a video."""

    request_id: Text = ""


class VideoStatus(_Answer):
    """The answer to a poll."""

    status: Text = ""
    progress: Whole = None
    video: Annotated[Media, BeforeValidator(_object)] = Media()
    error: Any = None
    usage: Annotated[Usage, BeforeValidator(_object)] = Usage()


class Images(_Answer):
    """The answer to the submission of an image, which is the image."""

    data: Annotated[list[Media], BeforeValidator(_objects)] = []
    usage: Annotated[Usage, BeforeValidator(_object)] = Usage()


class StoredFile(_Answer):
    """One file of the file store."""

    id: Text = ""
    filename: Text = ""


class FilePage(_Answer):
    """One page of the file store's list."""

    data: Annotated[list[StoredFile], BeforeValidator(_objects)] = []
    pagination_token: Text = ""


class KeyInfo(_Answer):
    """What xAI says of a key."""

    name: Text = ""
    team_blocked: bool = False
    api_key_blocked: bool = False
    api_key_disabled: bool = False
