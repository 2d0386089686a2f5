"""The lines of metrics.jsonl, as a training writes and reports them."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final

from aetui.errors import BadInput
from aetui.runs.directory import METRICS
from aetui.runs.lock import RunFolder, RunLost
from aetui.runs.metrics import MetricsWriter, Record

WAITING: Final = 10_000  # records kept in memory while the disk refuses them

Report = Callable[[Record], None]


class Recorder:
    """Writes records to metrics.jsonl and hands each to `report`.

    A full disk delays lines; it does not stop a training.
    """

    def __init__(self, run: RunFolder, report: Report, *, writes: bool = True) -> None:
        """`writes` is False in the processes of a group that are not rank 0."""
        try:
            self._writer = MetricsWriter(run.here / METRICS) if writes else None
        except OSError as error:
            problem = f"{run.path / METRICS} cannot be written ({error.strerror})"
            raise BadInput(f"{problem}; make it writable, or start a new run.") from None
        self._run = run
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

    def event_on_disk(self, name: str, *events: Mapping[str, Any]) -> bool:
        """Record events of one kind; whether the disk has them all. If not, it has none of them.

        `RunLost` where the run is not ours any more.
        """
        self.flush()
        if self._writer is None or self._waiting:
            return False
        now = round(time.time(), 3)
        records = [{"kind": "event", "time": now, "event": name, **event} for event in events]
        try:
            self._writer.append(*records)
            self._writer.sync()
        except OSError:
            return False
        for record in records:
            with contextlib.suppress(OSError):
                self._report(record)
        return True

    def flush(self) -> None:
        """Write the records that wait. Where the disk refuses, they stay for the next time.

        `RunLost` where the run is not ours any more.
        """
        if self._writer is None or not self._waiting:
            self._waiting.clear()
            return
        self._run.check()
        try:
            self._writer.append(*self._waiting)
        except OSError:
            return
        self._waiting.clear()

    def abandon(self) -> None:
        """From now on write nothing, and only report."""
        if self._writer is not None:
            self._writer.close()
        self._writer = None

    def close(self) -> None:
        """Write the records that wait and close the file."""
        with contextlib.suppress(RunLost):
            self.flush()
        self.abandon()
