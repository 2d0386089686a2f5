"""loss: training and test loss over the epochs, and the score or the KL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from aetui.errors import BadInput
from aetui.figures.drawing import Plot, finished
from aetui.figures.source import Source
from aetui.ml.training.schedule import Schedule
from aetui.runs.metrics import Record, number_or_none

SIZE: Final = (6.5, 3.1)  # inches, with one curve beside the losses
SIZE_ALONE: Final = (4.6, 3.1)
FALL: Final = 0.1  # share of a curve that does not decide the range of the axis: the steep fall
MARGIN: Final = 0.08


@dataclass(frozen=True)
class Curve:
    """Points of a curve, x ascending."""

    x: tuple[float, ...]
    y: tuple[float, ...]

    @property
    def settled(self) -> tuple[float, ...]:
        """The curve without its steep fall."""
        return self.y[int(len(self.y) * FALL) :]


def draw_loss(source: Source) -> Plot:
    """The losses, and beside them the score, where that is another figure, or the KL."""
    first = source.spec.losses[0]
    curves = {
        "training, steps": curve(source.records, "step", first),
        "training, mean of an epoch": curve(source.records, "epoch", "train_loss"),
        "test": curve(source.records, "epoch", "test_loss"),
    }
    if not any(each.x for each in curves.values()):
        raise BadInput(f"{source.run.name} has no losses yet; they come with its first steps.")
    beside = _beside(source)
    figure = Figure(figsize=SIZE if beside else SIZE_ALONE)
    losses, *others = figure.subplots(1, 2 if beside else 1, squeeze=False)[0]
    _draw_losses(losses, source, curves)
    for axes in others:
        key, label = beside[0]
        other = curve(source.records, "epoch", key)
        _plot(axes, other, source.theme.accent, label)
        axes.set_ylabel(label)
        _set_range(axes, [other])
    for axes in (losses, *others):
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.set_xlim(left=0)
    title = f"Losses of {source.run.name}"
    losses.set_title(title)
    return finished(figure, source, title, max(source.epochs, default=0))


def curve(records: Sequence[Record], kind: str, key: str) -> Curve:
    """`key` of the records of `kind` over epochs; of steps that were taken twice, the second."""
    points: list[tuple[float, float]] = []
    for record in records:
        epoch = number_or_none(record.get("epoch"))
        if record.get("event") == "resumed" and epoch is not None:
            points = [point for point in points if point[0] <= epoch]
        value = number_or_none(record.get(key))
        if record["kind"] == kind and epoch is not None and value is not None:
            points.append((epoch, value))
    return Curve(tuple(x for x, _ in points), tuple(y for _, y in points))


def _beside(source: Source) -> list[tuple[str, str]]:
    """(key, label) of what is shown beside the losses, if anything."""
    score = source.spec.score
    known = {key for record in source.epochs.values() for key in record}
    name = score.key.removeprefix("test_")
    name = name.upper() if score.unit == "dB" else name.replace("_", " ")  # PSNR
    chosen = [(score.key, f"test {name} ({score.unit})")]
    if score.key == "test_loss":
        chosen = [(t.key, f"test {t.label} ({score.unit})") for t in score.terms if t.weight]
    return [(key, label) for key, label in chosen if key in known][:1]


def _draw_losses(axes: Axes, source: Source, curves: dict[str, Curve]) -> None:
    steps, epochs, test = curves.values()
    colour = source.theme.class_colours(1)[0]
    axes.plot(steps.x, steps.y, color=colour, alpha=0.35, linewidth=0.5, label="training, steps")
    _plot(axes, epochs, colour, "training, mean of an epoch")
    _plot(axes, test, source.theme.accent, "test")
    axes.set_ylabel(f"loss ({source.spec.loss_unit})")
    _mark_augmented(axes, source)
    _set_range(axes, [steps, epochs, test])
    axes.legend(loc="best", fontsize="small")


def _mark_augmented(axes: Axes, source: Source) -> None:
    """Shade the epochs with augmented images, whose loss is not comparable."""
    config = source.config
    schedule = Schedule.of(config.hyperparameters, max(1, config.train_images))
    epochs = [epoch for epoch in range(schedule.epochs) if schedule.augment_in(epoch)]
    if epochs:
        shade: dict[str, Any] = {"color": source.theme.whisper, "alpha": 0.12, "linewidth": 0}
        axes.axvspan(epochs[0], epochs[-1] + 1, label="augmented images", **shade)


def _plot(axes: Axes, curve: Curve, colour: str, label: str) -> None:
    marker = "o" if len(curve.x) < 12 else ""  # few epochs are points, not a line
    axes.plot(curve.x, curve.y, color=colour, label=label, marker=marker, markersize=2.5)


def _set_range(axes: Axes, curves: Sequence[Curve]) -> None:
    """Show all of the curves after the steep fall, which leaves the axes at the top."""
    values = np.array([value for each in curves for value in each.settled])
    if not len(values):
        return
    low, high = float(values.min()), float(np.quantile(values, 0.99))
    margin = MARGIN * max(high - low, 1e-6 * max(abs(high), 1e-6))
    axes.set_ylim(low - margin, high + margin)
