"""One run, followed as it grows. Belongs to the monitor's thread."""

from __future__ import annotations

from pathlib import Path

from aetui.processes.run_index import IndexedRun
from aetui.processes.snapshots import KeptBest, RunSnapshot
from aetui.processes.trainer import StartedTrainer
from aetui.runs.directory import (
    BEST,
    CONFIG,
    METRICS,
    checkpoint_stamp,
    file_stamp,
    latent_epochs,
)
from aetui.runs.heartbeat import read_beat
from aetui.runs.history import History, HistorySnapshot
from aetui.runs.lock import lock_holder, trainer_elsewhere
from aetui.runs.metrics import MetricsTail, number_or_none
from aetui.runs.summary import State, state_of

NO_REASON = "It ended without giving a reason (killed, or out of memory?)."


class WatchedRun:
    """Reads what is new of a run; `snapshot` is what is known of it."""

    def __init__(self, run: IndexedRun) -> None:
        self._config_stamp = run.config
        self._tail = MetricsTail(run.path / METRICS)
        self._history = History()
        self.snapshot = RunSnapshot(run.identity, run.path, run.summary.config)

    def is_of(self, run: IndexedRun) -> bool:
        """Whether this follows `run`, in the folder and with the config.json that it has now."""
        return self.snapshot.path == run.path and self._config_stamp == run.config

    def is_replaced(self) -> bool:
        """Whether the folder holds another run by now, or none."""
        return file_stamp(self.snapshot.path, CONFIG) != self._config_stamp

    def poll(self, started: StartedTrainer | None) -> None:
        """Read what is new. `started` is the run's trainer, if ours."""
        before, history = self.snapshot, self._read_metrics()
        here = lock_holder(before.path) is not None
        elsewhere = None if here else trainer_elsewhere(before.path)
        beat = read_beat(before.path) if here else elsewhere
        state = self._state(history, started, locked=here or elsewhere is not None)
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
            elsewhere.host if elsewhere is not None else "",
            _best(before.path, history),
            use=beat.use if beat is not None and beat.is_fresh else None,
        )

    def _read_metrics(self) -> HistorySnapshot:
        records = self._tail.read()
        if self._tail.restarted:
            self._history = History()
        for record in records:
            self._history.add(record)
        if not records and not self._tail.restarted:
            return self.snapshot.history
        return self._history.snapshot()

    def _state(
        self, history: HistorySnapshot, started: StartedTrainer | None, *, locked: bool
    ) -> State:
        # Until a trainer has begun, the metrics are those of an earlier training.
        if started is not None and not _has_begun(history, started):
            if started.exit_reason() is None:
                return "starting"
            if not started.was_terminated:
                return "failed"
        return state_of(history.state_event, locked=locked)


def _best(run: Path, history: HistorySnapshot) -> KeptBest | None:
    stamp = checkpoint_stamp(run, BEST)
    epoch, score = (number_or_none(history.best.get(key)) for key in ("best_epoch", "score"))
    if stamp == (0, 0) or epoch is None or score is None:
        return None
    return KeptBest(int(epoch), score, stamp)


def _has_begun(history: HistorySnapshot, started: StartedTrainer) -> bool:
    """Whether the trainer has written to the run since it was started."""
    return (number_or_none(history.state_event.get("time")) or 0.0) >= started.started_at


def _cause(history: HistorySnapshot, started: StartedTrainer | None) -> str:
    """Why the newest training of the run failed: its own message, else how its process ended."""
    event = history.state_event
    if event.get("event") == "failed" and (started is None or _has_begun(history, started)):
        return str(event.get("message", ""))
    return (started.exit_reason() if started is not None else None) or NO_REASON
