"""The terminal device: its file descriptors, its size and its modes."""

from __future__ import annotations

import contextlib
import os
import termios
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from aetui.errors import BadInput

DEFAULT_SIZE: Final = (80, 24)
STDIN: Final = 0
OUTPUTS: Final = (1, 2)  # stdout before stderr


@dataclass
class TerminalDevice:
    """Where keys are read and the screen is written.

    `typed` holds what was read from it before the app did: the start of its input. While
    `owes_answer`, the answer to a question may come among the keys.
    """

    input: int = STDIN
    output: int = STDIN
    typed: bytes = b""
    owes_answer: bool = False
    modes: list[Any] | None = field(
        default=None, repr=False
    )  # of termios, before they were changed

    @contextlib.contextmanager
    def unbuffered(self) -> Iterator[None]:
        """Within the block, input comes at once and is not echoed; signals still work."""
        self.modes = termios.tcgetattr(self.input)
        changed = termios.tcgetattr(self.input)
        changed[3] &= ~(termios.ECHO | termios.ICANON)
        changed[6][termios.VMIN], changed[6][termios.VTIME] = 1, 0
        termios.tcsetattr(self.input, termios.TCSANOW, changed)
        try:
            yield
        finally:
            with contextlib.suppress(termios.error):  # the terminal may have gone
                termios.tcsetattr(self.input, termios.TCSANOW, self.modes)

    def size(self) -> tuple[int, int]:
        """(columns, rows) as the kernel knows them, else 80x24: a serial line has no size.

        COLUMNS and LINES are ignored: a shell may have exported them before the window was resized.
        """
        try:
            columns, rows = os.get_terminal_size(self.output)
        except OSError:
            return DEFAULT_SIZE
        return columns or DEFAULT_SIZE[0], rows or DEFAULT_SIZE[1]

    def has_size(self) -> bool:
        """Whether the kernel knows a size."""
        try:
            return 0 not in os.get_terminal_size(self.output)
        except OSError:
            return False


def open_terminal() -> TerminalDevice:
    """The terminal that this process was started from, whichever streams were redirected.

    `BadInput` where there is none.
    """
    own = _controlling_terminal()
    source = STDIN if os.isatty(STDIN) else own
    outputs = [stream for stream in OUTPUTS if os.isatty(stream)]
    target = outputs[0] if outputs else own
    if target is None and os.isatty(STDIN):
        target = _open(os.ttyname(STDIN))
    if source is None or target is None:
        cure = "start it in one, or use `aetui train` to train without"
        raise BadInput(f"the app needs a terminal, and there is none here; {cure}.")
    return TerminalDevice(source, target)


def _controlling_terminal() -> int | None:
    return _open("/dev/tty")


def _open(path: str) -> int | None:
    try:
        return os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return None


def has_job_control() -> bool:
    """Whether a shell could continue this process once it is suspended.

    The process group of the session's leader has none above it: under `docker exec` or
    `ssh host aetui`, or as the one command of a tmux window.
    """
    return os.getpgrp() != os.getsid(0)
