"""What can be drawn of a run: its figures by what they measure, as lines over an axis."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from textual.color import Color

from aetui.errors import printable
from aetui.model_spec import ModelSpec
from aetui.processes.snapshots import RunSnapshot
from aetui.runs.curve import CurveSnapshot
from aetui.tui.widgets.curve import Line, drawable, smooth

Axis = Literal["epoch", "step", "time"]
Part = Literal["train", "test"]
AXES: Final[tuple[Axis, ...]] = ("epoch", "step", "time")
HALF_LIVES: Final = (0.005, 0.01, 0.02, 0.05, 0.1)
"""Strengths of smoothing: half-lives as shares of the longest curve."""
USUAL_HALF_LIFE: Final = 0.01
LOSS: Final = "loss"
LONGEST_TEXT: Final = 80  # characters of what is said of an event
SHARED: Final = {
    "lr": ("learning rate", ""),
    "images_per_s": ("speed", "images/s"),
    "memory_mb": ("memory", "MB"),
}
"""By key of a record: names and units of what no model's spec tells."""


@dataclass(frozen=True)
class Quantity:
    """What a chart is of: a name, a unit, and the keys of its curves in a run's history."""

    name: str
    unit: str
    train: tuple[str, ...]  # the first that a run has is drawn
    test: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"{self.name}, {self.unit}" if self.unit else self.name

    def curve(self, run: RunSnapshot, part: Part) -> CurveSnapshot | None:
        """That curve of the run, if it has two points."""
        keys = self.train if part == "train" else self.test
        curves = (run.history.curve(key) for key in keys)
        return next((curve for curve in curves if len(curve.x) > 1), None)


def quantities(runs: Iterable[RunSnapshot]) -> list[Quantity]:
    """All that the runs' metrics hold, the loss first."""
    found: dict[str, Quantity] = {}
    for run in runs:
        for quantity in _quantities(run.spec, list(run.history.curves)):
            found.setdefault(quantity.name, quantity)
    return list(found.values())


def loss_of(spec: ModelSpec) -> Quantity:
    """What the model is trained to make small."""
    return Quantity(LOSS, spec.loss_unit, (spec.losses[0], "train_loss"), ("test_loss",))


def _quantities(spec: ModelSpec, keys: Sequence[str]) -> Iterable[Quantity]:
    yield loss_of(spec)
    losses = [*spec.losses[1:]]
    bases = dict.fromkeys([*losses, _base(spec.score.key), *map(_base, keys)])
    for base in bases:
        if base in (LOSS, spec.losses[0]):
            continue
        train, test = (base, f"train_{base}"), (f"test_{base}",)
        if {*train, *test} & {*keys}:
            name, unit = _words(spec, base)
            yield Quantity(name, unit, train, test)


def _base(key: str) -> str:
    """What a key measures, on whatever images."""
    return key.removeprefix("test_").removeprefix("train_")


def _words(spec: ModelSpec, base: str) -> tuple[str, str]:
    """(name, unit) of what is measured."""
    if base in SHARED:
        return SHARED[base]
    score = spec.score
    labels = {_base(term.key): term.label for term in score.terms}
    if base == _base(score.key):
        name = base.upper() if score.unit == "dB" else base
        return name.replace("_", " "), score.unit
    unit = spec.loss_unit if base in spec.losses or base in labels else ""
    return labels.get(base, base.replace("_", " ")), unit


def places(curve: CurveSnapshot, axis: Axis) -> tuple[float, ...]:
    """The points' places on that axis; time in seconds of training."""
    return {"epoch": curve.x, "step": curve.step, "time": curve.seconds}[axis]


@dataclass(frozen=True)
class Look:
    """How one curve is to look."""

    label: str
    colour: Color
    dashed: bool = False


def line(curve: CurveSnapshot, axis: Axis, unit: float, half_life: float, look: Look) -> Line:
    """The curve over that axis in units of `unit`; `half_life` in the same."""
    x, y, low, high = (
        drawable(values) for values in (places(curve, axis), curve.y, curve.low, curve.high)
    )
    x = np.maximum.accumulate(x / unit)
    return Line(look.label, look.colour, x, smooth(x, y, half_life), low, high, look.dashed)


def marks(
    run: RunSnapshot, curve: CurveSnapshot, axis: Axis, unit: float
) -> tuple[tuple[float, str], ...]:
    """(place on that axis, words) of what happened in the run's training."""
    if not curve.x:
        return ()
    x, y = np.array(curve.x), np.array(places(curve, axis)) / unit
    return tuple(
        (float(np.interp(mark.epoch, x, y)), printable(mark.text, LONGEST_TEXT))
        for mark in run.history.marks
    )


def longest(curves: Iterable[CurveSnapshot], axis: Axis) -> float:
    """Where the longest of the curves ends."""
    return max((places(curve, axis)[-1] for curve in curves if curve.x), default=0.0)


def time_unit(seconds: float) -> tuple[float, str]:
    """(seconds, name) of the unit in which so long a time reads well."""
    if seconds >= 7200:
        return 3600.0, "h"
    return (60.0, "min") if seconds >= 300 else (1.0, "s")
