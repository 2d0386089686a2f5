"""A line of progress on stderr."""

from __future__ import annotations

import contextlib
import shutil
import sys
import time
from typing import Final

from aetui.errors import printable

EVERY: Final = 0.2  # seconds between two updates of the line on a terminal
EVERY_ELSEWHERE: Final = 30.0  # in a log file


class Waiting:
    """Rewrites one line on a terminal; elsewhere, writes a line now and then."""

    def __init__(self, *, often: bool = False) -> None:
        self._every = EVERY if often or sys.stderr.isatty() else EVERY_ELSEWHERE
        self._live = sys.stderr.isatty()
        self._shown_at = 0.0 if self._live else time.monotonic()  # a log needs no first line
        self._is_open = False

    def tell(self, text: str) -> None:
        """Show `text`, at once on a terminal; elsewhere always a line of its own."""
        self._show(text)

    def count(self, text: str) -> None:
        """Show `text`, one of very many, if the one before is old enough."""
        if time.monotonic() - self._shown_at >= self._every:
            self._show(text)

    def _show(self, text: str) -> None:
        self._shown_at = time.monotonic()
        shown = printable(text, 400)
        with contextlib.suppress(OSError):  # the terminal may be gone
            if self._live:
                width = shutil.get_terminal_size().columns - 1
                print(f"\r{shown[:width]:<{width}}", end="", file=sys.stderr, flush=True)
                self._is_open = True
            else:
                print(shown, file=sys.stderr, flush=True)

    def end(self) -> None:
        """Remove the line."""
        if self._is_open:
            width = shutil.get_terminal_size().columns - 1
            with contextlib.suppress(OSError):
                print(f"\r{'':<{width}}\r", end="", file=sys.stderr, flush=True)
            self._is_open = False
