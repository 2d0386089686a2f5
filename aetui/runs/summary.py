"""Summaries of runs for lists: state, score, age. Only the end of the metrics is read."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal

from aetui.config import RunConfig
from aetui.model_spec import FULL_SET, Value, value_text
from aetui.runs.directory import CHECKPOINT, CONFIG, METRICS, read_config, read_note
from aetui.runs.heartbeat import HEARTBEAT
from aetui.runs.lock import LOCK, lock_holder, trainer_elsewhere
from aetui.runs.metrics import Record, last_records, number_or_none

State = Literal["starting", "running", "paused", "done", "stopped", "failed"]
LAST_EVENTS: Final = ("done", "stopped", "failed")  # a trainer writes nothing after them
AGE_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"))  # seconds


def state_of(event: Mapping[str, Any], *, locked: bool) -> State:
    """A run's state, from its newest state event and whether its lock is held."""
    name = event.get("event")
    if locked:
        return "paused" if name == "paused" else "running"
    if name == "done":
        return "done"
    # Not done, not stopped, not running: it was killed, or it failed and said so.
    return "stopped" if name == "stopped" else "failed"


@dataclass(frozen=True)
class RunSummary:
    """One line of a list of runs."""

    path: Path
    config: RunConfig
    state: State
    epoch: float
    last_epoch: Record  # the newest epoch line
    modified: float  # unix seconds
    elsewhere: str = ""  # the machine that trains it, where its lock is not seen here
    note: str = ""

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def state_text(self) -> str:
        """The state, with the machine if it is another: running on HOST."""
        return f"{self.state} on {self.elsewhere}" if self.elsewhere else self.state

    @property
    def is_training(self) -> bool:
        return self.state in ("running", "paused")

    @property
    def score(self) -> float | None:
        """The figure that ranks runs of this model; None before the first epoch.

        Where it is a sum, each term counts once, whatever weight the run trained with: with other
        weights, runs could not be compared.
        """
        score = self.config.spec.score
        terms = [number_or_none(self.last_epoch.get(term.key)) for term in score.terms]
        known = [term for term in terms if term is not None]
        if terms and len(known) == len(terms):
            return sum(known)
        return number_or_none(self.last_epoch.get(score.key))

    @property
    def score_text(self) -> str:
        """The score with its unit, or a dash."""
        return f"{self.score:.2f} {self.config.spec.score.unit}" if self.score is not None else "-"

    @cached_property
    def changed_settings(self) -> dict[str, Value]:
        """The settings that are not the defaults for the run's data set, by name."""
        config, spec = self.config, self.config.spec
        images = config.train_images or FULL_SET
        given = config.hyperparameters.to_object()
        usual = spec.resolve({}, images).to_object()
        # The default epochs follow the batch size, and some widths follow others.
        derived = {name: given[name] for name in ("batch_size", *spec.mirrored.values())}
        follows = spec.resolve(derived, images).to_object()
        return {
            name: value
            for name, value in given.items()
            if value != (usual if name in derived else follows)[name]
        }

    @property
    def settings_text(self) -> str:
        """The settings that are not the defaults, as in "beta 4, latent_dim 8"."""
        return ", ".join(
            f"{name} {value_text(value)}" for name, value in self.changed_settings.items()
        )

    @property
    def age(self) -> str:
        """How long ago the run last grew, in its largest unit."""
        seconds = max(0.0, time.time() - self.modified)
        for size, unit in AGE_UNITS:
            if seconds >= size:
                return f"{seconds / size:.0f} {unit}"
        return f"{seconds:.0f} s"


def summarise(run: Path) -> RunSummary:
    """The summary of the run; `BadInput` where its config.json cannot be used."""
    config = read_config(run)
    last = last_records(run / METRICS)
    epoch, event = last.get("epoch", {}), last.get("event", {})
    reached = max(0.0, number_or_none(epoch.get("epoch")) or 0.0)
    locked, elsewhere = _trainer(run, event)
    state = state_of(event, locked=locked)
    changed, note = last_change(run), read_note(run)
    return RunSummary(run, config, state, reached, epoch, changed, elsewhere, note)


def _trainer(run: Path, event: Record) -> tuple[bool, str]:
    """Whether a trainer has the run, and its machine where its lock is not seen here.

    After an event that is a trainer's last, only another that has written its pid since can. So the
    locks of thousands of finished runs need not be probed.
    """
    is_over = event.get("event") in LAST_EVENTS
    begun = max(modified_at(run, LOCK), modified_at(run, HEARTBEAT))
    if is_over and begun <= modified_at(run, METRICS):
        return False, ""
    if lock_holder(run) is not None:
        return True, ""
    beat = trainer_elsewhere(run)
    return beat is not None, beat.host if beat is not None else ""


def last_change(run: Path) -> float:
    """When the run last grew, in unix seconds."""
    return max(modified_at(run, name) for name in (METRICS, CHECKPOINT, CONFIG))


def modified_at(run: Path, name: str) -> float:
    """When the run's file `name` was last written to, in unix seconds; 0 where there is none."""
    try:
        return os.stat(f"{run}/{name}").st_mtime  # noqa: PTH116  half the time, for thousands
    except OSError:
        return 0.0
