"""What the run directories say, read again and again: the model behind the screens. It knows nothing of the screen."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from aetui.config import MODELS, BadInput, Model, RunConfig
from aetui.metrics import History, MetricsTail, Record
from aetui.processes import StartedTrainer
from aetui.rundir import State, checkpoint_stamp, latent_epochs, list_runs, lock_holder, read_config, state_of

if TYPE_CHECKING:
    from aetui.latentmap import LatentMap

LISTED_EVERY: float = 1.0  # seconds between looks at which runs there are


@dataclass
class RunWatch:
    """One run, followed as it grows."""

    path: Path
    config: RunConfig
    history: History = field(default_factory=History)
    state: State = "stopped"
    cause: str = ""  # why a failed run failed
    checkpoint: tuple[int, int] = (0, 0)  # changes with every save; zeros before the first
    epochs: list[int] = field(default_factory=list)  # after which there are latent maps
    _tail: MetricsTail = field(init=False)

    def __post_init__(self) -> None:
        self._tail = MetricsTail(self.path / "metrics.jsonl")

    def poll(self, started: StartedTrainer | None) -> bool:
        """Read what is new; whether anything is."""
        before = (self.state, self.cause, self.checkpoint, self.epochs)
        records = self._tail.read()
        if self._tail.restarted:
            self.history = History()
        for record in records:
            self.history.add(record)
        locked = lock_holder(self.path) is not None
        died = started.cause_of_death() if started is not None else None
        self.state = state_of(self.history.state_event, locked=locked)
        if self.state == "failed" and started is not None and died is None:
            self.state = "running"  # it has been started and has not come as far as its lock
        self.cause = self._cause_of_failure(died) if self.state == "failed" else ""
        self.checkpoint = checkpoint_stamp(self.path)
        self.epochs = latent_epochs(self.path)
        return bool(records) or before != (self.state, self.cause, self.checkpoint, self.epochs)

    def _cause_of_failure(self, died: str | None) -> str:
        event = self.history.state_event
        if event.get("event") == "failed":
            return str(event.get("message", ""))
        return died or "it ended without a word (killed, or out of memory?)"

    @property
    def name(self) -> str:
        """The run's name."""
        return self.path.name

    @property
    def host(self) -> str:
        """The machine on which the run says that it trains; "" where it does not say."""
        return self.history.host

    @property
    def has_checkpoint(self) -> bool:
        """Whether there is anything to decode with."""
        return self.checkpoint != (0, 0)

    @property
    def epoch(self) -> float:
        """How many epochs are done, to a fraction."""
        newest: Record = max(self.history.step, self.history.epoch, key=lambda record: _number(record.get("step")))
        return _number(newest.get("epoch"))

    @property
    def seconds_left(self) -> float | None:
        """At the speed of the run so far, evaluation and saves counted in; None where nothing can be said yet."""
        speed = _number(self.history.step.get("images_per_s"))
        if self.state != "running" or not speed:
            return None
        return max(0.0, self.config.hyperparameters.epochs - self.epoch) * self.config.train_images / speed

    def newest_map(self) -> LatentMap | None:
        """The newest latent map that can be used."""
        return next(filter(None, map(self.map_after, reversed(self.epochs))), None)

    def map_after(self, epoch: int) -> LatentMap | None:
        """The latent map after that epoch; None where it cannot be used."""
        from aetui.latentmap import load_latent_map  # and with it numpy, which the first screen does without

        try:
            return load_latent_map(self.path, epoch)
        except BadInput:
            return None


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


class Board:
    """The runs below some folders, one of each model chosen: the newest, unless a person picks another."""

    def __init__(self, runs: Path, *more: Path) -> None:
        self.runs = runs
        self._folders = (runs, *more)
        self._watches: dict[Path, RunWatch] = {}
        self._picked: dict[Model, Path] = {}
        self._current: dict[Model, RunWatch | None] = dict.fromkeys(MODELS)
        self._started: dict[Path, StartedTrainer] = {}
        self._starting: dict[Model, StartedTrainer] = {}
        self._configs: dict[Path, RunConfig] = {}
        self._listed_at = 0.0
        self._unreadable: dict[Path, str] = {}
        self.complaints: deque[str] = deque(maxlen=20)  # about runs that cannot be read; whoever shows one takes it out
        self.known = False  # whether the directories have been looked at

    def poll(self) -> frozenset[Model]:
        """Look at the directories; the models whose screens should look again."""
        before = dict(self._current)
        starting = {model: trainer.cause_of_death() for model, trainer in list(self._starting.items())}
        if self._starting or time.monotonic() - self._listed_at > LISTED_EVERY:
            self._list()
        for trainer in list(self._started.values()):
            trainer.cause_of_death()  # reaps it: no zombie stays
        changed = {model for model in MODELS if before[model] is not self._current[model] or starting.get(model)}
        for model, watch in self._current.items():
            if watch is not None and watch.poll(self._started.get(watch.path)):
                changed.add(model)
        if not self.known:
            self.known, changed = True, set(MODELS)
        return frozenset(changed)

    def _list(self) -> None:
        self._listed_at = time.monotonic()
        for path in list_runs(*self._folders):
            if path not in self._configs:
                try:
                    self._configs[path] = read_config(path)
                    self._unreadable.pop(path, None)
                except BadInput as error:
                    if self._unreadable.get(path) != str(error):
                        self._unreadable[path] = str(error)
                        self.complaints.append(str(error))
        self._configs = {path: config for path, config in self._configs.items() if path.exists()}
        for model, trainer in list(self._starting.items()):
            if trainer.run in self._configs:
                del self._starting[model]
        for model in MODELS:
            self._choose(model)

    def _choose(self, model: Model) -> None:
        runs = self.runs_of(model)
        picked = self._picked.get(model)
        path = picked if picked in runs else runs[0] if runs else None
        if path is None:
            self._current[model] = None
        else:
            self._current[model] = self._watches.setdefault(path, RunWatch(path, self._configs[path]))

    def runs_of(self, model: Model) -> list[Path]:
        """The usable runs of `model`, newest first."""
        # A copy: `poll` may run in another thread.
        mine = [(config.created, path.name, path) for path, config in list(self._configs.items()) if config.model == model]
        return [path for *_, path in sorted(mine, reverse=True)]

    def current(self, model: Model) -> RunWatch | None:
        """The run of `model` that the screens show."""
        return self._current[model]

    def starting(self, model: Model) -> StartedTrainer | None:
        """A trainer of `model` that has not written its config.json yet, or died before it could."""
        return self._starting.get(model)

    def pick(self, model: Model, path: Path) -> None:
        """Show that run from now on."""
        self._picked[model] = path
        self._choose(model)

    def add_started(self, model: Model, trainer: StartedTrainer) -> None:
        """Follow a trainer that has just been started, and show its run."""
        self._started[trainer.run] = trainer
        self._picked[model] = trainer.run
        if trainer.run not in self._configs:
            self._starting[model] = trainer
        self._listed_at = 0.0

    def running(self) -> list[RunWatch]:
        """The shown runs that are being trained."""
        return [watch for watch in self._current.values() if watch is not None and watch.state == "running"]
