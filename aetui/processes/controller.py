"""What a key on the Train screen does to a trainer. Works from a snapshot, in any thread."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from aetui.catalog import AUTO
from aetui.errors import BadInput, printable
from aetui.model_spec import Value
from aetui.processes.monitor import Follow, Terminate, Wish
from aetui.processes.snapshots import RunSnapshot, Snapshot
from aetui.processes.trainer import (
    StartedTrainer,
    TrainerOptions,
    resume_trainer,
    signal_trainer,
    start_trainer,
    stop_trainer,
    threads_beside,
)

Action = Literal["start", "pause", "stop", "resume"]


@dataclass(frozen=True)
class Outcome:
    """What was done: a sentence for the person, and what the monitor must know."""

    sentence: str
    wish: Wish | None = None


class TrainerController:
    """Carries out actions on the runs below `runs`. `BadInput` says why one is impossible."""

    def __init__(self, runs: Path, options: TrainerOptions) -> None:
        self.runs = runs
        self.options = options

    def act(
        self,
        action: Action,
        model: str,
        snapshot: Snapshot,
        settings: Mapping[str, Value] | None = None,
        data: str | None = None,
    ) -> Outcome:
        """Start, pause or continue, stop, or resume what the model's panel shows."""
        match action:
            case "start":
                self.check_start(model, snapshot)
                others = len(snapshot.training())
                return self._start(model, settings or {}, others, data)
            case "pause":
                return self._pause(_shown(model, snapshot))
            case "stop":
                return self._stop(model, snapshot)
            case "resume":
                return self._resume(_shown(model, snapshot))

    def start_all(self, models: Sequence[str], snapshot: Snapshot) -> list[Outcome]:
        """Bring each of the models to train: resume what was interrupted, else start a new run."""
        idle = [model for model in models if not _is_training(model, snapshot)]
        if not idle:
            raise BadInput("Both are training already; x stops the marked one.")
        others = len(snapshot.training()) + len(idle) - 1
        return [self._start_or_resume(model, snapshot, others) for model in idle]

    def check_start(self, model: str, snapshot: Snapshot) -> None:
        """`BadInput` where the model is in training already."""
        if _is_training(model, snapshot):
            run = snapshot.panels.get(model)
            name = snapshot.starting[model].path.name if run is None else run.name
            raise BadInput(f"{name} is still training: x stops it first.")

    def _start(
        self, model: str, settings: Mapping[str, Value], others: int, data: str | None = None
    ) -> Outcome:
        options = replace(self.options, data=data) if data else self.options
        threads = threads_beside(others)
        trainer = start_trainer(self.runs, model, options, settings, threads)
        return _started(f"Started {trainer.run.name}.", trainer)

    def _pause(self, run: RunSnapshot) -> Outcome:
        if run.state == "paused":
            signal_trainer(run.path, signal.SIGCONT, run.history.host)
            return Outcome(f"{run.name} continues.")
        signal_trainer(run.path, signal.SIGTSTP, run.history.host)
        return Outcome(f"Pausing {run.name} (saved). p continues.")

    def _stop(self, model: str, snapshot: Snapshot) -> Outcome:
        starting = snapshot.starting.get(model)
        if starting is not None and not starting.exit_reason:
            sentence = f"Stopping {starting.path.name} before it has begun."
            return Outcome(sentence, Terminate(starting.path))
        run = _shown(model, snapshot)
        if run.state == "starting":
            return Outcome(f"Stopping {run.name} before it has begun.", Terminate(run.path))
        stop_trainer(run.path, run.history.host, paused=run.state == "paused")
        return Outcome(f"Stopping {run.name} (saved). r resumes it.")

    def _resume(self, run: RunSnapshot) -> Outcome:
        if run.state == "paused":
            return self._pause(run)
        if run.is_alive:
            raise BadInput(f"{run.name} is training already.")
        if run.config.card:
            raise BadInput(f"{run.name} is not trained further; s starts a new run.")
        if run.state == "done":
            epochs = run.config.hyperparameters.epochs
            raise BadInput(f"{run.name} has finished its {epochs} epochs; s starts a new run.")
        trainer = resume_trainer(run.path, run.config.model, self.options)
        return _started(f"Resuming {run.name}.", trainer)

    def _start_or_resume(self, model: str, snapshot: Snapshot, others: int) -> Outcome:
        run = snapshot.panels.get(model)
        interrupted = run is not None and run.state in ("paused", "stopped", "failed")
        if run is None or not interrupted or not run.has_checkpoint or run.config.card:
            return self._start(model, {}, others)
        if not self._is_of_our_data(run):
            outcome = self._start(model, {}, others)
            data = printable(run.config.data, 40)
            return replace(
                outcome, sentence=f"{outcome.sentence} {run.name} is of {data}: r resumes it."
            )
        return self._resume(run)

    def _is_of_our_data(self, run: RunSnapshot) -> bool:
        """Whether the run was trained on the data set that the app was launched with."""
        asked = self.options.data
        config = run.config
        return asked in (config.data, config.data_requested) or (
            asked == AUTO and config.data == "mnist"
        )


def _started(sentence: str, trainer: StartedTrainer) -> Outcome:
    return Outcome(sentence, Follow(trainer))


def _shown(model: str, snapshot: Snapshot) -> RunSnapshot:
    run = snapshot.panels.get(model)
    if run is None:
        raise BadInput(f"There is no {model} run yet; s starts one.")
    return run


def _is_training(model: str, snapshot: Snapshot) -> bool:
    starting = snapshot.starting.get(model)
    if starting is not None and not starting.exit_reason:
        return True
    run = snapshot.panels.get(model)
    return run is not None and run.is_alive
