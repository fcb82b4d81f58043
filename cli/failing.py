"""How a command fails: one line on stderr and an exit code."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from domain.errors import ConfigurationError, ConflictError, InvalidRequestError, RushesError

FAILED, MISCONFIGURED, INTERRUPTED = 1, 2, 130


@contextmanager
def reported(*, debug: bool) -> Iterator[None]:
    """Turn expected errors into a line on stderr and an exit code; with ``debug`` they are left alone.

    Whatever is not expected keeps its traceback: it is a mistake of ours, and somebody has to find it.
    """
    try:
        yield
    except KeyboardInterrupt:
        print("rushes: interrupted", file=sys.stderr)  # noqa: T201 # what stderr is for
        sys.exit(INTERRUPTED)
    except (RushesError, BaseExceptionGroup) as error:
        expected = _expected(error)
        if debug or not expected:
            raise
        for each in expected:
            print("\n".join(_lines(each)), file=sys.stderr)  # noqa: T201 # what stderr is for
        wrong = any(isinstance(each, ConfigurationError | InvalidRequestError) for each in expected)
        sys.exit(MISCONFIGURED if wrong else FAILED)


def _lines(error: RushesError) -> list[str]:
    """Say what is wrong: one line, or one for each of several problems."""
    if isinstance(error, InvalidRequestError | ConflictError) and len(error.problems) > 1:
        return [f"rushes: {len(error.problems)} problems:", *(f"  {problem}" for problem in error.problems)]
    return [f"rushes: {' '.join(error.message.split())}"]


def _expected(error: BaseException) -> list[RushesError]:
    """Give the errors of ours in it; none if there is any other, which then must not be hidden."""
    if isinstance(error, RushesError):
        return [error]
    if not isinstance(error, BaseExceptionGroup):
        return []
    parts = [_expected(part) for part in error.exceptions]
    return [each for part in parts for each in part] if all(parts) else []
