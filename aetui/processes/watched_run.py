"""One run, followed as it grows. Belongs to the monitor's thread."""

from __future__ import annotations

from pathlib import Path

from aetui.config import RunConfig
from aetui.processes.snapshots import RunSnapshot
from aetui.processes.trainer import StartedTrainer
from aetui.runs.directory import METRICS, RunIdentity, checkpoint_stamp, latent_epochs
from aetui.runs.history import History, HistorySnapshot
from aetui.runs.lock import lock_holder
from aetui.runs.metrics import MetricsTail, number_or_none
from aetui.runs.summary import State, state_of

NO_REASON = "it ended without giving a reason (killed, or out of memory?)"


class WatchedRun:
    """Reads what is new of a run; `snapshot` is what is known of it."""

    def __init__(self, path: Path, identity: RunIdentity, config: RunConfig) -> None:
        self._tail = MetricsTail(path / METRICS)
        self._history = History()
        self.snapshot = RunSnapshot(identity, path, config)

    def poll(self, started: StartedTrainer | None) -> bool:
        """Read what is new; whether anything is. `started` is the run's trainer, if ours."""
        before, history = self.snapshot, self._read_metrics()
        state = self._state(history, started)
        self.snapshot = RunSnapshot(
            before.identity,
            before.path,
            before.config,
            history,
            state,
            _cause(history, started) if state == "failed" else "",
            checkpoint_stamp(before.path),
            tuple(latent_epochs(before.path)),
            started.log_line() if started is not None and state == "starting" else "",
        )
        return self.snapshot != before

    def _read_metrics(self) -> HistorySnapshot:
        records = self._tail.read()
        if self._tail.restarted:
            self._history = History()
        for record in records:
            self._history.add(record)
        if not records and not self._tail.restarted:
            return self.snapshot.history
        return self._history.snapshot()

    def _state(self, history: HistorySnapshot, started: StartedTrainer | None) -> State:
        locked = lock_holder(self.snapshot.path) is not None
        if started is not None and not _has_begun(history, started):
            # What its metrics say is of an earlier training.
            return "starting" if started.exit_reason() is None else "failed"
        return state_of(history.state_event, locked=locked)


def _has_begun(history: HistorySnapshot, started: StartedTrainer) -> bool:
    """Whether the trainer has written to the run since it was started."""
    return (number_or_none(history.state_event.get("time")) or 0.0) >= started.started_at


def _cause(history: HistorySnapshot, started: StartedTrainer | None) -> str:
    """Why the run failed, from its newest training: its own words, else how its process ended."""
    event = history.state_event
    has_begun = started is None or _has_begun(history, started)
    if has_begun and event.get("event") == "failed":
        return str(event.get("message", ""))
    return (started.exit_reason() if started is not None else None) or NO_REASON
