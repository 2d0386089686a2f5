"""What a training says: lines for metrics.jsonl, at a rhythm that does not depend on the clock."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from aetui.errors import BadInput
from aetui.runs.metrics import MetricsWriter, Record

WAITING: Final = 10_000  # records kept in memory while the disk refuses them

Report = Callable[[Record], None]


class Recorder:
    """Writes records to metrics.jsonl and hands each to `report`. A full disk delays lines; it does not stop a training."""

    def __init__(self, run: Path, report: Report, *, writes: bool = True) -> None:
        """`writes` is False in the processes of a group that do not lead it."""
        try:
            self._writer = MetricsWriter(run / "metrics.jsonl") if writes else None
        except OSError as error:
            raise BadInput(
                f"{run / 'metrics.jsonl'} cannot be written ({error.strerror}); make it writable, or start a new run."
            ) from None
        self._report = report
        self._waiting: deque[Record] = deque(maxlen=WAITING)

    def add(self, kind: str, **values: Any) -> None:
        """Record one line of `kind`, with the time."""
        record: Record = {"kind": kind, "time": round(time.time(), 3), **values}
        self._waiting.append(record)
        # Its terminal may be gone, its pipe closed, the disk below its log full: a training goes on without listeners.
        with contextlib.suppress(OSError):
            self._report(record)

    def event(self, name: str, message: str = "", **values: Any) -> None:
        """Record that something happened, and write it out at once."""
        self.add("event", event=name, message=message, **values)
        self.flush()

    def flush(self) -> None:
        """Write what waits. Where the disk refuses, it goes on waiting."""
        if self._writer is None or not self._waiting:
            self._waiting.clear()
            return
        try:
            self._writer.append(*self._waiting)
        except OSError:
            return
        self._waiting.clear()

    def close(self) -> None:
        """Write what waits and let go of the file."""
        self.flush()
        if self._writer is not None:
            self._writer.close()


class LossAverager:
    """Groups per-step losses into windows of a fixed number of steps, so that a resumed run's lines equal an unbroken one's."""

    def __init__(self, names: tuple[str, ...], steps_per_epoch: int, windows: int = 20) -> None:
        self._names = names
        self.steps_per_epoch = steps_per_epoch
        self.width = max(1, steps_per_epoch // windows)
        self.pending: list[list[float]] = []
        self.epoch_sum = [0.0] * len(names)
        self.epoch_count = 0

    def add(self, step: int, values: list[float]) -> dict[str, float] | None:
        """Take in the losses of `step` (1 for the first); the means over a window that it completes."""
        self.pending.append(values)
        self.epoch_sum = [
            total + value for total, value in zip(self.epoch_sum, values, strict=True)
        ]
        self.epoch_count += 1
        position = (step - 1) % self.steps_per_epoch + 1
        if position % self.width and position != self.steps_per_epoch:
            return None
        means = [sum(column) / len(self.pending) for column in zip(*self.pending, strict=True)]
        self.pending = []
        return dict(zip(self._names, means, strict=True))

    def end_epoch(self) -> float:
        """The mean loss of the epoch that ends."""
        mean = self.epoch_sum[0] / max(1, self.epoch_count)
        self.epoch_sum, self.epoch_count = [0.0] * len(self._names), 0
        return mean

    def state(self) -> dict[str, Any]:
        """What a checkpoint must hold for `restore`."""
        return {
            "pending": self.pending,
            "epoch_sum": self.epoch_sum,
            "epoch_count": self.epoch_count,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on where `state` was taken. An error of some kind where it is no such state."""
        pending, sums = (
            [list(map(float, row)) for row in state["pending"]],
            list(map(float, state["epoch_sum"])),
        )
        if any(len(row) != len(self._names) for row in (*pending, sums)):
            raise ValueError("the losses are others")
        self.pending, self.epoch_sum, self.epoch_count = pending, sums, int(state["epoch_count"])
