"""What a key on the Train screen does to a trainer. Works from a snapshot, in any thread."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from aetui.catalog import AUTO
from aetui.errors import BadInput, printable
from aetui.model_spec import Value
from aetui.processes.changing import change_settings
from aetui.processes.snapshots import RunSnapshot, Snapshot
from aetui.processes.trainer import (
    StartedTrainer,
    resume_trainer,
    signal_trainer,
    start_trainer,
    stop_trainer,
    threads_beside,
)
from aetui.processes.trainer_options import TrainerOptions
from aetui.processes.wishes import Follow, Terminate, Wish

PATIENCE: Final = 20.0  # seconds that the app waits for a trainer to take a change
Action = Literal["start", "pause", "stop", "resume", "change"]


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
        epochs: int | None = None,
    ) -> Outcome:
        """Start, pause or continue, stop, or resume what the model's panel shows.

        `epochs` is for a finished run: how many it is to have in all.
        """
        match action:
            case "start":
                self.check_start(model, snapshot)
                others = len(snapshot.training())
                return self._start(model, settings or {}, others, data)
            case "pause":
                return self._pause(model, snapshot)
            case "stop":
                return self._stop(model, snapshot)
            case "resume":
                return self._resume(model, snapshot, epochs)
            case "change":
                run = self.changing_run(model, snapshot)
                return Outcome(change_settings(run.path, settings or {}, PATIENCE))

    def changing_run(self, model: str, snapshot: Snapshot) -> RunSnapshot:
        """The run on the model's panel, if its settings can change now; else `BadInput`."""
        run = snapshot.panels.get(model)
        if run is None or run.state not in ("running", "paused") or _starting(model, snapshot):
            raise BadInput(f"No {model} is training, so nothing can change; e starts a new run.")
        return run

    def start_all(self, models: Sequence[str], snapshot: Snapshot) -> list[Outcome]:
        """Bring each of the models to train: resume what was interrupted, else start a new run."""
        idle = [model for model in models if not _is_training(model, snapshot)]
        if not idle:
            all_of_them = "Both" if len(models) == 2 else "All"
            raise BadInput(f"{all_of_them} are training already; x stops the marked one.")
        others = len(snapshot.training()) + len(idle) - 1
        return [self._start_or_resume(model, snapshot, others) for model in idle]

    def check_start(self, model: str, snapshot: Snapshot) -> None:
        """`BadInput` where the model's panel shows a training already, or its code is not known."""
        self.options.argument_for(model)
        starting, run = _starting(model, snapshot), snapshot.panels.get(model)
        if starting is not None:
            raise BadInput(f"{starting.name} is starting already: x stops it first.")
        if run is not None and run.is_alive:
            raise BadInput(f"{run.name} is still training: x stops it first.")

    def _start(
        self, model: str, settings: Mapping[str, Value], others: int, data: str | None = None
    ) -> Outcome:
        options = replace(self.options, data=data) if data else self.options
        trainer = start_trainer(self.runs, model, options, settings, threads_beside(others))
        return _followed(f"Started {trainer.run.name}.", trainer)

    def _pause(self, model: str, snapshot: Snapshot) -> Outcome:
        if starting := _starting(model, snapshot):
            raise BadInput(f"{starting.name} is still starting; x stops it.")
        run = _shown(model, snapshot)
        if run.state == "paused":
            signal_trainer(run.path, signal.SIGCONT, run.history.host)
            return Outcome(f"{run.name} continues.")
        signal_trainer(run.path, signal.SIGTSTP, run.history.host)
        return Outcome(f"Pausing {run.name} (saved). p continues.")

    def _stop(self, model: str, snapshot: Snapshot) -> Outcome:
        if starting := _starting(model, snapshot):
            return Outcome(f"Stopping {starting.name} before it has begun.", Terminate(starting))
        run = _shown(model, snapshot)
        stop_trainer(run.path, run.history.host, paused=run.state == "paused")
        return Outcome(f"Stopping {run.name} (saved). r resumes it.")

    def finished_run(self, model: str, snapshot: Snapshot) -> RunSnapshot | None:
        """The run on the model's panel, if only more epochs can resume it."""
        run = snapshot.panels.get(model)
        if run is None or run.state != "done" or run.config.card or _starting(model, snapshot):
            return None
        return run

    def _resume(self, model: str, snapshot: Snapshot, epochs: int | None = None) -> Outcome:
        run = _shown(model, snapshot)
        if run.state == "paused":
            return self._pause(model, snapshot)
        if run.is_alive or _starting(model, snapshot):
            raise BadInput(f"{run.name} is training already.")
        if run.config.card:
            raise BadInput(f"{run.name} is not trained further; s starts a new run.")
        done = run.config.hyperparameters.epochs
        if run.state == "done" and (epochs is None or epochs <= done):
            cure = "more than that train it further, and s starts a new run"
            raise BadInput(f"{run.name} has finished its {done} epochs; {cure}.")
        trainer = resume_trainer(run.path, model, self.options, epochs)
        return _followed(f"Resuming {run.name}.", trainer)

    def _start_or_resume(self, model: str, snapshot: Snapshot, others: int) -> Outcome:
        run = snapshot.panels.get(model)
        interrupted = run is not None and run.state in ("paused", "stopped", "failed")
        if run is None or not interrupted or not run.has_checkpoint or run.config.card:
            return self._start(model, {}, others)
        if self._is_of_our_data(run):
            return self._resume(model, snapshot)
        outcome = self._start(model, {}, others)
        data = printable(run.config.data, 40)
        remark = f"{run.name} is of {data}; o and r resume that."
        return replace(outcome, sentence=f"{outcome.sentence} {remark}")

    def _is_of_our_data(self, run: RunSnapshot) -> bool:
        """Whether the run was trained on the data set that the app was launched with."""
        asked, config = self.options.data, run.config
        return asked in (config.data, config.data_requested) or (
            asked == AUTO and config.data == "mnist"
        )


def _followed(sentence: str, trainer: StartedTrainer) -> Outcome:
    return Outcome(sentence, Follow(trainer))


def _shown(model: str, snapshot: Snapshot) -> RunSnapshot:
    run = snapshot.panels.get(model)
    if run is None:
        raise BadInput(f"There is no {model} run yet; s starts one.")
    return run


def _starting(model: str, snapshot: Snapshot) -> Path | None:
    """The run of a trainer of ours that has not begun yet."""
    starting, run = snapshot.starting.get(model), snapshot.panels.get(model)
    if starting is not None and not starting.exit_reason:
        return starting.path
    return run.path if run is not None and run.state == "starting" else None


def _is_training(model: str, snapshot: Snapshot) -> bool:
    run = snapshot.panels.get(model)
    return _starting(model, snapshot) is not None or (run is not None and run.is_alive)
