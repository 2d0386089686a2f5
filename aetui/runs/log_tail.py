"""Reads a run's log as it grows, from near its end, in lines that are safe to show."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from aetui.errors import printable
from aetui.runs.directory import LOG

SPAN: Final = 1 << 16  # bytes: how much of the log's end is read at once, at most
MOST_LINES: Final = 10_000  # that one reading gives, however short they are
LONGEST_LINE: Final = 2000  # characters
TAB: Final = b"    "


class LogTail:
    """The last SPAN bytes of the log of `run`, then what is added. Belongs to one thread."""

    def __init__(self, run: Path) -> None:
        self._path = run / LOG
        self._offset = -1  # before the first reading
        self._rest = b""  # a line without its end yet
        self.restarted = False
        """Whether the last `read` begins anew: the first one, or the log was cut or ran ahead."""

    def read(self) -> list[str] | None:
        """The lines that are new; None where there is no log that can be read."""
        try:
            with self._path.open("rb") as file:
                added = self._added(file.fileno())
        except OSError:
            return None
        lines = (self._rest + added).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        self._rest = lines.pop()[-SPAN:]
        if not added and self._rest:  # no end of it seems to come
            lines, self._rest = [self._rest], b""
        return [_safe(line) for line in lines[-MOST_LINES:]]

    def _added(self, file: int) -> bytes:
        size = os.fstat(file).st_size
        self.restarted = not 0 <= size - max(self._offset, 0) <= SPAN or self._offset < 0
        if self.restarted:
            self._offset, self._rest = max(0, size - SPAN), b""
        is_cut = self.restarted and self._offset > 0
        added = os.pread(file, size - self._offset, self._offset)
        self._offset += len(added)
        return added.partition(b"\n")[2] if is_cut else added


def _safe(line: bytes) -> str:
    return printable(line.replace(b"\t", TAB).decode("utf-8", "replace"), LONGEST_LINE)
