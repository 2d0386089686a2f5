"""Settings that change while a run trains: the events that say so, and the request for a change.

A person's request is the file change.json in the run's folder. The trainer takes it between two
steps, writes an event for each setting, and only then uses the new values. A resumed training
takes each step with the values that the events say, so it repeats the unbroken one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from aetui.config import RunConfig
from aetui.errors import BadInput
from aetui.model_spec import ModelSpec, Value, value_text
from aetui.runs.directory import CHANGE, METRICS, temporary_beside
from aetui.runs.metrics import CHANGED, EVENT_PREFIX, Record, number_or_none, parse_line

LARGEST_REQUEST: Final = 4096  # bytes


@dataclass(frozen=True)
class Change:
    """A setting's new value, for all steps but the first `step`."""

    setting: str
    step: int
    epoch: float
    old: Value
    new: Value

    @property
    def text(self) -> str:
        """As in "lr 0.001 → 0.0005"."""
        return f"{self.setting} {value_text(self.old)} → {value_text(self.new)}"

    def to_event(self, request: str) -> Mapping[str, Any]:
        """The fields of the event; `request` is the number of what asked for it."""
        values = {"setting": self.setting, "old": self.old, "new": self.new}
        place = {"step": self.step, "epoch": self.epoch}
        return {"message": self.text, **values, **place, "request": request}


def change_of(record: Record) -> Change | None:
    """The change that an event says; None where it is another event, or rubbish."""
    setting, step = record.get("setting"), record.get("step")
    old, new = record.get("old"), record.get("new")
    numbers = [number_or_none(value) for value in (step, old, new, record.get("epoch"))]
    if record.get("event") != CHANGED or not isinstance(setting, str) or None in numbers:
        return None
    assert isinstance(step, int | float) and isinstance(old, int | float)
    assert isinstance(new, int | float)
    return Change(setting, int(step), float(record["epoch"]), old, new)


def in_effect(made: Iterable[Change]) -> tuple[Change, ...]:
    """Of the changes in the order in which they were made, those that hold, by step.

    One that is made after a resume takes the place of those of the same setting that an earlier
    training made at later steps.
    """
    kept: list[Change] = []
    for change in made:
        kept = [
            other for other in kept if other.setting != change.setting or other.step < change.step
        ]
        kept.append(change)
    return tuple(sorted(kept, key=lambda change: change.step))


def value_for(changes: Sequence[Change], setting: str, step: float, first: Value) -> Value:
    """The value with which `step` (1 for the first) is taken; `first` is that of the beginning."""
    values = [each.new for each in changes if each.setting == setting and each.step < step]
    return values[-1] if values else first


def read_changes(run: Path, spec: ModelSpec) -> tuple[Change, ...]:
    """The changes that the run's metrics say, those that hold. What `spec` forbids is left out."""
    try:
        with (run / METRICS).open("rb") as file:
            lines = [line for line in file if line.startswith(EVENT_PREFIX) and line[-1:] == b"\n"]
    except OSError:
        return ()
    records = filter(None, map(parse_line, lines))
    made = filter(None, map(change_of, records))
    return in_effect(filter(None, (_checked(change, spec) for change in made)))


def _checked(change: Change, spec: ModelSpec) -> Change | None:
    try:
        return replace(change, new=spec.check_change({change.setting: change.new})[change.setting])
    except BadInput:
        return None


def config_after(config: RunConfig, changes: Sequence[Change], step: int) -> RunConfig:
    """`config` with the settings that `step`, the last one taken, was taken with."""
    values = config.hyperparameters.to_object()
    for name in {change.setting for change in changes}:
        values[name] = value_for(changes, name, step, values[name])
    return replace(config, hyperparameters=config.spec.check(values))


@dataclass(frozen=True)
class ChangeRequest:
    """What a person asks of the trainer."""

    number: str  # tells it from other requests
    settings: Mapping[str, Any]  # not checked yet


def write_request(run: Path, request: ChangeRequest) -> None:
    """Leave the request for the trainer. `FileExistsError` while it has another to take."""
    temporary = temporary_beside(run / CHANGE)
    text = json.dumps({"number": request.number, "settings": dict(request.settings)})
    temporary.write_text(text, encoding="utf-8")
    try:
        os.link(temporary, run / CHANGE)
    finally:
        temporary.unlink(missing_ok=True)


def read_request(run: Path) -> ChangeRequest | None:
    """The request that waits; None where there is none that can be read."""
    try:
        with (run / CHANGE).open("rb") as file:
            found = json.loads(file.read(LARGEST_REQUEST))
        return ChangeRequest(str(found["number"]), dict(found["settings"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
