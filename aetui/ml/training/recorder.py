"""The lines of metrics.jsonl, as a training writes and reports them."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from aetui.errors import BadInput
from aetui.runs.directory import METRICS
from aetui.runs.metrics import MetricsWriter, Record

WAITING: Final = 10_000  # records kept in memory while the disk refuses them

Report = Callable[[Record], None]


class Recorder:
    """Writes records to metrics.jsonl and hands each to `report`.

    A full disk delays lines; it does not stop a training.
    """

    def __init__(self, run: Path, report: Report, *, writes: bool = True) -> None:
        """`writes` is False in the processes of a group that are not rank 0."""
        path = run / METRICS
        try:
            self._writer = MetricsWriter(path) if writes else None
        except OSError as error:
            cure = "make it writable, or start a new run"
            raise BadInput(f"{path} cannot be written ({error.strerror}); {cure}.") from None
        self._report = report
        self._waiting: deque[Record] = deque(maxlen=WAITING)

    def add(self, kind: str, **values: Any) -> None:
        """Record one line of `kind`, with the time."""
        record: Record = {"kind": kind, "time": round(time.time(), 3), **values}
        self._waiting.append(record)
        # The terminal may be gone, the pipe closed, the disk below the log full.
        with contextlib.suppress(OSError):
            self._report(record)

    def event(self, name: str, message: str = "", **values: Any) -> None:
        """Record an event, and write it out at once."""
        self.add("event", event=name, message=message, **values)
        self.flush()

    def flush(self) -> None:
        """Write the records that wait. Where the disk refuses, they stay for the next time."""
        if self._writer is None or not self._waiting:
            self._waiting.clear()
            return
        try:
            self._writer.append(*self._waiting)
        except OSError:
            return
        self._waiting.clear()

    def close(self) -> None:
        """Write the records that wait and close the file."""
        self.flush()
        if self._writer is not None:
            self._writer.close()
