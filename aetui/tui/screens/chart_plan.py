"""From runs and a view of them to the lines of a chart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from aetui.processes.snapshots import RunSnapshot
from aetui.runs.curve import CurveSnapshot
from aetui.tui.screens.chart_view import ChartView
from aetui.tui.screens.run_curves import (
    Look,
    Part,
    Quantity,
    line,
    longest,
    marks,
    quantities,
    time_unit,
)
from aetui.tui.widgets.chart import Frame
from aetui.tui.widgets.chart_raster import Window
from aetui.tui.widgets.curve import Line, y_range

SHORTEST: Final = 1e-3  # of an axis, in its unit
Looks = Callable[[RunSnapshot, Part], Look]


@dataclass(frozen=True)
class Drawn:
    """A curve of a run as it is drawn."""

    run: RunSnapshot
    part: Part
    curve: CurveSnapshot
    line: Line  # its values as they are, whatever the axis


@dataclass(frozen=True)
class Plan:
    """All that a chart needs. Places of its lines and its frame are in units of `unit`."""

    quantity: Quantity
    number: int  # of the quantity
    count: int
    drawn: tuple[Drawn, ...]
    unit: float
    end: float  # of the whole axis: epochs, steps or seconds
    frame: Frame

    @property
    def lines(self) -> list[Line]:
        """The lines as the frame's axis has them."""
        lines = [each.line for each in self.drawn]
        return [line.logarithmic() for line in lines] if self.frame.log else lines


def plan(runs: Sequence[RunSnapshot], view: ChartView, looks: Looks) -> Plan | None:
    """What to draw; None where the runs have no figures yet."""
    choices = quantities(runs)
    if not choices:
        return None
    quantity = next((each for each in choices if each.name == view.quantity), choices[0])
    found = _curves(runs, quantity, view.shown_parts(len(runs)))
    end = max(longest((curve for _, _, curve in found), view.axis), SHORTEST)
    unit, title = time_unit(end) if view.axis == "time" else (1.0, view.axis)
    half_life = view.half_life * end / unit if view.is_smoothed else 0.0
    drawn = tuple(
        Drawn(run, part, curve, line(curve, view.axis, unit, half_life, looks(run, part)))
        for run, part, curve in found
    )
    frame = _frame([each.line for each in drawn], view, end, unit, title)
    if len(runs) == 1 and drawn:
        frame = replace(frame, marks=marks(runs[0], drawn[0].curve, view.axis, unit))
    return Plan(quantity, choices.index(quantity) + 1, len(choices), drawn, unit, end, frame)


def _curves(
    runs: Sequence[RunSnapshot], quantity: Quantity, parts: Sequence[Part]
) -> list[tuple[RunSnapshot, Part, CurveSnapshot]]:
    """The curves of these parts; of a run that has none of them, what else it has."""
    found = []
    for run in runs:
        every: tuple[Part, ...] = ("train", "test")
        has = {part: curve for part in every if (curve := quantity.curve(run, part)) is not None}
        chosen = [part for part in parts if part in has] or list(has)
        found += [(run, part, has[part]) for part in chosen]
    return found


def _frame(lines: list[Line], view: ChartView, end: float, unit: float, title: str) -> Frame:
    left, right = (side / unit for side in (view.span or (0.0, end)))
    # A logarithmic axis needs something above zero.
    log = view.log and any(bool(np.any(line.low > 0)) for line in lines)
    if log:
        lines = [line.logarithmic() for line in lines]
    window = Window(left, right, *y_range(lines, left, right, whole=log))
    return Frame(window, title, log)
