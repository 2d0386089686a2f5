"""A pseudo-terminal that counts: bytes and seconds from a key to the last byte of its answer."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType

SYNC_QUESTION, SYNC_ANSWER = (
    b"\x1b[?2026$p",
    b"\x1b[?2026;2$y",
)  # a modern terminal knows synchronized output
FRAME = b"\x1b[?2026h"


@dataclass(frozen=True)
class Answer:
    """What came back for a key. `last` is None where nothing came."""

    count: int
    last: float | None  # seconds


class Pseudoterminal:
    """Runs a command in a pseudo-terminal; as a context manager it ends with the block."""

    def __init__(self, command: Sequence[str], columns: int = 120, rows: int = 40) -> None:
        self.started = time.perf_counter()
        self.frames = 0
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        environment.pop("NO_COLOR", None)
        self.pid, self._file = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], list(command), environment)  # noqa: S606
        fcntl.ioctl(self._file, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def __enter__(self) -> Pseudoterminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.kill(self.pid, signal.SIGTERM)
        end = time.monotonic() + 5
        while os.waitpid(self.pid, os.WNOHANG)[0] == 0:
            self.drain(0.05, 0.1)
            if time.monotonic() > end:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
                break
        os.close(self._file)

    def _read(self, timeout: float) -> bytes:
        if not select.select([self._file], [], [], timeout)[0]:
            return b""
        try:
            data = os.read(self._file, 65536)
        except OSError:
            return b""
        if SYNC_QUESTION in data:
            os.write(self._file, SYNC_ANSWER)
        self.frames += data.count(FRAME)
        return data

    def drain(self, idle: float, most: float) -> Answer:
        """Read until nothing has come for `idle` seconds, for `most` seconds in all."""
        start, count, last = time.perf_counter(), 0, None
        while time.perf_counter() - start < most and (data := self._read(idle)):
            count, last = count + len(data), time.perf_counter() - start
        return Answer(count, last)

    def wait_for(self, wanted: bytes, most: float) -> float | None:
        """Seconds from the start of the program until it has written `wanted`; None where it does not within `most`."""
        seen, end = b"", time.perf_counter() + most
        while time.perf_counter() < end:
            seen = seen[-len(wanted) :] + self._read(0.05)
            if wanted in seen:
                return time.perf_counter() - self.started
        return None

    def type(self, keys: bytes) -> None:
        """Send keys, without waiting for an answer."""
        os.write(self._file, keys)

    def press(self, key: bytes) -> Answer:
        """Send a key and read its whole answer, and nothing that came before it."""
        self.drain(0.01, 0.05)
        self.type(key)
        return self.drain(0.1, 3.0)
