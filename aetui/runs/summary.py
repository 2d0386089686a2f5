"""A run in short: its state, its score, its age. What lists show, without the whole of its metrics."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from aetui.config import RunConfig
from aetui.runs.directory import CHECKPOINT, CONFIG, METRICS, read_config
from aetui.runs.lock import lock_holder
from aetui.runs.metrics import Record, last_records, number_or_none

State = Literal["starting", "running", "paused", "done", "stopped", "failed"]
AGE_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"))  # seconds


def state_of(event: Mapping[str, Any], *, locked: bool) -> State:
    """A run's state, from its newest state event and whether its lock is held."""
    name = event.get("event")
    if locked:
        return "paused" if name == "paused" else "running"
    if name == "done":
        return "done"
    # Not done, not stopped, not running: it was killed, or it failed and said so.
    return "stopped" if name == "stopped" else "failed"


@dataclass(frozen=True)
class RunSummary:
    """One line of a list of runs."""

    path: Path
    config: RunConfig
    state: State
    epoch: float
    last_epoch: Record  # the newest epoch line
    modified: float  # unix seconds

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def score(self) -> float | None:
        """The figure that ranks runs of this model; None before the first epoch."""
        return number_or_none(self.last_epoch.get(self.config.spec.score.key))

    @property
    def score_text(self) -> str:
        """The score with its unit, or a dash."""
        return f"{self.score:.2f} {self.config.spec.score.unit}" if self.score is not None else "-"

    @property
    def age(self) -> str:
        """How long ago the run last grew, in its largest unit."""
        seconds = max(0.0, time.time() - self.modified)
        for size, unit in AGE_UNITS:
            if seconds >= size:
                return f"{seconds / size:.0f} {unit}"
        return f"{seconds:.0f} s"


def summarise(run: Path) -> RunSummary:
    """The run in short; `BadInput` where its config.json cannot be used."""
    config = read_config(run)
    last = last_records(run / METRICS)
    epoch = last.get("epoch", {})
    state = state_of(last.get("event", {}), locked=lock_holder(run) is not None)
    reached = number_or_none(epoch.get("epoch")) or 0.0
    return RunSummary(run, config, state, reached, epoch, last_change(run))


def last_change(run: Path) -> float:
    """When the run last grew, in unix seconds."""
    times = []
    for name in (METRICS, CHECKPOINT, CONFIG):
        with suppress(OSError):
            times.append((run / name).stat().st_mtime)
    return max(times, default=0.0)
