"""A real pseudo-terminal with a program in it, and pyte's idea of what its screen shows."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import pyte

ESCAPES = {
    "up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "home": "\x1b[H", "end": "\x1b[F", "enter": "\r", "esc": "\x1b",
    "shift+right": "\x1b[1;2C", "tab": "\t", "ctrl+q": "\x11", "ctrl+l": "\x0c",
}  # fmt: skip
PATIENCE = 60.0  # seconds; CI machines are slow and busy


class _Screen(pyte.Screen):
    """Deaf to the private sequences of newer terminals, which pyte would take for colours and margins."""

    def select_graphic_rendition(self, *attributes: int, private: bool = False, **_: Any) -> None:
        if not private:
            super().select_graphic_rendition(*attributes)

    def set_margins(self, *arguments: Any, private: bool = False, **_: Any) -> None:
        if not private:
            super().set_margins(*arguments)

    def report_device_status(self, *_: Any, **__: Any) -> None:
        """Nobody here answers."""


class Terminal:
    """Runs `command` in a pseudo-terminal of `size`; as a context manager it ends with the block."""

    def __init__(
        self,
        *command: str,
        size: tuple[int, int] = (120, 40),
        env: dict[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self.raw = b""
        columns, rows = size
        self.screen = _Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        environment = {
            **os.environ,
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
            **(env or {}),
        }
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            if cwd:
                os.chdir(cwd)
            os.execvpe(command[0], command, environment)
        self.resize(columns, rows)
        self.exit_status: int | None = None

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            print(f"the screen at the end:\n{self.text()}")
        self.close()

    def resize(self, columns: int, rows: int) -> None:
        """As a person who drags the window's corner."""
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen.resize(rows, columns)

    def read(self, seconds: float) -> bool:
        """Take in what comes within that time; whether anything can still come."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.fd], [], [], left)[0]:
                return True
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                data = b""
            if not data:
                return False
            self.raw += data
            # pyte does not know the private forms with < and >.
            self._stream.feed(data.replace(b"\x1b[>", b"\x1b[?").replace(b"\x1b[<", b"\x1b[?"))
        return True

    def text(self) -> str:
        """What the screen shows."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    def wait(self, wanted: str | Callable[[str], object], patience: float = PATIENCE) -> str:
        """Read until the screen shows `wanted`, or `wanted` is true of its text; that text."""
        true = wanted if callable(wanted) else lambda text: wanted in text
        end = time.monotonic() + patience
        while not true(self.text()):
            assert time.monotonic() < end, f"{wanted} never came; the screen:\n{self.text()}"
            assert self.read(0.05), f"the program ended before {wanted}; the screen:\n{self.text()}"
        return self.text()

    def press(self, *keys: str) -> None:
        """Type, a moment between two keys."""
        for key in keys:
            os.write(self.fd, ESCAPES.get(key, key).encode())
            self.read(0.05)

    def wait_for_end(self, patience: float = PATIENCE) -> int:
        """Read until the program ends; its exit code, or minus the signal that ended it."""
        end = time.monotonic() + patience
        while self.exit_status is None:
            assert time.monotonic() < end, f"it does not end; the screen:\n{self.text()}"
            self.read(0.05)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.exit_status = os.waitstatus_to_exitcode(status)
        self.read(0.1)
        return self.exit_status

    def close(self) -> None:
        """End the program if it has not ended."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.exit_status is None:
                os.kill(self.pid, number)
                try:
                    self.wait_for_end(5)
                except AssertionError:
                    continue
        os.close(self.fd)


def launch(
    runs: Path, *options: str, size: tuple[int, int] = (120, 40), env: dict[str, str] | None = None
) -> Terminal:
    """`aetui launch` in a terminal."""
    return Terminal(
        sys.executable, "-m", "aetui", "launch", "--runs", str(runs), *options, size=size, env=env
    )
