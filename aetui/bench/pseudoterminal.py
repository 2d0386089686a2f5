"""A pseudo-terminal with a program in it: types and moves a mouse, reads, counts and answers."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

FRAME: Final = b"\x1b[?2026h"
LONGEST_QUESTION: Final = 16  # bytes; one may be split over two reads
NOT_INHERITED: Final = ("NO_COLOR", "COLUMNS", "LINES", "TMUX", "STY", "AETUI_PLAIN_OUTPUT")
LEFT_BUTTON: Final = 0
MOVING: Final = 35  # no button
WHEEL_UP: Final = 64
WHEEL_DOWN: Final = 65


@dataclass(frozen=True)
class Answer:
    """What came back for a key. `last` is None where nothing came."""

    count: int  # bytes
    last: float | None  # seconds until the last of them


class Pseudoterminal:
    """Runs `command`; as a context manager it ends with the block.

    `env` is added to this process's environment; None takes a variable out. `background` is
    answered where the program asks for it, as "rrrr/gggg/bbbb".
    """

    def __init__(
        self,
        command: Sequence[str],
        size: tuple[int, int] = (120, 40),
        *,
        env: Mapping[str, str | None] | None = None,
        cwd: Path | None = None,
        background: str | None = None,
    ) -> None:
        self.started = time.perf_counter()
        self.frames = 0
        self.exit_status: int | None = None
        self.answers = {
            rb"\x1b\[\?2026\$p": b"\x1b[?2026;2$y",  # synchronized output is known, and off
            rb"\x1b\[0?c": b"\x1b[?62;22c",
        }
        if background:
            self.answers[rb"\x1b\]11;\?(?:\x07|\x1b\\)"] = f"\x1b]11;rgb:{background}\x07".encode()
        self._asked = b""  # the end of what was read, in which a question may begin
        environment = _environment(env or {})
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            set_size(0, *size)
            os.chdir(cwd or ".")
            os.execvpe(command[0], list(command), environment)  # noqa: S606

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def resize(self, columns: int, rows: int) -> None:
        """As a person who drags the window's corner."""
        set_size(self.fd, columns, rows)

    def receive(self, timeout: float) -> bytes | None:
        """What comes next within `timeout` seconds, b"" for nothing; None once the program ended.

        Questions in it are answered as a modern terminal does.
        """
        if not select.select([self.fd], [], [], timeout)[0]:
            return b""
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return None
        self._reply(data)
        self.frames += data.count(FRAME)
        return data or None

    def _reply(self, data: bytes) -> None:
        asked = self._asked + data
        for question, answer in self.answers.items():
            for _ in re.finditer(question, asked):
                os.write(self.fd, answer)
                asked = re.sub(question, b"", asked)
        self._asked = asked[-LONGEST_QUESTION:]

    def drain(self, idle: float, most: float) -> Answer:
        """Read until nothing has come for `idle` seconds, for `most` seconds in all."""
        start, count, last = time.perf_counter(), 0, None
        while time.perf_counter() - start < most and (data := self.receive(idle)):
            count, last = count + len(data), time.perf_counter() - start
        return Answer(count, last)

    def wait_for(self, wanted: bytes, most: float) -> float | None:
        """Seconds from the start of the program until it has written `wanted`.

        None where it does not within `most` seconds.
        """
        seen = b""
        end = time.perf_counter() + most
        while time.perf_counter() < end:
            seen = seen[-len(wanted) :] + (self.receive(0.05) or b"")
            if wanted in seen:
                return time.perf_counter() - self.started
        return None

    def type(self, keys: bytes) -> None:
        """Send keys in one write, without waiting for an answer."""
        os.write(self.fd, keys)

    def measure_key(self, key: bytes) -> Answer:
        """Send a key and read its whole answer, and nothing that came before it."""
        self.drain(0.01, 0.05)
        self.type(key)
        return self.drain(0.1, 3.0)

    def move_mouse(self, column: int, row: int) -> None:
        """To a cell, counted from 0."""
        self._mouse(MOVING, column, row, "M")

    def click(self, column: int, row: int) -> None:
        self.drag((column, row), (column, row))

    def turn_wheel(self, button: int, column: int, row: int) -> None:
        """One notch, WHEEL_UP or WHEEL_DOWN, over a cell."""
        self._mouse(button, column, row, "M")

    def drag(self, start: tuple[int, int], stop: tuple[int, int]) -> None:
        """Press the left button in one cell, and let go in another."""
        self.move_mouse(*start)
        self._mouse(LEFT_BUTTON, *start, "M")
        if stop != start:
            self._mouse(LEFT_BUTTON + 32, *stop, "M")
        self._mouse(LEFT_BUTTON, *stop, "m")

    def _mouse(self, button: int, column: int, row: int, final: str) -> None:
        self.type(f"\x1b[<{button};{column + 1};{row + 1}{final}".encode())

    def has_ended(self) -> bool:
        """Whether the program has; `exit_status` is then its code, or minus its signal."""
        if self.exit_status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.exit_status = os.waitstatus_to_exitcode(status)
        return self.exit_status is not None

    def close(self) -> None:
        """End the program if it has not ended, and the terminal."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            end = time.monotonic() + 5
            if not self.has_ended():
                os.kill(self.pid, signal.SIGCONT)
                os.kill(self.pid, number)
            while not self.has_ended() and time.monotonic() < end:
                self.receive(0.05)
        self.hang_up()

    def hang_up(self) -> None:
        """As when the connection is lost."""
        if self.fd >= 0:
            with contextlib.suppress(OSError):
                os.close(self.fd)
            self.fd = -1


def _environment(changes: Mapping[str, str | None]) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    terminal = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
    wanted: dict[str, str | None] = {**ours, **terminal, **changes}
    return {name: value for name, value in wanted.items() if value is not None}


def set_size(terminal: int, columns: int, rows: int) -> None:
    """Tell the kernel how large a terminal is; its program gets SIGWINCH."""
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
