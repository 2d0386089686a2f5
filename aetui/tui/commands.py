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
                idle = self._idle()
                return " ".join(self._bring_to_train(model, len(idle) - 1) for model in idle)

    def _shown(self, model: Model) -> RunWatch:
        watch = self._board.current(model)
        if watch is None:
            raise BadInput(f"There is no {model} run yet; s starts one.")
        return watch

    def _idle(self) -> list[Model]:
        """The models that are not being trained."""
        running = {watch.config.model for watch in self._board.running()}
        return [model for model in MODELS if model not in running and not self._is_starting(model)]

    def _is_starting(self, model: Model) -> bool:
        starting = self._board.starting(model)
        return starting is not None and starting.cause_of_death() is None

    def _start(self, model: Model, settings: Mapping[str, int | float] | None = None, beside: int = 0) -> str:
        watch = self._board.current(model)
        if (watch and watch.state in ("running", "paused")) or self._is_starting(model):
            raise BadInput(f"A {model} is in training already; x stops it first.")
        trainer = start_trainer(self._board.runs, model, self._options, settings, beside=beside)
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

    def _bring_to_train(self, model: Model, beside: int) -> str:
        watch = self._board.current(model)
        if watch and watch.state in ("paused", "stopped", "failed") and watch.has_checkpoint:
            return self._resume(model, watch)
        return self._start(model, beside=beside)
