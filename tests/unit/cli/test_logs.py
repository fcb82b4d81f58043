"""What is logged, where it goes, and what never gets there."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from cli.logs import LogSettings, configure


class Terminal(io.StringIO):
    """A stream that says that it is one."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def logged(settings: LogSettings) -> list[dict[str, object]]:
    stream = io.StringIO()
    configure(settings, stream)
    structlog.get_logger().debug("small", action="small")
    structlog.get_logger().info("started", action="started", job_id="j")
    logging.getLogger("httpx").info("GET https://example.com/?key=secret")
    logging.getLogger("httpx").warning("odd")
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_lines_are_objects_with_an_action() -> None:
    ours, theirs = logged(LogSettings(log_format="json"))
    assert (ours["action"], ours["level"], ours["event"], ours["job_id"]) == (
        "started",
        "info",
        "started",
        "j",
    )
    assert str(ours["timestamp"]).endswith("Z")
    assert (theirs["action"], theirs["level"], theirs["logger"]) == ("library", "warning", "httpx")


def test_the_level_counts() -> None:
    assert [line["event"] for line in logged(LogSettings(log_level="warning"))] == ["odd"]
    assert len(logged(LogSettings(log_level="debug"))) == 4


def fail(secret: str) -> None:
    message = "broken"
    raise ValueError(message if secret else "")


@pytest.mark.parametrize("stream", [Terminal(), io.StringIO()], ids=["people", "machines"])
def test_a_traceback_names_lines_and_no_values(stream: io.StringIO) -> None:
    configure(LogSettings(), stream)
    try:
        fail("hunter2"[::-1])
    except ValueError:
        structlog.get_logger().exception("failed", action="failed")
    assert "ValueError: broken" in stream.getvalue()
    assert "2retnuh" not in stream.getvalue()


@pytest.mark.parametrize(("stream", "is_json"), [(Terminal(), False), (io.StringIO(), True)])
def test_people_get_columns_and_machines_get_json(stream: io.StringIO, is_json: bool) -> None:
    configure(LogSettings(), stream)
    structlog.get_logger().info("started", action="started")
    assert stream.getvalue().startswith("{") is is_json
