"""Where logs go and what they look like: JSON lines for machines, columns for people."""

import logging
import sys
from collections.abc import Sequence
from typing import Literal, TextIO

import structlog
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict
from structlog.typing import EventDict, Processor

FOREIGN = "library"
"""The ``action`` of what libraries log."""


class LogSettings(BaseSettings):
    """What is logged, and how."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True)

    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least that is logged. Libraries log warnings unless this is debug."
    )
    log_format: Literal["auto", "json", "console"] = Field(
        default="auto",
        description="json: one object a line, with a stable action; console: for people; "
        "auto: console on a terminal, otherwise json.",
    )


def configure(settings: LogSettings, stream: TextIO | None = None) -> None:
    """Send the logs of Rushes and of every library to ``stream`` (stderr where none is given)."""
    target = stream or sys.stderr
    pretty = settings.log_format == "console" or (settings.log_format == "auto" and target.isatty())
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    shared = _shared()
    renderers = _renderers(target, pretty=pretty)
    structlog.configure(
        processors=[*shared, *renderers],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(target),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, _name_action, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.DEBUG if settings.log_level == "debug" else max(level, logging.WARNING))


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _renderers(target: TextIO, *, pretty: bool) -> Sequence[Processor]:
    # Plain tracebacks in both: the richer ones print local variables, and those hold secrets.
    if pretty:
        formatter = structlog.dev.plain_traceback
        return [structlog.dev.ConsoleRenderer(colors=target.isatty(), exception_formatter=formatter)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=str)]


def _name_action(_logger: object, _method: str, event: EventDict) -> EventDict:
    event.setdefault("action", FOREIGN)
    return event
