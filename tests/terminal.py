"""A pseudo-terminal with a program in it, and pyte's idea of what its screen shows."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import pyte

from aetui.bench.pseudoterminal import Pseudoterminal

ESCAPES: Final = {
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "f1": "\x1bOP",
    "f2": "\x1bOQ",
    "enter": "\r",
    "esc": "\x1b",
    "shift+right": "\x1b[1;2C",
    "shift+home": "\x1b[1;2H",
    "tab": "\t",
    "ctrl+a": "\x01",
    "ctrl+c": "\x03",
    "ctrl+l": "\x0c",
    "ctrl+q": "\x11",
    "ctrl+z": "\x1a",
}
PATIENCE: Final = 60.0  # seconds; CI machines are slow and busy
FRAME: Final = 0.02  # seconds within which the rest of a picture comes


class PyteScreen(pyte.Screen):
    """Deaf to the private sequences of newer terminals, which pyte takes for colours and margins.

    And it does not fall over a line position while the origin mode is on without margins.
    """

    def select_graphic_rendition(self, *attributes: int, private: bool = False, **_: Any) -> None:
        if not private:
            super().select_graphic_rendition(*attributes)

    def set_margins(self, *arguments: Any, private: bool = False, **_: Any) -> None:
        if not private:
            super().set_margins(*arguments)

    def report_device_status(self, *_: Any, **__: Any) -> None:
        """The pseudo-terminal answers."""

    def cursor_to_line(self, line: int | None = None) -> None:
        self.margins, before = self.margins or pyte.screens.Margins(0, self.lines - 1), self.margins
        super().cursor_to_line(line)
        self.margins = before


class Terminal(Pseudoterminal):
    """Runs `command` in a pseudo-terminal of `size`; as a context manager it ends with the block.

    `raw` is all that came, `screen` what pyte makes of it.
    """

    def __init__(
        self,
        *command: str,
        size: tuple[int, int] = (120, 40),
        env: Mapping[str, str | None] | None = None,
        cwd: Path | None = None,
        background: str | None = None,
    ) -> None:
        self.raw = b""
        self.screen = PyteScreen(*size)
        self._stream = pyte.ByteStream(self.screen)
        super().__init__(command, size, env=env, cwd=cwd, background=background)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            print(f"the screen at the end:\n{self.text()}")
        super().__exit__(kind, error, trace)

    def resize(self, columns: int, rows: int) -> None:
        super().resize(columns, rows)
        self.screen.resize(rows, columns)

    def receive(self, timeout: float) -> bytes | None:
        data = super().receive(timeout)
        if data:
            self.raw += data
            # pyte does not know the private forms with < and >.
            self._stream.feed(data.replace(b"\x1b[>", b"\x1b[?").replace(b"\x1b[<", b"\x1b[?"))
        return data

    def read(self, seconds: float) -> bool:
        """Take in what comes within that time; whether anything can still come."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self.receive(left) is None:
                return False
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
            alive = self.receive(0.05) is not None
            assert alive or true(self.text()), f"the program ended before {wanted}:\n{self.text()}"
        self.read(FRAME)  # it may have come in the first part of a picture
        return self.text()

    def press(self, *keys: str) -> None:
        """Type, a moment between two keys."""
        for key in keys:
            self.type(ESCAPES.get(key, key).encode())
            self.read(0.05)

    def wait_for_end(self, patience: float = PATIENCE) -> int:
        """Read until the program ends; its exit code, or minus the signal that ended it."""
        end = time.monotonic() + patience
        while not self.has_ended():
            assert time.monotonic() < end, f"it does not end; the screen:\n{self.text()}"
            self.receive(0.05)
        self.read(0.1)
        assert self.exit_status is not None
        return self.exit_status


def launch(
    runs: Path,
    *options: str,
    size: tuple[int, int] = (120, 40),
    env: Mapping[str, str | None] | None = None,
    background: str | None = None,
) -> Terminal:
    """`aetui launch` in a terminal."""
    command = (sys.executable, "-m", "aetui", "launch", "--runs", str(runs), *options)
    return Terminal(*command, size=size, env=env, background=background)
