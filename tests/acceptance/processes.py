"""Real ``rushes`` processes: start them, wait for what they log or print, stop or kill them by pid."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, Self, TypeVar

T = TypeVar("T")

COMMAND = Path(sys.executable).with_name("rushes")
LogLine = Mapping[str, Any]


class Process:
    """A running ``rushes`` command. Its output is kept; waiting for a line of it wakes as the line comes."""

    def __init__(self, *arguments: str, cwd: Path, settings: Mapping[str, str]) -> None:
        self.arguments = arguments
        self.logs: list[LogLine] = []
        """The JSON lines of stderr so far."""
        self.errors: list[str] = []
        """The other lines of stderr so far."""
        self.printed: list[str] = []
        """The lines of stdout so far."""
        self._changed = threading.Condition()
        self._unread = 2
        self._started = subprocess.Popen(
            [COMMAND, *arguments],
            cwd=cwd,
            env=_environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            # As a shell does it: Ctrl-C is for all that it starts, and for nobody else.
            process_group=0,
        )
        assert self._started.stdout is not None
        assert self._started.stderr is not None
        self._readers = [
            threading.Thread(target=self._read, args=(self._started.stdout, self.printed.append)),
            threading.Thread(target=self._read, args=(self._started.stderr, self._take_error)),
        ]
        for reader in self._readers:
            reader.start()

    @property
    def pid(self) -> int:
        """Id of the process itself; nothing stands between it and us."""
        return self._started.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._started.poll() is None

    def logged(self, action: str, **fields: object) -> list[LogLine]:
        """Give the log lines so far with this action and these fields."""
        return [line for line in tuple(self.logs) if _is(line, action, fields)]

    def wait_for(self, action: str, *, seconds: float = 60.0, count: int = 1, **fields: object) -> LogLine:
        """Wait for the ``count``-th log line with this action and these fields; fail when it cannot come."""
        return self._wait(
            lambda: found[count - 1] if len(found := self.logged(action, **fields)) >= count else None,
            f"{action} {fields or ''}",
            seconds,
        )

    def wait_for_print(self, text: str, *, seconds: float = 60.0) -> str:
        """Wait for a line on stdout that contains ``text``; give the line."""
        return self._wait(lambda: next((line for line in self.printed if text in line), None), text, seconds)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to this very process."""
        self._started.send_signal(number)

    def interrupt(self) -> None:
        """Press Ctrl-C: whatever it started and is still in its group is interrupted with it."""
        os.killpg(self.pid, signal.SIGINT)

    def freeze(self) -> None:
        """Stop it in its tracks (SIGSTOP): it lives, and from now on does nothing."""
        self.signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WNOWAIT)

    def thaw(self) -> None:
        """Let a frozen process go on."""
        self.signal(signal.SIGCONT)

    def kill(self) -> None:
        """Kill it (SIGKILL) and wait until it is gone."""
        self._started.kill()
        self.wait(10.0)

    def stop(self, seconds: float = 60.0) -> int:
        """Ask it to stop (SIGTERM); give its exit code."""
        self.signal(signal.SIGTERM)
        return self.wait(seconds)

    def wait(self, seconds: float = 60.0) -> int:
        """Wait until it ends and its output is read; give its exit code."""
        code = self._started.wait(seconds)
        for reader in self._readers:
            # The embedded database outlives a killed process and holds its pipes open.
            reader.join(1.0)
        return code

    def output(self) -> str:
        """Give everything it wrote, for the message of a test that fails."""
        logs = (json.dumps(line) for line in tuple(self.logs))
        return "\n".join([f"$ rushes {' '.join(self.arguments)}", *self.printed, *self.errors, *logs])

    def _wait(self, find: Callable[[], T | None], wanted: str, seconds: float) -> T:
        with self._changed:
            self._changed.wait_for(lambda: find() is not None or self._silent, seconds)
            found = find()
        assert found is not None, f"waited for {wanted} in vain:\n{self.output()}"
        return found

    @property
    def _silent(self) -> bool:
        """Whether both of its streams are read to their ends: nothing more can come."""
        return not self._unread

    def _read(self, stream: IO[str], take: Callable[[str], None]) -> None:
        with stream:
            for line in stream:
                with self._changed:
                    take(line.rstrip("\n"))
                    self._changed.notify_all()
        with self._changed:
            self._unread -= 1
            self._changed.notify_all()

    def _take_error(self, line: str) -> None:
        try:
            read = json.loads(line)
        except ValueError:
            read = None
        if isinstance(read, dict):
            self.logs.append(read)
        else:
            self.errors.append(line)


class Processes:
    """Starts ``rushes`` processes that share settings, and leaves none of them behind."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        """Where they run; it has no ``.env``."""
        self.settings = settings
        self.started: list[Process] = []

    def __call__(self, *arguments: str, **settings: str) -> Process:
        """Start a command such as ``executor``; ``settings`` are environment variables of its own."""
        process = Process(*arguments, cwd=self.folder, settings={**self.settings, **settings})
        self.started.append(process)
        return process

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.started:
            if process.running:
                process.thaw()
                process.kill()
            process.wait()


def _is(line: LogLine, action: str, fields: Mapping[str, object]) -> bool:
    return line.get("action") == action and all(line.get(name) == value for name, value in fields.items())


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Give an environment with these settings and none of the developer's own."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
    return {**kept, "PYTHONUNBUFFERED": "1", "LOG_FORMAT": "json", "LOG_LEVEL": "info", **settings}
