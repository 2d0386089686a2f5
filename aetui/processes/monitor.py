"""Follows the run directories in a thread of its own and publishes frozen snapshots of them.

The thread owns everything that it reads. Others ask it for something through a queue; it answers
with the next snapshot. Nothing mutable is shared.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from aetui.processes.plane_maps import PlaneMaps
from aetui.processes.run_choice import RunChoice
from aetui.processes.run_index import IndexedRun, RunIndex
from aetui.processes.snapshots import RunSnapshot, Snapshot, StartingTrainer
from aetui.processes.trainer import StartedTrainer
from aetui.processes.watched_run import WatchedRun
from aetui.runs.directory import RunIdentity

POLL_EVERY: Final = 0.5  # seconds


@dataclass(frozen=True)
class Follow:
    """Follow a trainer that has just been started, and show its run."""

    trainer: StartedTrainer


@dataclass(frozen=True)
class Pick:
    """Show this run from now on, on every screen that it fits."""

    path: Path


@dataclass(frozen=True)
class HoldEpoch:
    """Show the plane as it was after this epoch; None follows the newest."""

    epoch: int | None


@dataclass(frozen=True)
class Terminate:
    """Stop a trainer that is still starting and therefore holds no lock yet."""

    path: Path


Wish = Follow | Pick | HoldEpoch | Terminate


class RunMonitor:
    """Watches the runs below `folders`; trainings are started in the first."""

    def __init__(self, *folders: Path, publish: Callable[[Snapshot], None]) -> None:
        self._index = RunIndex(*folders)
        self._choice = RunChoice()
        self._maps = PlaneMaps()
        self._publish = publish
        self._wishes: queue.SimpleQueue[Wish | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="monitor", daemon=True)
        self._watched: dict[RunIdentity, WatchedRun] = {}
        self._started: dict[Path, StartedTrainer] = {}
        self._snapshot = Snapshot()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end. It is not waited for: a file system may hang."""
        self._wishes.put(None)

    def ask(self, wish: Wish) -> None:
        """Have `wish` carried out soon; a snapshot shows what came of it."""
        self._wishes.put(wish)

    def _run(self) -> None:
        while True:
            try:
                self._poll()
            except Exception as error:  # noqa: BLE001  watching goes on; the screens say what happened
                self._report_fault(error)
            patience = POLL_EVERY if self._index.is_complete else 0.0
            try:
                wish = self._wishes.get(timeout=patience)
            except queue.Empty:
                continue
            if wish is None:
                return
            self._carry_out(wish)

    def _report_fault(self, error: Exception) -> None:
        fault = f"the runs could not be read ({type(error).__name__}: {error})"
        faulty = replace(self._snapshot, read_errors=(*self._index.errors, fault))
        self._publish_if_new(faulty)

    def _carry_out(self, wish: Wish) -> None:
        match wish:
            case Follow(trainer):
                self._started = {
                    path: started
                    for path, started in self._started.items()
                    if started.model != trainer.model or started.exit_reason() is None
                }
                self._started[trainer.run] = trainer
                self._choice.follow(trainer.run, trainer.model)
            case Pick(path):
                if run := self._index.find(path):
                    self._choice.pick(run)
            case HoldEpoch(epoch):
                self._maps.hold(self._snapshot.views.get("plane"), epoch)
            case Terminate(path):
                if started := self._started.get(path):
                    started.terminate()

    def _poll(self) -> None:
        for started in self._started.values():
            started.exit_reason()  # reaps it, so that no zombie stays
        self._index.refresh(at_once=self._is_anything_starting())
        for watched in self._watched.values():
            watched.poll(self._started.get(watched.snapshot.path))
        runs = self._index.runs
        panels = self._choice.panels(runs, self._watch)
        views = self._choice.views(runs, self._watch)
        shown = {run.identity for run in (*panels.values(), *views.values())}
        self._watched = {key: run for key, run in self._watched.items() if key in shown}
        self._publish_if_new(
            Snapshot(
                indexed=True,
                runs=tuple(run.summary for run in runs),
                panels=panels,
                views=views,
                starting=self._starting(),
                plane=self._maps.current(views.get("plane")),
                read_errors=self._index.errors,
            )
        )

    def _watch(self, run: IndexedRun) -> RunSnapshot:
        """The run as it is now, followed from now on."""
        watched = self._watched.get(run.identity)
        if watched is None or watched.snapshot.path != run.summary.path:
            watched = WatchedRun(run.summary.path, run.identity, run.summary.config)
            self._watched[run.identity] = watched
            watched.poll(self._started.get(run.summary.path))
        return watched.snapshot

    def _is_anything_starting(self) -> bool:
        paths = (path for path, run in self._started.items() if run.exit_reason() is None)
        return any(self._index.find(path) is None for path in paths)

    def _starting(self) -> dict[str, StartingTrainer]:
        """The trainers that have written no config.json, by model."""
        return {
            started.model: StartingTrainer(
                started.model, path, started.exit_reason() or "", started.log_line()
            )
            for path, started in self._started.items()
            if self._index.find(path) is None
        }

    def _publish_if_new(self, snapshot: Snapshot) -> None:
        if snapshot != self._snapshot:
            self._snapshot = snapshot
            self._publish(snapshot)
