"""How this command was called, for telling people what to call next."""

import os
import shlex
import shutil
import sys
from pathlib import Path

_NAME = "rushes"


def program() -> str:
    """Give what can be pasted into the same shell to call ``rushes`` again."""
    started = Path(sys.argv[0])
    if started.name != _NAME or not started.exists():
        return _NAME
    found = shutil.which(_NAME)
    if found and Path(found).samefile(started):
        return _NAME
    near = os.path.relpath(started)
    # A path that climbs out of this folder is harder to read than the whole one.
    path = str(started.absolute()) if near.startswith(os.pardir) else near
    return shlex.quote(path if os.sep in path else f".{os.sep}{path}")
