"""Follows the run directories in a thread of its own and publishes frozen snapshots of them.

The thread owns everything that it reads. Others ask it for something through a queue; it answers
with the next snapshot. Nothing mutable is shared.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from aetui.catalog import model_names, model_spec
from aetui.model_spec import Capability
from aetui.processes.plane_maps import PlaneMaps
from aetui.processes.run_choice import RunChoice
from aetui.processes.run_index import IndexedRun, RunIndex
from aetui.processes.snapshots import RunSnapshot, Snapshot, StartingTrainer
from aetui.processes.trainer import StartedTrainer
from aetui.processes.watched_run import WatchedRun
from aetui.processes.wishes import (
    Compare,
    Follow,
    HoldEpoch,
    Pick,
    Refresh,
    ShowAxes,
    Terminate,
    UseCheckpoint,
    Wish,
)
from aetui.runs.directory import RunIdentity

POLL_EVERY: Final = 0.5  # seconds
READ_EVERY: Final = 0.02  # seconds between two batches of runs, so that screens can draw


class RunMonitor:
    """Watches the runs below `folders`; trainings are started in the first."""

    def __init__(self, *folders: Path, publish: Callable[[Snapshot], None]) -> None:
        self._index = RunIndex(*folders)
        self._choice = RunChoice()
        self._maps = PlaneMaps()
        self._publish = publish
        self._wishes: queue.SimpleQueue[Wish | None] = queue.SimpleQueue()
        self._asked = 0
        self._carried_out = 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="monitor", daemon=True)
        self._watched: dict[RunIdentity, WatchedRun] = {}
        self._started: dict[Path, StartedTrainer] = {}
        self._shown_by_best: set[RunIdentity] = set()
        self._snapshot = Snapshot()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Publish nothing more, and end soon. The thread is not waited for: a disk may hang."""
        self._stopped.set()
        self._wishes.put(None)

    def ask(self, wish: Wish) -> int:
        """Have `wish` carried out soon. Its number: the first snapshot with it shows the outcome.

        To be called from one thread.
        """
        self._asked += 1
        self._wishes.put(wish)
        return self._asked

    def _run(self) -> None:
        wish: Wish | None = None
        while not self._stopped.is_set():
            try:
                if wish is not None:
                    self._carried_out += 1
                    self._carry_out(wish)
                self._poll()
            except Exception as error:  # noqa: BLE001  watching goes on, and screens show the error
                self._report_fault(error)
            patience = POLL_EVERY if self._index.is_complete else READ_EVERY
            try:
                wish = self._wishes.get(timeout=patience)
            except queue.Empty:
                wish = None

    def _report_fault(self, error: Exception) -> None:
        fault = f"the runs could not be read ({type(error).__name__}: {error})"
        errors = (*self._index.errors, fault)
        faulty = replace(self._snapshot, read_errors=errors, wishes=self._carried_out)
        self._publish_if_new(faulty)

    def _carry_out(self, wish: Wish) -> None:
        match wish:
            case Refresh():
                self._index.refresh(at_once=True)
            case Follow(trainer):
                self._follow(trainer)
            case Pick(path):
                self._pick(path)
            case Compare(paths):
                self._choice.compare(paths)
            case HoldEpoch(epoch):
                self._maps.hold(self._snapshot.views.get("plane"), epoch)
            case UseCheckpoint(path, best):
                self._use_checkpoint(path, best=best)
            case ShowAxes(axes):
                self._maps.show_axes(self._snapshot.views.get("plane"), axes)
            case Terminate(path):
                if started := self._started.get(path):
                    started.terminate()

    def _pick(self, path: Path) -> None:
        if run := self._index.find(path):
            self._forget_ended(run.summary.config.model)
            self._choice.pick(run)

    def _use_checkpoint(self, path: Path, *, best: bool) -> None:
        if run := self._index.find(path):
            change = self._shown_by_best.add if best else self._shown_by_best.discard
            change(run.identity)

    def _follow(self, trainer: StartedTrainer) -> None:
        self._forget_ended(trainer.model)
        self._started[trainer.run] = trainer
        run = self._index.find(trainer.run)
        capabilities: Iterable[Capability] = ()
        if run is not None:
            capabilities = run.summary.config.spec.capabilities
        elif trainer.model in model_names():
            capabilities = model_spec(trainer.model).capabilities
        self._choice.follow(trainer.run, trainer.model, capabilities)

    def _forget_ended(self, model: str) -> None:
        """Drop what is shown of the model's earlier trainers."""
        self._started = {
            path: started
            for path, started in self._started.items()
            if started.model != model or started.exit_reason() is None
        }

    def _poll(self) -> None:
        for started in self._started.values():
            started.exit_reason()  # reaps it, so that no zombie stays
        replaced = any(run.is_replaced() for run in self._watched.values())
        self._index.refresh(at_once=replaced or self._is_anything_starting())
        panels = self._choice.panels(self._index.runs)
        views = self._choice.views(self._index.runs)
        compared = self._choice.compared(self._index.runs)
        self._watch([*panels.values(), *views.values(), *compared])
        plane = self._snapshot_of(views["plane"]) if "plane" in views else None
        self._publish_if_new(
            Snapshot(
                indexed=True,
                runs=self._index.summaries,
                panels={model: self._snapshot_of(run) for model, run in panels.items()},
                views={capability: self._snapshot_of(run) for capability, run in views.items()},
                compared=tuple(self._snapshot_of(run) for run in compared),
                starting=self._starting(panels),
                plane=self._maps.current(plane),
                beside=self._maps.current(self._other(compared, plane)),
                read_errors=self._index.errors,
                wishes=self._carried_out,
            )
        )

    def _watch(self, shown: Sequence[IndexedRun]) -> None:
        """Read what is new of these runs, and follow no others."""
        watched: dict[RunIdentity, WatchedRun] = {}
        for run in shown:
            if run.identity not in watched:
                known = self._watched.get(run.identity)
                follower = known if known and known.is_of(run) else WatchedRun(run)
                follower.poll(self._started.get(run.path))
                watched[run.identity] = follower
        self._watched = watched

    def _snapshot_of(self, run: IndexedRun) -> RunSnapshot:
        snapshot = self._watched[run.identity].snapshot
        return snapshot.with_best() if run.identity in self._shown_by_best else snapshot

    def _other(
        self, compared: Sequence[IndexedRun], plane: RunSnapshot | None
    ) -> RunSnapshot | None:
        """The first run to compare that has a plane and is not the one that is shown."""
        runs = (self._snapshot_of(run) for run in compared)
        able = (run for run in runs if "plane" in run.spec.capabilities)
        shown = plane.identity if plane is not None else None
        return next((run for run in able if run.identity != shown), None)

    def _is_anything_starting(self) -> bool:
        paths = (path for path, run in self._started.items() if run.exit_reason() is None)
        return any(self._index.find(path) is None for path in paths)

    def _starting(self, panels: Mapping[str, IndexedRun]) -> dict[str, StartingTrainer]:
        """By model: the trainers that have no config.json yet, and those that ended without one.

        The latter until they are stopped by a person or something newer is there to show.
        """
        found = {}
        for path, started in self._started.items():
            if self._index.find(path) is not None:
                continue
            reason, panel = started.exit_reason() or "", panels.get(started.model)
            is_newer = panel is not None and panel.identity.created > started.started_at
            if not reason or not (started.was_terminated or is_newer):
                line = started.log_line()
                found[started.model] = StartingTrainer(started.model, path, reason, line)
        return found

    def _publish_if_new(self, snapshot: Snapshot) -> None:
        if snapshot != self._snapshot and not self._stopped.is_set():
            self._snapshot = snapshot
            self._publish(snapshot)
