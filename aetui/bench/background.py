"""Trainings that run during a measurement, and what a training loses by being watched."""

from __future__ import annotations

import os
import signal
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aetui.bench.pseudoterminal import Pseudoterminal
from aetui.catalog import model_names
from aetui.processes.trainer import StartedTrainer, start_trainer, threads_beside
from aetui.processes.trainer_options import TrainerOptions
from aetui.runs.metrics import MetricsTail

ENDLESS: Final = {"epochs": 100_000}
PATIENCE: Final = 120.0  # seconds until a training takes its first steps
SPANS: Final = 5  # of each kind
SPAN: Final = 12.0  # seconds
SETTLE: Final = 10.0  # seconds in which the app loads torch, which does not belong to watching


@contextmanager
def trainings(models: Sequence[str], options: TrainerOptions) -> Iterator[list[Path]]:
    """The run directories of trainings that go on for the block, started as the app starts them."""
    with tempfile.TemporaryDirectory(prefix="aetui-bench-") as folder:
        threads = threads_beside(len(models) - 1)
        started: list[StartedTrainer] = []
        try:
            started.extend(
                start_trainer(Path(folder), model, options, ENDLESS, threads) for model in models
            )
            for trainer in started:
                _wait_for_steps(trainer)
            yield [trainer.run for trainer in started]
        finally:
            for trainer in started:
                trainer.process.kill()
                trainer.process.wait()


def _wait_for_steps(trainer: StartedTrainer) -> None:
    tail, end = MetricsTail(trainer.run / "metrics.jsonl"), time.monotonic() + PATIENCE
    while not any(record["kind"] == "step" for record in tail.read()):
        said = trainer.exit_reason()
        if said or time.monotonic() > end:
            raise RuntimeError(f"the training beside does not start: {said or 'no step yet'}")
        time.sleep(0.2)


@dataclass(frozen=True)
class WatchingCost:
    """What a training loses by being watched: medians over turns."""

    alone: float  # steps per second
    shown: float  # the share of them that it loses while the app shows it
    frozen: float  # and while that app is stopped


def cost_of_watching(command: Sequence[str], options: TrainerOptions) -> WatchingCost:
    """Train alone, with the app, and with the app frozen, in turn."""
    with trainings(model_names()[:1], options) as (run,):
        alone, shown, frozen = [], [], []
        for _ in range(SPANS):
            alone.append(_rate(run))
            with Pseudoterminal([*command, "--runs", str(run.parent)]) as terminal:
                terminal.drain(SETTLE, SETTLE)
                shown.append(1 - _rate(run, terminal) / alone[-1])
                os.kill(terminal.pid, signal.SIGSTOP)
                frozen.append(1 - _rate(run) / alone[-1])
            time.sleep(SETTLE)
    return WatchingCost(*(statistics.median(values) for values in (alone, shown, frozen)))


def _rate(run: Path, terminal: Pseudoterminal | None = None) -> float:
    """Steps a second over the next SPAN seconds, by the times that the trainer wrote down."""
    tail = MetricsTail(run / "metrics.jsonl")
    tail.read()
    end = time.monotonic() + SPAN
    while time.monotonic() < end:
        if terminal is None:
            time.sleep(0.1)
        else:
            terminal.drain(0.1, 0.1)
    steps = [record for record in tail.read() if record["kind"] == "step"]
    first, last = steps[0], steps[-1]
    return float((last["step"] - first["step"]) / (last["time"] - first["time"]))
