"""The process that stitches one film: ``python -m media.stitch_process``.

It reads its order from standard input, one line of JSON, and answers in lines of JSON on standard output.
It lives no longer than whoever started it: when its input ends, so does it.
"""

import json
import os
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

from domain.errors import MediaError, UnfitClipError
from media.stitching import stitch

_NICENESS = 10
"""The event loop that waits for us comes first."""


def main() -> None:
    """Carry out the order and answer."""
    os.nice(_NICENESS)
    order = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_our_parent, daemon=True).start()
    try:
        made = stitch(
            [Path(path) for path in order["clips"]],
            Path(order["into"]),
            lambda percent: _say({"progress": percent}),
        )
    except UnfitClipError as error:
        _say({"clip": error.number, "error": error.message})
    except MediaError as error:
        _say({"error": error.message})
    else:
        _say({"done": asdict(made)})


def _end_with_our_parent() -> None:
    # At the file descriptor: a thread inside a buffered read would hold its lock when the interpreter ends.
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os._exit(1)


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
