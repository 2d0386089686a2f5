"""Per-step losses averaged over windows of a fixed number of steps, whatever the clock says."""

from __future__ import annotations

from typing import Any, Final

WINDOWS: Final = 20  # per epoch, at most


class LossAverager:
    """Groups losses into windows that depend on the step alone.

    So a resumed run writes the same lines as an unbroken one. The very first step has a window of
    its own: a person waits for it.
    """

    def __init__(self, names: tuple[str, ...], steps_per_epoch: int) -> None:
        self._names = names
        self._steps_per_epoch = steps_per_epoch
        self.width = max(1, steps_per_epoch // WINDOWS)  # steps
        self._pending: list[list[float]] = []
        self._epoch_sum = [0.0] * len(names)
        self._epoch_count = 0

    def add(self, step: int, values: list[float]) -> dict[str, float] | None:
        """Take in the losses of `step` (from 1); the means of a window that it completes."""
        self._pending.append(values)
        pairs = zip(self._epoch_sum, values, strict=True)
        self._epoch_sum = [total + value for total, value in pairs]
        self._epoch_count += 1
        position = (step - 1) % self._steps_per_epoch + 1
        if step > 1 and position % self.width and position != self._steps_per_epoch:
            return None
        columns = zip(*self._pending, strict=True)
        means = [sum(column) / len(self._pending) for column in columns]
        self._pending = []
        return dict(zip(self._names, means, strict=True))

    def end_epoch(self) -> float:
        """The mean of the first loss over the epoch that ends."""
        mean = self._epoch_sum[0] / max(1, self._epoch_count)
        self._epoch_sum = [0.0] * len(self._names)
        self._epoch_count = 0
        return mean

    def state(self) -> dict[str, Any]:
        """What a checkpoint must hold for `restore`."""
        return {
            "pending": self._pending,
            "epoch_sum": self._epoch_sum,
            "epoch_count": self._epoch_count,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Continue where `state` was taken. A bad one: LookupError, TypeError or ValueError."""
        pending = [list(map(float, row)) for row in state["pending"]]
        epoch_sum = list(map(float, state["epoch_sum"]))
        if any(len(row) != len(self._names) for row in (*pending, epoch_sum)):
            raise ValueError("it holds other losses")
        self._pending = pending
        self._epoch_sum = epoch_sum
        self._epoch_count = int(state["epoch_count"])
