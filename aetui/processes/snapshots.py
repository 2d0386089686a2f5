"""What the screens are given: the runs at one moment, frozen, so that any thread may read them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from aetui.catalog import model_names
from aetui.config import RunConfig
from aetui.model_spec import Capability, ModelSpec, Value
from aetui.runs.changes import value_for
from aetui.runs.directory import RunIdentity
from aetui.runs.history import HistorySnapshot
from aetui.runs.machine_use import MachineUse
from aetui.runs.metrics import Record, number_or_none
from aetui.runs.summary import RunSummary, State

if TYPE_CHECKING:
    from aetui.runs.latent_map import LatentMap

ALIVE: tuple[State, ...] = ("starting", "running", "paused")


@dataclass(frozen=True)
class KeptBest:
    """A run's best checkpoint."""

    epoch: int
    score: float
    stamp: tuple[int, int]  # of best.pt


@dataclass(frozen=True)
class RunSnapshot:
    """One run, followed closely."""

    identity: RunIdentity
    path: Path
    config: RunConfig
    history: HistorySnapshot = field(default_factory=HistorySnapshot)
    state: State = "stopped"
    cause: str = ""  # why a failed run failed
    checkpoint: tuple[int, int] = (0, 0)  # changes with every save; zeros before the first
    epochs: tuple[int, ...] = ()  # after which there are latent maps
    log_line: str = ""  # the newest, while it starts
    elsewhere: str = ""  # the machine that trains it, where its lock is not seen here
    best: KeptBest | None = None  # beside the last checkpoint
    uses_best: bool = False  # the screens show that one; `checkpoint` and `epochs` are its own
    use: MachineUse | None = None  # of that machine, while it trains

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def spec(self) -> ModelSpec:
        return self.config.spec

    @property
    def is_alive(self) -> bool:
        return self.state in ALIVE

    @property
    def state_text(self) -> str:
        """The state, with the machine if it is another: running on HOST."""
        return f"{self.state} on {self.elsewhere}" if self.elsewhere else self.state

    @property
    def has_checkpoint(self) -> bool:
        return self.checkpoint != (0, 0)

    @property
    def epoch(self) -> float:
        """How many epochs are done, to a fraction."""
        lines = (self.history.step, self.history.epoch)
        newest: Record = max(lines, key=lambda line: number_or_none(line.get("step")) or 0.0)
        return max(0.0, number_or_none(newest.get("epoch")) or 0.0)

    def setting(self, name: str, step: float = math.inf) -> Value:
        """The setting's value now, or the one that `step` was taken with."""
        newest = number_or_none(self.history.step.get("step")) or 0.0
        at = min(step, newest + 1)
        return value_for(self.history.changes, name, at, self.config.hyperparameters[name])

    def with_best(self) -> RunSnapshot:
        """As the screens show it by its best checkpoint; itself where none is kept."""
        if self.best is None:
            return self
        epochs = tuple(epoch for epoch in self.epochs if epoch <= self.best.epoch)
        return replace(self, checkpoint=self.best.stamp, epochs=epochs, uses_best=True)

    @property
    def seconds_left(self) -> float | None:
        """At the run's present speed; None where nothing can be said yet."""
        speed = number_or_none(self.history.step.get("images_per_s"))
        if self.state != "running" or not speed or speed < 1:
            return None
        epochs_left = max(0.0, self.config.hyperparameters.epochs - self.epoch)
        return epochs_left * self.config.train_images / speed


@dataclass(frozen=True)
class StartingTrainer:
    """A trainer that has not written its config.json yet, or ended before it could."""

    model: str
    path: Path
    exit_reason: str = ""  # "" while it lives
    log_line: str = ""


@dataclass(frozen=True)
class PlaneMap:
    """A latent map of the run that the plane's screens show, and which run's it is."""

    identity: RunIdentity
    latent: LatentMap
    held: bool = False  # a person chose this epoch; otherwise the newest is shown

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for equal maps: what caches of drawings are kept by."""
        return self.identity, self.latent.epoch, self.latent.chosen


@dataclass(frozen=True)
class Snapshot:
    """All that the screens show of the run directories."""

    indexed: bool = False  # whether the folders have been read at all
    runs: tuple[RunSummary, ...] = ()  # newest first
    panels: Mapping[str, RunSnapshot] = field(default_factory=dict)  # by model: what Train shows
    views: Mapping[Capability, RunSnapshot] = field(default_factory=dict)
    """By capability: what the screens show that need it."""
    compared: tuple[RunSnapshot, ...] = ()  # marked by a person, to be drawn in one chart
    starting: Mapping[str, StartingTrainer] = field(default_factory=dict)  # by model
    plane: PlaneMap | None = None
    beside: PlaneMap | None = None  # of the first run to compare that is not the plane's own
    read_errors: tuple[str, ...] = ()  # a sentence for each run that cannot be read
    wishes: int = 0  # how many of those that the monitor was asked for are carried out

    def runs_of(self, model: str) -> tuple[RunSummary, ...]:
        return tuple(run for run in self.runs if run.config.model == model)

    def runs_with(self, capability: Capability) -> tuple[RunSummary, ...]:
        return tuple(run for run in self.runs if capability in run.config.spec.capabilities)

    def training(self) -> tuple[str, ...]:
        """The names of the runs that are being trained, or are about to be."""
        starting = [run.path.name for run in self.starting.values() if not run.exit_reason]
        resumed = [run.name for run in self.panels.values() if run.state == "starting"]
        # In the order of the panels: trainers that start together write their first file in any.
        places = {name: place for place, name in enumerate(model_names())}
        running = [run for run in reversed(self.runs) if run.state == "running"]
        running.sort(key=lambda run: places.get(run.config.model, len(places)))
        return (*(run.name for run in running), *resumed, *starting)
