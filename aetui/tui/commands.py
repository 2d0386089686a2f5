"""What a key on the Train screen does to a trainer."""

from __future__ import annotations

import signal
from collections.abc import Mapping

from aetui.board import Board, RunWatch
from aetui.config import MODELS, BadInput, Model
from aetui.processes import TrainerOptions, signal_trainer, start_trainer, stop_trainer
from aetui.tui.messages import TrainerAction


class TrainerDesk:
    """Carries out wishes. `BadInput` where one cannot be; the answer is a sentence for the person, or ""."""

    def __init__(self, board: Board, options: TrainerOptions) -> None:
        self._board = board
        self._options = options

    def do(self, action: TrainerAction, model: Model, settings: Mapping[str, int | float] | None = None) -> str:
        """Start, pause or go on, stop, resume; or bring both models to train."""
        match action:
            case "start":
                return self._start(model, settings)
            case "pause":
                return self._pause(self._shown(model))
            case "stop":
                return self._stop(self._shown(model))
            case "resume":
                return self._resume(model, self._shown(model))
            case "both":
                return " ".join(filter(None, map(self._bring_to_train, MODELS)))

    def _shown(self, model: Model) -> RunWatch:
        watch = self._board.current(model)
        if watch is None:
            raise BadInput(f"There is no {model} run yet; s starts one.")
        return watch

    def _start(self, model: Model, settings: Mapping[str, int | float] | None = None) -> str:
        watch, starting = self._board.current(model), self._board.starting(model)
        if (watch and watch.state in ("running", "paused")) or (starting and starting.cause_of_death() is None):
            raise BadInput(f"A {model} is in training already; x stops it first.")
        trainer = start_trainer(self._board.runs, model, self._options, settings)
        self._board.add_started(model, trainer)
        return f"Started {trainer.run.name}."

    def _pause(self, watch: RunWatch) -> str:
        if watch.state == "paused":
            signal_trainer(watch.path, signal.SIGCONT, watch.host)
            return f"{watch.name} goes on."
        signal_trainer(watch.path, signal.SIGTSTP, watch.host)
        return f"{watch.name} saves and pauses; p goes on."

    def _stop(self, watch: RunWatch) -> str:
        stop_trainer(watch.path, watch.host, paused=watch.state == "paused")
        return f"{watch.name} saves and stops; r resumes it."

    def _resume(self, model: Model, watch: RunWatch) -> str:
        if watch.state == "paused":
            return self._pause(watch)
        if watch.state == "running":
            raise BadInput(f"{watch.name} is training already.")
        if watch.state == "done":
            raise BadInput(f"{watch.name} has finished its {watch.config.hyperparameters.epochs} epochs; s starts a new run.")
        if watch.path.parent != self._board.runs:
            raise BadInput(f"{watch.name} comes with aetui and is never trained on; s starts a new run.")
        self._board.add_started(model, start_trainer(self._board.runs, model, self._options, resume=watch.name))
        return f"Resumed {watch.name}."

    def _bring_to_train(self, model: Model) -> str:
        watch, starting = self._board.current(model), self._board.starting(model)
        if (watch and watch.state == "running") or (starting and starting.cause_of_death() is None):
            return ""
        if watch and watch.state in ("paused", "stopped", "failed") and watch.has_checkpoint:
            return self._resume(model, watch)
        return self._start(model)
